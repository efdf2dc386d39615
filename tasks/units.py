"""The register of units in the database: load it, see what an import changes, import it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, select

from models.errors import Fault, RegisterError
from models.i18n import gettext as _
from models.register import Register, UnitEntry
from models.succession import Link, key_of
from models.unit import Contact, Group, GroupMember, Succession, Unit, UnitName
from models.vietnamese import fold, phrase_key, slugify
from models.words import ContactRole
from tasks.lookup import id_of


@dataclass(frozen=True)
class Change:
    """What an import would do to one unit or group: added, changed (which fields), ended, or passed
    on to successors.
    """

    kind: str
    code: str
    name: str
    fields: tuple[tuple[str, str, str], ...] = ()

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def load_register(session: Session, province: str) -> Register:
    """The register of a province as the database has it, with the units of other provinces that
    took over from its own; `keys_of` has their ids.
    """
    links, provinces = _links(session, province)
    units: dict[str, UnitEntry] = {}
    for name in (province, *provinces):
        units |= _units(session, name, home=province)
    codes = {id_: key for key, id_ in keys_of(session, province).items()}
    return Register(units, _groups(session, province, codes), links)


def keys_of(session: Session, province: str) -> dict[str, int]:
    """Unit ids by the keys of a province's register: a code, before it the province of another."""
    table = Unit.__table__  # type: ignore[attr-defined]
    rows = session.connection().execute(sa.select(table.c.id, table.c.province, table.c.code))
    return {_key(province, row.province, row.code): row.id for row in rows}


def _key(home: str, province: str, code: str) -> str:
    return key_of("" if province == home else province, code)


def _links(session: Session, home: str) -> tuple[dict[str, list[Link]], list[str]]:
    """Who took over from whom, by the keys of a province's register; the other provinces met."""
    old, new = aliased(Unit), aliased(Unit)
    rows = (
        session.connection()
        .execute(
            sa.select(
                *map(col, (old.province, old.code, new.province, new.code)),
                *map(col, (Succession.day, Succession.kind, Succession.rule)),
            )
            .join(old, col(Succession.unit_id) == old.id)
            .outerjoin(new, col(Succession.successor_id) == new.id)
            .order_by(col(Succession.id))
        )
        .all()
    )
    links: dict[str, list[Link]] = {}
    for province, code, to_province, to_code, day, kind, rule in rows:
        successor = _key(home, to_province, to_code) if to_code else None
        elsewhere = to_province if to_province and to_province != province else ""
        link = Link(_key(home, province, code), successor, day, kind, rule, elsewhere)
        links.setdefault(link.code, []).append(link)
    provinces = dict.fromkeys(p for row in rows for p in (row[0], row[2]) if p and p != home)
    return links, list(provinces)


def first_living(session: Session, ids: Collection[int], on: date) -> dict[int, int]:
    """For each unit itself, while it lives, or the first of its living heirs; none is left out."""
    ended = set(session.exec(select(Unit.id).where(col(Unit.id).in_(ids), col(Unit.ends) < on)))
    found = {id_: id_ for id_ in ids if id_ not in ended}
    if ended:
        # one register knows every link, and those of the other provinces by their prefix
        province = session.get_one(Unit, next(iter(ended))).province
        register, keys = load_register(session, province), keys_of(session, province)
        for key, id_ in keys.items():
            if id_ in ended and (heirs := register.heirs(key, on)):
                found[id_] = keys[heirs[0].code]
    return found


def _units(session: Session, province: str, home: str) -> dict[str, UnitEntry]:
    # plain columns: thousands of units as objects would cost more than all else in opening a round
    table = Unit.__table__  # type: ignore[attr-defined]
    statement = sa.select(table).where(table.c.province == province).order_by(table.c.id)
    rows = session.connection().execute(statement).all()
    codes = {row.id: _key(home, province, row.code) for row in rows}
    aliases = _aliases(session, province)
    contacts = _contacts(session, province)
    return {
        codes[row.id]: UnitEntry(
            code=codes[row.id],
            name=row.name,
            kind=row.kind,
            level=row.level,
            parent=codes.get(row.parent_id),
            aliases=tuple(name for name in aliases.get(row.id, ()) if name != row.name),
            begins=row.begins,
            ends=row.ends,
            head=_person(contacts.get((row.id, ContactRole.HEAD), _NOBODY)[0], row.name),
            clerk=_person(contacts.get((row.id, ContactRole.CLERK), _NOBODY)[0], row.name),
            email=contacts.get((row.id, ContactRole.CLERK), _NOBODY)[1],
            telephone=contacts.get((row.id, ContactRole.CLERK), _NOBODY)[2],
        )
        for row in rows
    }


_NOBODY = ("", "", "")


def _person(name: str, unit: str) -> str:
    """Who the contact is; empty where the unit itself stands in for nobody named."""
    return "" if name == unit else name


