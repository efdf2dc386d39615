"""Signs of life: each part notes when it last did its work, and what kept it from it."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.pulse import Pulse
from models.words import Part
from tasks.outbox import upsert


def beat(session: Session, part: Part, as_of: datetime) -> None:
    """Notes that a part did its work; what kept it from it before is over."""
    row = {"name": part.value, "at": as_of, "tried_at": as_of, "failed_at": None, "problem": ""}
    statement = upsert(session, Pulse)
    session.connection().execute(
        statement.on_conflict_do_update(index_elements=["name"], set_=statement.excluded), row
    )


def missed(session: Session, part: Part, as_of: datetime, problem: str) -> None:
    """Notes that a part tried and failed; when it last did its work, and failed first, stays."""
    row = {"name": part.value, "tried_at": as_of, "failed_at": as_of, "problem": problem}
    statement = upsert(session, Pulse)
    new = statement.excluded
    since = sa.func.coalesce(col(Pulse.failed_at), new.failed_at)
    session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=["name"],
            set_={"tried_at": new.tried_at, "failed_at": since, "problem": new.problem},
        ),
        row,
    )


def pulses(session: Session) -> Mapping[Part, Pulse]:
    """The pulse of every part that ever ran."""
    known = {part.value: part for part in Part}
    return {known[p.name]: p for p in session.exec(select(Pulse)) if p.name in known}
