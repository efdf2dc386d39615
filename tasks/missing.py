"""The exception board: who is late, by how many days, with which product, which level decides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models.calendar import Calendar
from models.directive import Directive
from models.i18n import N_
from models.i18n import gettext as _
from models.ladder import Addressee, ladder_of, reached
from models.round import Draft, Obligation, Round, Submission
from models.status import day_of
from models.unit import Unit
from models.words import STAGE_KIND, SubmissionKind, Verdict
from tasks import lookup
from tasks.boards import Line, board
from tasks.calendars import working_calendar
from tasks.matrices import LATE_NOW, Narrowed, bodies

AT_ONCE = 500  # ids in one statement


class Decides(StrEnum):
    """Who has to act now: as high as the ladder has come; the office, once the round is over."""

    CLERK = "clerk"
    HEAD = "head"
    ABOVE = "above"
    OFFICE = "office"


_WORDS = {
    Decides.CLERK: N_("clerk of the unit"),
    Decides.HEAD: N_("head of the unit"),
    Decides.ABOVE: N_("body above: {name}"),
    Decides.OFFICE: N_("province's office: {name}"),
}
_PRODUCTS = {
    SubmissionKind.ACKNOWLEDGEMENT: N_("confirmation of receipt"),
    SubmissionKind.ACTION_PLAN: N_("action plan"),
    SubmissionKind.PROGRESS: N_("progress with evidence"),
    SubmissionKind.REPORT: N_("report"),
}
_BY_ADDRESSEE = {
    Addressee.UNIT: Decides.CLERK,
    Addressee.HEAD: Decides.HEAD,
    Addressee.OVERSEER: Decides.ABOVE,
}


@dataclass(frozen=True)
class Missing:
    """A line of the exception board; `product` and `so_far` say what is missing, `level` in words
    who decides.
    """

    obligation_id: int
    unit_id: int
    unit: str
    directive: str
    directive_code: str
    round_id: int
    title: str
    due: date
    days: int
    product: str
    so_far: str
    decides: Decides
    level: str


@dataclass(frozen=True)
class _Asking:
    """What is known of a round and of who stands above its units."""

    round: Round
    owner: Directive
    overseer: str


def missing(
    session: Session,
    as_of: datetime,
    narrowed: Narrowed,
    owner: Directive | None = None,
    decides: Decides | None = None,
    *,
    closed: bool = False,
) -> list[Missing]:
    """Everything overdue, longest first: of a directive or of all; of rounds that are closed, too,
    where that is wanted.
    """
    shown = bodies(session, narrowed)
    found: list[Missing] = []
    calendar = working_calendar(session)
    for one in [owner] if owner else lookup.all_(session):
        lines = [
            line for line in board(session, one, as_of)
            if line.status in LATE_NOW and line.unit_id in shown
        ]  # fmt: skip
        found += _of_directive(session, one, lines, as_of, calendar, closed=closed)
    wanted = (line for line in found if decides in (None, line.decides))
    return sorted(wanted, key=lambda line: (-line.days, line.unit, line.title))


def _of_directive(
    session: Session, owner: Directive, lines: Sequence[Line], as_of: datetime,
    calendar: Calendar, *, closed: bool,
) -> list[Missing]:  # fmt: skip
    rounds = _rounds(session, owner)
    if not closed:
        lines = [line for line in lines if not _is_over(rounds[line.round_id].round, as_of)]
    ids = [line.id for line in lines]
    facts = _facts(session, ids)
    so_far = _so_far(session, ids, as_of)
    return [
        _line(
            line, rounds[line.round_id], *facts[line.id], so_far.get(line.id, ""), as_of, calendar
        )
        for line in lines
    ]


def _is_over(found: Round, as_of: datetime) -> bool:
    return found.closed_at is not None and found.closed_at <= as_of


def _line(
    line: Line, asking: _Asking, urged_from: date, parent: str, so_far: str, as_of: datetime,
    calendar: Calendar,
) -> Missing:  # fmt: skip
    found = asking.round
    decides = _decides(line, found, urged_from, as_of, calendar)
    above = asking.overseer or parent
    if decides is Decides.ABOVE and above in ("", line.unit):
        decides = Decides.OFFICE
    name = above if decides is Decides.ABOVE else asking.owner.issuer
    return Missing(
        line.id, line.unit_id, line.unit, asking.owner.symbol, asking.owner.code, line.round_id,
        found.title, line.due, line.days_overdue,
        product=_("{product}: {title}").format(
            product=_(_PRODUCTS[STAGE_KIND[found.stage]]), title=found.title
        ),
        so_far=so_far or _("nothing has come in"),
        decides=decides,
        level=_(_WORDS[decides]).format(name=name),
    )  # fmt: skip


def _decides(
    line: Line, found: Round, urged_from: date, as_of: datetime, calendar: Calendar
) -> Decides:
    if _is_over(found, as_of):
        return Decides.OFFICE
    step = reached(line.due, urged_from, day_of(as_of), calendar, ladder_of(found.ladder))
    return _BY_ADDRESSEE[step.to] if step else Decides.CLERK


def _rounds(session: Session, owner: Directive) -> dict[int, _Asking]:
    rows = session.exec(
        select(Round, Unit.name)
        .outerjoin(Unit, col(Unit.id) == col(Round.overseer_id))
        .where(Round.directive_id == owner.id)
    )
    return {lookup.id_of(found): _Asking(found, owner, name or "") for found, name in rows}


def _facts(session: Session, ids: Sequence[int]) -> dict[int, tuple[date, str]]:
    """From when each is urged, and the body above its unit."""
    parent = aliased(Unit)
    query = (
        sa.select(*map(col, (Obligation.id, Obligation.urged_from)), col(parent.name))
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .outerjoin(parent, col(parent.id) == col(Unit.parent_id))
    )
    return {
        id_: (urged_from, name or "")
        for some in _batches(ids)
        for id_, urged_from, name in session.connection().execute(
            query.where(col(Obligation.id).in_(some))
        )
    }


def _so_far(session: Session, ids: Sequence[int], as_of: datetime) -> dict[int, str]:
    """What there is of an answer: a draft, one with faults, one that was given back."""
    found: dict[int, str] = {}
    for some in _batches(ids):
        drafts = sa.select(col(Draft.obligation_id)).where(
            col(Draft.obligation_id).in_(some), col(Draft.saved_at) <= as_of
        )
        for id_ in session.connection().scalars(drafts):
            found[id_] = _("a draft is begun")
        columns = (Submission.obligation_id, Submission.version, Submission.verdict)
        sent = (
            sa.select(*map(col, columns), col(Submission.faults))
            .where(col(Submission.obligation_id).in_(some), col(Submission.received_at) <= as_of)
            .order_by(col(Submission.id))
        )
        for id_, version, verdict, faults in session.connection().execute(sent):
            found[id_] = _sent(version, verdict, faults)
    return found


def _sent(version: int, verdict: Verdict, faults: Sequence[Mapping[str, Any]]) -> str:
    if verdict is Verdict.REFUSED:
        message = _("version {version} has {n} faults to be mended")
        return message.format(version=version, n=len(faults))
    return _("version {version} does not stand: to be sent again").format(version=version)


def _batches(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


COLUMNS = (
    N_("Who"), N_("Days late"), N_("Missing product"), N_("Which level decides"),
    N_("Registered directive"), N_("Due"), N_("So far"),
)  # fmt: skip


def row(line: Missing) -> tuple[str | int | date, ...]:
    """A line as a sheet has it, in the order of `COLUMNS`."""
    return (line.unit, line.days, line.product, line.level, line.directive, line.due, line.so_far)
