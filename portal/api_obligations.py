"""Obligations for other systems: found by unit, by status, by what changed since; one whole."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from sqlmodel import col

from models.activity import Activity
from models.directive import Directive
from models.reasons import from_dicts
from models.round import Obligation, Round
from models.status import Facts, days_overdue, status
from models.succession import key_of
from models.unit import Unit
from models.words import Status
from portal.api_access import Let, admit_token
from portal.api_asked import Since, Wanted, Word, directive_of, obligation_of, possible, unit_of
from portal.api_models import ObligationSaid, ObligationWhole, Page
from portal.api_rounds import indicators
from portal.site import Here
from tasks import lookup
from tasks.answer_once import form_of
from tasks.boards import thresholds

router = APIRouter(dependencies=[Depends(admit_token)], tags=["obligations"])
SCANNED = 5_000  # obligations looked at for a page, where a status is wanted


@router.get("/obligations", name="obligations")
def obligations(
    site: Here, holder: Let, wanted: Wanted, unit: Word = "", directive: Word = "",
    round: Word = "", status: Status | None = None, changed_since: Since = None,
) -> Page[ObligationSaid]:  # fmt: skip
    """Obligations as they are now. Where a status is wanted a part may be short, and others follow:
    go on while there is a cursor. `changed_since`: opened, answered, ended, or something was done.
    """
    now, since = site.clock(), possible(changed_since, "changed_since")
    where = [col(Obligation.id) > wanted.after, col(Obligation.opened_at) <= now]
    where += [col(Obligation.unit_id) == holder.unit_id] if holder.unit_id else []
    where += [_touched(since)] if since else []
    where += [col(Round.code) == round] if round else []
    with site.database.read() as session:
        if unit:
            found = unit_of(session, holder, unit)
            where.append(col(Obligation.unit_id) == found.id)
        if directive:
            where.append(col(Directive.id) == directive_of(session, holder, directive).id)
        rows = session.connection().execute(_rows().where(*where).limit(SCANNED)).all()
    return _page(rows, status, wanted.limit, now)


def _page(rows: Any, status: Status | None, limit: int, now: datetime) -> Page[ObligationSaid]:
    """As many as are wanted; the cursor after the last one looked at, where there may be more."""
    items: list[ObligationSaid] = []
    for row in rows:
        said = _said(row, now)
        if status in (None, said.status):
            items.append(said)
        if len(items) == limit:
            break
    done = not rows or (row is rows[-1] and len(rows) < SCANNED)
    return Page(items=items, next=None if done else str(row.id))


def _rows() -> sa.Select[Any]:
    columns = (Obligation.id, Obligation.code, Obligation.due, Obligation.opened_at,
               Obligation.answered_at, Obligation.ended_at, Obligation.ending)  # fmt: skip
    names = {"directive": Directive.code, "round": Round.code, "province": Unit.province,
             "unit": Unit.code}  # fmt: skip
    return (
        sa.select(*map(col, columns), *(col(name).label(as_) for as_, name in names.items()))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .join(Directive, col(Directive.id) == col(Round.directive_id))
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .order_by(col(Obligation.id))
    )


def _touched(since: datetime) -> sa.ColumnElement[bool]:
    done = sa.exists().where(
        col(Activity.obligation_id) == col(Obligation.id), col(Activity.at) >= since
    )
    own = (Obligation.opened_at, Obligation.answered_at, Obligation.ended_at)
    return sa.or_(done, *(col(instant) >= since for instant in own))


def _said(row: Any, now: datetime) -> ObligationSaid:
    stands = status(Facts(row.due, row.answered_at, row.ended_at, row.ending), now, thresholds())
    return ObligationSaid(
        code=row.code, directive=row.directive, round=row.round,
        unit=key_of(row.province, row.unit), due=row.due, status=stands,
        days_overdue=days_overdue(row.due, now), opened_at=row.opened_at,
        answered_at=row.answered_at, ended_at=row.ended_at, ending=row.ending,
    )  # fmt: skip


@router.get("/obligations/{directive}/{round}/{unit}", name="obligation")
def one_obligation(
    site: Here, holder: Let, directive: str, round: str, unit: str
) -> ObligationWhole:
    """An obligation with what is asked, why then, and the version to build an answer on."""
    now = site.clock()
    with site.database.read() as session:
        owed = obligation_of(session, holder, directive, round, unit)
        form = form_of(session, lookup.id_of(owed))
        (row,) = session.connection().execute(_rows().where(col(Obligation.id) == owed.id))
        return ObligationWhole(
            **_said(row, now).model_dump(),
            title=form.round.title,
            asks=form.round.asks,
            kind=form.kind,
            needs_head=form.round.needs_head,
            reason=[str(step) for step in from_dicts([*form.round.reason, *owed.reason])],
            indicators=indicators(form.asked.figures),
            version=form.version,
        )
