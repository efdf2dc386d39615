"""What an import of units changed, for the history."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from models.words import Deed
from tasks import activities
from tasks.units import Change, keys_of

CHANGES_NOTED = 100


def note_import(
    session: Session, province: str, made: Sequence[Change], as_of: datetime, by: str = ""
) -> None:
    """Notes in the history what an import changed: how many of each, and the first of them."""
    shown = [f"{change.kind} {change.code}" for change in made[:CHANGES_NOTED]]
    after = {"changes": dict(Counter(change.kind for change in made)), "first": shown}
    who = by or activities.system()
    activities.note(session, Deed.IMPORTED, who, as_of, about=province, after=after)
    for change in made:
        if change.kind == "succession":
            note_succession(session, province, change, as_of, who)


def note_succession(
    session: Session, province: str, change: Change, as_of: datetime, by: str
) -> None:
    """Notes in the history what became of a unit."""
    ((_name, before, after),) = change.fields
    activities.note(
        session,
        Deed.SUCCEEDED,
        by,
        as_of,
        unit=keys_of(session, province)[change.code],
        about=change.name,
        before={"successors": before} if before else None,
        after={"successors": after},
    )
