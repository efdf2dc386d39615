"""What verification found, in words: which fact, which entry, and who was the last to change it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models import audit_check
from models.activity import Activity
from models.audit import HISTORY, TOUCHED, Cause, covered
from models.audit_chain import Sealed
from models.i18n import N_
from models.i18n import gettext as _
from models.vietnamese import TIMEZONE, printable
from models.words import Deed, label
from tasks.audit import Change, Found, Verified, Wrong

_NAMING = ("code", "login", "key", "name", "title", "number", "email", "about")
_OWNERS = ("obligation", "submission", "round", "summary", "unit", "directive")
_FACTS = {
    Change.CHANGED: N_("{fact}: changed outside the program, past the triggers."),
    Change.ADDED: N_("{fact}: added outside the program, past the triggers."),
    Change.REMOVED: N_("{fact}: deleted outside the program, past the triggers."),
}
# a trigger saw it, and the program has not written since: its next entry will say so
_NOTED = {
    Change.CHANGED: N_("{fact}: changed outside the program."),
    Change.ADDED: N_("{fact}: added outside the program."),
    Change.REMOVED: N_("{fact}: deleted outside the program."),
}
_SENTENCES = {
    Wrong.ENTRY: N_("Entry {entry} is not what was sealed: it, or the one before it, was changed."),
    Wrong.GAP: N_("Entry {entry} is missing."),
    Wrong.HEAD: N_(
        "Entry {entry} is not the one noted elsewhere: the history was cut off or written anew."
    ),
    Wrong.OUTSIDE: N_("{fact}: touched outside the program; entry {entry} noted it."),
    Wrong.FORGED: N_("Entry {entry} is none that the program writes: somebody added it."),
    Wrong.TRIGGER: N_(
        "The trigger {change} is gone or was altered: what it watches can change unseen."
    ),
    Wrong.FOREIGN: N_(
        "The trigger {change} is not the program's: what it does is sealed as the program's."
    ),
}


class Told(NamedTuple):
    """One thing that is wrong, and the deeds of the last entry about the fact."""

    found: Found
    sentence: str
    fact: str
    last: str

    def as_dict(self) -> dict[str, Any]:
        return {
            **asdict(self.found),
            "message": self.sentence,
            "name": self.fact,
            "last": self.last,
        }


def told(session: Session, verified: Verified, limit: int | None = None) -> Iterator[Told]:
    """What is wrong, one by one; no more than `limit`."""
    noted = set(session.connection().execute(sa.select(TOUCHED.c.name, TOUCHED.c.key)).tuples())
    for found in verified.found[:limit]:
        fact = fact_of(session, found.table, found.key)
        sentence = _(_template(found, seen=(found.table, found.key) in noted))
        words = sentence.format(fact=fact, entry=found.entry, change=found.change)
        last = last_of(session, found.entry) if found.wrong is Wrong.FACT else ""
        yield Told(found, words, fact, last)


def _template(found: Found, *, seen: bool) -> str:
    if found.wrong is Wrong.FACT:
        return (_NOTED if seen else _FACTS)[Change(found.change)]
    if found.wrong is Wrong.OUTSIDE and found.change == Change.REMOVED:
        return N_("{fact}: deleted outside the program; entry {entry} noted it.")
    return _SENTENCES[found.wrong]


def fact_of(session: Session, name: str, key: int | None) -> str:
    """A fact as a person can find it: its table, its number, its own name or its owner's."""
    if not name or key is None:
        return ""
    return f"{name} {key}" + (f" ({found})" if (found := _name(session, name, key)) else "")


def _name(session: Session, name: str, key: int) -> str:
    table = covered().get(name)
    columns = {column.name: column for column in table.columns} if table else {}
    wanted = [c for c in _NAMING if c in columns] + [
        f"{o}_id" for o in _OWNERS if f"{o}_id" in columns
    ]
    if table is None or not wanted:
        return ""
    found = sa.table(name, sa.column(table.key), sa.column(wanted[0]))
    statement = sa.select(found.c[wanted[0]]).where(found.c[table.key] == key).limit(1)
    value = session.connection().execute(statement).scalar()
    owner = wanted[0].removesuffix("_id")
    if value is not None and owner in _OWNERS and owner != name:
        return f"{owner} {value}" if not (inner := _name(session, owner, value)) else inner
    return printable(str(value))[:80] if value is not None else ""


def last_of(session: Session, number: int | None) -> str:
    """When an entry was sealed, and who had done what: the last known change of its facts."""
    if number is None:
        return _("The program never wrote it.")
    statement = sa.text("SELECT number, hash, body FROM audit_entry WHERE number = :number")
    row = session.connection().execute(statement, {"number": number}).first()
    if row is None:
        return ""
    said = audit_check.read(Sealed(*row))
    return _("Last written, entry {entry}: {deeds}").format(
        entry=number, deeds="; ".join(_deeds(session, said)) or _cause(said.rest)
    )


def _deeds(session: Session, said: audit_check.Said) -> list[str]:
    keys = [int(key) for key in said.facts.get(HISTORY, {})]
    statement = select(Activity).where(col(Activity.id).in_(keys[:3])).order_by(col(Activity.id))
    return [
        " ".join(
            [f"{deed.at.astimezone(TIMEZONE):%d/%m/%Y %H:%M}", f"{deed.by}:",
             label(Deed(deed.deed)) if deed.deed in set(Deed) else deed.deed,
             *([f"({deed.about})"] if deed.about else [])]
        )
        for deed in session.exec(statement)
    ]  # fmt: skip


def _cause(rest: Mapping[str, Any]) -> str:
    words = {
        Cause.BEGINNING: _("it stood there when the history began"),
        Cause.UPGRADE: _("an upgrade of the program"),
        Cause.OUTSIDE: _("outside the program"),
        Cause.ACCEPTED: f"{rest.get('by')}: {rest.get('reason')}",
    }
    when = str(rest.get("at", ""))[:16]
    return f"{when} {words.get(rest.get('cause', ''), _('the system'))}".strip()
