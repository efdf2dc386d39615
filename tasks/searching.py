"""Search over directives, units, rounds and the texts of answers, with or without diacritics."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.directive import Directive
from models.round import Obligation, Round, Submission
from models.unit import Unit
from models.vietnamese import collapse, fold
from tasks.lookup import all_
from tasks.matrices import Narrowed
from tasks.unit_file import Found, units_like

READ = 2_000  # submissions, the newest, whose texts are read
MOST = 50  # of a kind that are shown
AROUND = 80  # characters of a text on each side of what was found


@dataclass(frozen=True)
class Hit:
    """An answer in whose text the words stand."""

    obligation_id: int
    unit: str
    title: str
    received_at: datetime
    text: str


@dataclass(frozen=True)
class Results:
    """What was found, the first of each kind; `read` counts the submissions that were read."""

    directives: Sequence[Directive]
    units: Sequence[Found]
    rounds: Sequence[Round]
    hits: Sequence[Hit]
    read: int


def search(session: Session, words: str) -> Results:
    """Everything in which all the words stand; nothing for no words."""
    wanted = fold(words).split()
    if not wanted:
        return Results([], [], [], [], 0)
    rounds = session.exec(select(Round).order_by(col(Round.due).desc(), col(Round.id)))
    hits, read = _hits(session, wanted)
    return Results(
        directives=[d for d in all_(session) if _holds(d.search, wanted)],
        units=units_like(session, words, Narrowed())[0][:MOST],
        rounds=[r for r in rounds if _holds(fold(f"{r.title} {r.asks} {r.code}"), wanted)][:MOST],
        hits=hits,
        read=read,
    )


def _holds(folded: str, wanted: Sequence[str]) -> bool:
    return all(word in folded for word in wanted)


def _hits(session: Session, wanted: Sequence[str]) -> tuple[list[Hit], int]:
    rows = session.connection().execute(
        sa.select(*map(col, (Obligation.id, Unit.name, Round.title)),
                  *map(col, (Submission.received_at, Submission.payload)))
        .join(Obligation, col(Obligation.id) == col(Submission.obligation_id))
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .order_by(col(Submission.id).desc())
        .limit(READ)
    ).all()  # fmt: skip
    found: list[Hit] = []
    for id_, unit, title, received_at, payload in rows:
        if len(found) == MOST:
            break
        text = collapse(" · ".join(_texts(payload)))
        folded = fold(text)
        if _holds(folded, wanted):
            passage = _around(text, folded, wanted[0])
            found.append(Hit(id_, unit, title, received_at, passage))
    return found, len(rows)


def _texts(value: Any) -> Iterator[str]:
    """Every text within an answer."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _around(text: str, folded: str, word: str) -> str:
    """The passage in which a word stands; folding keeps a character's place in all but odd text."""
    at = folded.find(word)
    start, end = max(0, at - AROUND), at + len(word) + AROUND
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