def _aliases(session: Session, province: str) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for unit_id, name in session.exec(
        select(UnitName.unit_id, UnitName.name)
        .join(Unit)
        .where(Unit.province == province)
        .order_by(col(UnitName.id))
    ):
        found.setdefault(unit_id, []).append(name)
    return found


def _contacts(
    session: Session, province: str
) -> dict[tuple[int, ContactRole], tuple[str, str, str]]:
    columns = (Contact.unit_id, Contact.role, Contact.name, Contact.email, Contact.telephone)
    statement = sa.select(*map(col, columns)).join(Unit).where(col(Unit.province) == province)
    rows = session.connection().execute(statement)
    return {(unit_id, role): tuple(rest) for unit_id, role, *rest in rows}


def _groups(session: Session, province: str, codes: dict[int, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for phrase, unit_id in session.exec(
        select(Group.phrase, GroupMember.unit_id)
        .join(GroupMember, col(GroupMember.group_id) == col(Group.id))
        .where(Group.province == province)
        .order_by(col(Group.id), col(GroupMember.id))
    ):
        found.setdefault(phrase, []).append(codes[unit_id])
    return {phrase: tuple(members) for phrase, members in found.items()}


FAULTS_SHOWN = 10  # of units of another province that was not imported: all are missing
_COMPARED = (
    "name", "aliases", "kind", "level", "parent", "begins", "ends", "head", "clerk", "email",
    "telephone",
)  # fmt: skip


def changes(session: Session, province: str, wanted: Register, on: date) -> list[Change]:
    """What importing `wanted` would change. A unit that the file leaves out ends the day before."""
    present = own_register(session, province)
    return _changes(present, _as_known(present, province, wanted), on)


def _changes(present: Register, wanted: Register, on: date) -> list[Change]:
    found = []
    for code, entry in wanted.units.items():
        before = present.units.get(code)
        if before is None:
            found.append(Change("added", code, entry.name))
        elif fields := _differences(before, _as_stored(entry)):
            found.append(Change("changed", code, entry.name, fields))
    for code, entry in present.units.items():
        if code not in wanted.units and (entry.ends is None or entry.ends >= on):
            found.append(Change("ended", code, entry.name))
    return found + _group_changes(present, wanted) + _link_changes(present, wanted)


def _as_known(present: Register, province: str, wanted: Register) -> Register:
    """A register with what is known of successions: units that others took over from have ended,
    though the file does not say so again; a successor of the province itself has no prefix.
    """
    known = present.links
    prefix = key_of(province, "")
    links = {
        code: [
            replace(link, successor=link.successor.removeprefix(prefix), province="")
            if link.successor and link.successor.startswith(prefix)
            else link
            for link in found
        ]
        for code, found in wanted.links.items()
    }
    units = {
        code: replace(unit, ends=known[code][0].day - timedelta(days=1))
        if unit.ends is None and code in known and code not in wanted.links
        else unit
        for code, unit in wanted.units.items()
    }
    return replace(wanted, units=units, links=links)


def own_register(session: Session, province: str) -> Register:
    """The register of a province without the units of others."""
    found = load_register(session, province)
    return replace(found, units={code: u for code, u in found.units.items() if ":" not in code})


def _link_changes(present: Register, wanted: Register) -> list[Change]:
    """Successions that are new or told otherwise; those that a file leaves out stay."""
    found = []
    for code, links in wanted.links.items():
        before = present.links.get(code, ())
        if set(before) != set(links):
            fields = (("successors", _successors(before), _successors(links)),)
            found.append(Change("succession", code, wanted.units[code].name, fields))
    return found


def _successors(links: Sequence[Link]) -> str:
    return "; ".join(link.successor or "—" for link in links)


def _as_stored(entry: UnitEntry) -> UnitEntry:
    """The entry as the database gives it back: each name once, nobody named after the unit."""
    return replace(
        entry,
        aliases=tuple(_names(entry).values())[1:],
        head=_person(entry.head, entry.name),
        clerk=_person(entry.clerk, entry.name),
    )


def _names(entry: UnitEntry) -> dict[str, str]:
    """The names of a unit by key, its own first; of those that say the same, the first stays."""
    names: dict[str, str] = {}
    for name in (entry.name, *entry.aliases):
        names.setdefault(phrase_key(name), name)
    return names


def _differences(before: UnitEntry, after: UnitEntry) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (name, _shown(getattr(before, name)), _shown(getattr(after, name)))
        for name in _COMPARED
        if getattr(before, name) != getattr(after, name)
    )


def _shown(value: object) -> str:
    return "; ".join(value) if isinstance(value, tuple) else str(value or "")


def _group_changes(present: Register, wanted: Register) -> list[Change]:
    found = []
    for phrase, codes in wanted.groups.items():
        if phrase not in present.groups:
            found.append(Change("added", slugify(phrase), phrase))
            continue
        before = [code for code in present.groups[phrase] if code in wanted.units]
        if set(before) != set(codes):
            members = (("members", "; ".join(before), "; ".join(codes)),)
            found.append(Change("changed", slugify(phrase), phrase, members))
    return found + [
        Change("ended", slugify(phrase), phrase)
        for phrase in present.groups
        if phrase not in wanted.groups
    ]


def import_register(session: Session, province: str, wanted: Register, on: date) -> list[Change]:
    """Writes the register and returns what changed; a unit is never deleted, only ended."""
    present = own_register(session, province)
    wanted = _as_known(present, province, wanted)
    made = _changes(present, wanted, on)
    rows = {u.code: u for u in session.exec(select(Unit).where(Unit.province == province))}
    for entry in wanted.units.values():
        row = rows.setdefault(entry.code, Unit(province=province, code=entry.code, name="",
            search="", kind=entry.kind, level=entry.level))  # fmt: skip
        row.name, row.kind, row.level = entry.name, entry.kind, entry.level
        row.search = fold(" ".join((entry.name, *entry.aliases)))
        row.begins, row.ends = entry.begins, entry.ends
        session.add(row)
    session.flush()
    for code, row in rows.items():
        if code not in wanted.units:
            _end(row, on)
        elif parent := wanted.units[code].parent:
            row.parent_id = rows[parent].id
        else:
            row.parent_id = None
    _write_names(session, rows, wanted)
    _write_contacts(session, rows, wanted)
    _write_groups(session, province, rows, _with_those_left_out(wanted, present))
    _write_links(session, province, wanted)
    return made


def _write_links(session: Session, province: str, wanted: Register) -> None:
    keys = keys_of(session, province)
    unknown = [
        Fault(
            "succession.csv", None, "successor", link.successor,
            _("{province} has no such unit here; import the register of its province first").format(
                province=link.province or province),
        )
        for links in wanted.links.values() for link in links
        if link.successor and link.successor not in keys
    ][:FAULTS_SHOWN]  # fmt: skip
    if unknown:
        raise RegisterError(unknown)
    mine = [keys[code] for code in wanted.links]
    session.exec(delete(Succession).where(col(Succession.unit_id).in_(mine)))
    session.add_all(
        Succession(
            unit_id=keys[code],
            successor_id=keys[link.successor] if link.successor else None,
            day=link.day,
            kind=link.kind,
            rule=link.rule,
        )
        for code, links in wanted.links.items()
        for link in links
    )
    session.flush()


def _end(row: Unit, on: date) -> None:
    """Ends a unit the day before; one that was still to begin does not outlive that day either."""
    eve = date.fromordinal(on.toordinal() - 1)
    if row.ends is None or row.ends >= on:
        row.begins = row.begins and min(row.begins, eve)
        row.ends = eve


def _with_those_left_out(wanted: Register, present: Register) -> Mapping[str, Sequence[str]]:
    """The groups of a file, each with the ended units that once were of it."""
    return {
        phrase: [*codes, *(c for c in present.groups.get(phrase, ()) if c not in wanted.units)]
        for phrase, codes in wanted.groups.items()
    }


def _write_names(session: Session, rows: dict[str, Unit], wanted: Register) -> None:
    ids = [rows[code].id for code in wanted.units]
    session.exec(delete(UnitName).where(col(UnitName.unit_id).in_(ids)))
    for code, entry in wanted.units.items():
        session.add_all(
            UnitName(unit_id=id_of(rows[code]), name=name, key=key)
            for key, name in _names(entry).items()
        )


def _write_contacts(session: Session, rows: dict[str, Unit], wanted: Register) -> None:
    present = {(c.unit_id, c.role): c for c in session.exec(select(Contact))}
    for code, entry in wanted.units.items():
        unit_id = id_of(rows[code])
        for role, name in ((ContactRole.CLERK, entry.clerk), (ContactRole.HEAD, entry.head)):
            contact = present.get((unit_id, role)) or Contact(
                unit_id=unit_id, role=role, name="", email="", telephone=""
            )
            contact.name = name or entry.name
            if contact.email != entry.email:  # what came back came back from the old address
                contact.bounced_at, contact.bounce = None, None
            contact.email, contact.telephone = entry.email, entry.telephone
            session.add(contact)


def _write_groups(
    session: Session, province: str, rows: dict[str, Unit], groups: Mapping[str, Sequence[str]]
) -> None:
    for group in session.exec(select(Group).where(Group.province == province)):
        session.exec(delete(GroupMember).where(col(GroupMember.group_id) == group.id))
        session.delete(group)
    session.flush()
    for phrase, codes in groups.items():
        group = Group(province=province, phrase=phrase, key=phrase_key(phrase))
        session.add(group)
        session.flush()
        session.add_all(
            GroupMember(
                group_id=id_of(group),
                unit_id=id_of(rows[code]),
                begins=rows[code].begins,
                ends=rows[code].ends,
            )
            for code in codes
        )
