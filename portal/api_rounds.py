"""Rounds for other systems: what they ask, how many units stand where, the board."""

from collections.abc import Sequence
from enum import StrEnum

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from sqlmodel import Session, col, select

from models.asked import Asked
from models.directive import Directive
from models.reasons import from_dicts
from models.round import Obligation, Round
from models.status import tally
from models.succession import key_of
from models.unit import Unit
from models.words import STAGE_KIND, Stage
from portal.api_access import Let, admit_token
from portal.api_asked import AsOf, Wanted, Word, directive_of
from portal.api_models import IndicatorSaid, LineSaid, Page, RoundSaid, RoundWhole
from portal.site import Here
from tasks import boards, lookup
from tasks.asking import asks_of
from tasks.standings import standings
from tasks.tokens import Holder

router = APIRouter(dependencies=[Depends(admit_token)], tags=["rounds"])


class State(StrEnum):
    """Where a round stands."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


@router.get("/rounds", name="rounds")
def rounds(
    site: Here, holder: Let, wanted: Wanted, directive: Word = "", stage: Stage | None = None,
    state: State | None = None,
) -> Page[RoundSaid]:  # fmt: skip
    """Rounds of all directives; to a token of a unit, those that asked it."""
    where = [col(Round.id) > wanted.after, *_in_state(state)]
    where += [col(Round.stage) == stage] if stage else []
    if holder.unit_id is not None:
        mine = sa.select(col(Obligation.round_id)).where(col(Obligation.unit_id) == holder.unit_id)
        where.append(col(Round.id).in_(mine))
    with site.database.read() as session:
        if directive:
            where.append(col(Round.directive_id) == directive_of(session, holder, directive).id)
        rows = session.exec(
            select(Round, Directive.code)
            .join(Directive, col(Directive.id) == col(Round.directive_id))
            .where(*where)
            .order_by(col(Round.id))
            .limit(wanted.limit + 1)
        ).all()
        shown, cursor = wanted.of(rows, [lookup.id_of(found) for found, _code in rows])
        return Page(items=[_said(found, code) for found, code in shown], next=cursor)


def _in_state(state: State | None) -> list[sa.ColumnElement[bool]]:
    opened, closed = col(Round.opened_at), col(Round.closed_at)
    known: dict[State, list[sa.ColumnElement[bool]]] = {
        State.PLANNED: [opened.is_(None)],
        State.OPEN: [opened.is_not(None), closed.is_(None)],
        State.CLOSED: [closed.is_not(None)],
    }
    return known[state] if state else []


def _said(found: Round, directive: str) -> RoundSaid:
    own = {name: getattr(found, name) for name in RoundSaid.model_fields if name != "directive"}
    return RoundSaid(directive=directive, **own)


@router.get("/directives/{directive}/rounds/{round}", name="round")
def one_round(site: Here, holder: Let, directive: str, round: str, as_of: AsOf) -> RoundWhole:
    """A round with what it asks for and its figures, as they were at an instant."""
    with site.database.read() as session:
        found = lookup.round_(session, directive, round)
        owner = session.get_one(Directive, found.directive_id)
        asks = asks_of(session, lookup.id_of(found), STAGE_KIND[found.stage])
        counts = tally(one.status for one in standings(session, owner, as_of, found.id))
        return RoundWhole(
            **_said(found, owner.code).model_dump(),
            reason=[str(step) for step in from_dicts(found.reason)],
            indicators=indicators(asks.figures),
            as_of=as_of,
            counts=counts,
        )


def indicators(figures: Sequence[Asked]) -> list[IndicatorSaid]:
    """What is asked for, in the order of the form."""
    return [
        IndicatorSaid(code=one.code, label=one.label, kind=one.kind, required=one.required,
                      unit=one.unit, choices=list(one.choices))
        for one in figures
    ]  # fmt: skip


@router.get("/directives/{directive}/rounds/{round}/board", name="board")
def board(
    site: Here, holder: Let, wanted: Wanted, directive: str, round: str, as_of: AsOf
) -> Page[LineSaid]:
    """Where each unit of a round stood at an instant; give `as_of` to read several parts of it."""
    with site.database.read() as session:
        owner = directive_of(session, holder, directive)
        found = lookup.round_(session, owner.code, round)
        lines = _seen(boards.board(session, owner, as_of, found.id), holder)
        names = _codes(session, {line.unit_id for line in lines})
    lines.sort(key=lambda line: line.id)
    after = [line for line in lines if line.id > wanted.after]
    shown, cursor = wanted.of(after, [line.id for line in after])
    return Page(items=[_line(line, names) for line in shown], next=cursor)


def _seen(lines: list[boards.Line], holder: Holder) -> list[boards.Line]:
    return [line for line in lines if holder.unit_id in (None, line.unit_id)]


def _codes(session: Session, ids: set[int]) -> dict[int, str]:
    found = session.exec(select(Unit.id, Unit.province, Unit.code).where(col(Unit.id).in_(ids)))
    return {id_: key_of(province, code) for id_, province, code in found if id_}


def _line(line: boards.Line, names: dict[int, str]) -> LineSaid:
    return LineSaid(
        obligation=line.code, unit=names[line.unit_id], due=line.due, status=line.status,
        days_overdue=line.days_overdue, answered_at=line.answered_at, appraised=line.appraised,
        quality=line.quality, asks_time=line.asks_time,
    )  # fmt: skip
