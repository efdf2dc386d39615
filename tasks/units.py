"""The register of units in the database: load it, see what an import changes, import it."""

from dataclasses import asdict, dataclass
from datetime import date

from sqlmodel import Session, col, delete, select

from models.register import Register, UnitEntry
from models.unit import Contact, Group, GroupMember, Unit, UnitName
from models.vietnamese import fold, phrase_key
from models.words import ContactRole
from tasks.lookup import id_of


@dataclass(frozen=True)
class Change:
    """What an import would do to one unit: added, changed (which fields), or ended."""

    kind: str
    code: str
    name: str
    fields: tuple[tuple[str, str, str], ...] = ()

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def load_register(session: Session, province: str) -> Register:
    """The register of a province as the database has it."""
    rows = session.exec(select(Unit).where(Unit.province == province).order_by(col(Unit.id))).all()
    by_id = {row.id: row for row in rows}
    names: dict[int, list[str]] = {}
    for name in session.exec(
        select(UnitName).join(Unit).where(Unit.province == province).order_by(col(UnitName.id))
    ):
        names.setdefault(name.unit_id, []).append(name.name)
    contacts: dict[tuple[int, ContactRole], Contact] = {
        (c.unit_id, c.role): c
        for c in session.exec(select(Contact).join(Unit).where(Unit.province == province))
    }
    units = {row.code: _entry(row, by_id, names, contacts) for row in rows}
    groups: dict[str, list[str]] = {}
    members = select(Group.phrase, GroupMember.unit_id).join(
        GroupMember, col(GroupMember.group_id) == col(Group.id)
    )
    for phrase, unit_id in session.exec(
        members.where(Group.province == province).order_by(col(Group.id), col(GroupMember.id))
    ):
        groups.setdefault(phrase, []).append(by_id[unit_id].code)
    return Register(units, {phrase: tuple(codes) for phrase, codes in groups.items()})


def _entry(
    row: Unit,
    by_id: dict[int | None, Unit],
    names: dict[int, list[str]],
    contacts: dict[tuple[int, ContactRole], Contact],
) -> UnitEntry:
    assert row.id is not None
    clerk = contacts.get((row.id, ContactRole.CLERK))
    head = contacts.get((row.id, ContactRole.HEAD))
    return UnitEntry(
        code=row.code,
        name=row.name,
        kind=row.kind,
        level=row.level,
        parent=by_id[row.parent_id].code if row.parent_id else None,
        aliases=tuple(name for name in names.get(row.id, []) if name != row.name),
        begins=row.begins,
        ends=row.ends,
        head=head.name if head else "",
        clerk=clerk.name if clerk else "",
        email=clerk.email if clerk else "",
        telephone=clerk.telephone if clerk else "",
    )


_COMPARED = (
    "name", "aliases", "kind", "level", "parent", "begins", "ends", "head", "clerk", "email",
    "telephone",
)  # fmt: skip


def changes(session: Session, province: str, wanted: Register, on: date) -> list[Change]:
    """What importing `wanted` would change. A unit that the file leaves out ends the day before."""
    present = load_register(session, province).units
    found = []
    for code, unit in wanted.units.items():
        before = present.get(code)
        if before is None:
            found.append(Change("added", code, unit.name))
            continue
        fields = tuple(
            (name, str(getattr(before, name) or ""), str(getattr(unit, name) or ""))
            for name in _COMPARED
            if getattr(before, name) != getattr(unit, name)
        )
        if fields:
            found.append(Change("changed", code, unit.name, fields))
    for code, unit in present.items():
        if code not in wanted.units and unit.lives_on(on):
            found.append(Change("ended", code, unit.name))
    return found


def import_register(session: Session, province: str, wanted: Register, on: date) -> list[Change]:
    """Writes the register and returns what changed; nothing is deleted, only ended."""
    made = changes(session, province, wanted, on)
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
            row.ends = row.ends or date.fromordinal(on.toordinal() - 1)
        elif parent := wanted.units[code].parent:
            row.parent_id = rows[parent].id
        else:
            row.parent_id = None
    _write_names(session, rows, wanted)
    _write_contacts(session, rows, wanted)
    _write_groups(session, province, rows, wanted)
    return made


def _write_names(session: Session, rows: dict[str, Unit], wanted: Register) -> None:
    ids = [rows[code].id for code in wanted.units]
    session.exec(delete(UnitName).where(col(UnitName.unit_id).in_(ids)))
    for code, entry in wanted.units.items():
        named = {phrase_key(name): name for name in (entry.name, *entry.aliases)}
        session.add_all(
            UnitName(unit_id=id_of(rows[code]), name=name, key=key) for key, name in named.items()
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
            contact.email, contact.telephone = entry.email, entry.telephone
            session.add(contact)


def _write_groups(session: Session, province: str, rows: dict[str, Unit], wanted: Register) -> None:
    for group in session.exec(select(Group).where(Group.province == province)):
        session.exec(delete(GroupMember).where(col(GroupMember.group_id) == group.id))
        session.delete(group)
    session.flush()
    for phrase, codes in wanted.groups.items():
        group = Group(province=province, phrase=phrase, key=phrase_key(phrase))
        session.add(group)
        session.flush()
        session.add_all(
            GroupMember(
                group_id=id_of(group),
                unit_id=id_of(rows[code]),
                begins=wanted.units[code].begins,
                ends=wanted.units[code].ends,
            )
            for code in codes
        )
