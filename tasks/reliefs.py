"""Extensions and waivers: asked with a reason, granted or refused by the secretariat, kept.

A granted extension moves the due date, so that whatever urged for the old one finds nothing due.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from models.calendar import LAST_DAY, Calendar
from models.directive import Directive
from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.reasons import step
from models.round import Obligation, Relief, Round
from models.secrecy import refuse_if_secret
from models.status import day_of
from models.unit import Unit
from models.vietnamese import printable, show_date, show_instant
from models.words import Deed, Ending, Purpose, ReliefKind
from tasks import activities, lookup
from tasks.telling import tell_clerk

MAX_REASON = 2_000  # characters
LAST_NUMBER = 2**31 - 1  # that the database can hold


@dataclass(frozen=True)
class Asked:
    """A request as the secretariat reads it."""

    number: int
    kind: ReliefKind
    obligation: str
    unit: str
    title: str
    due: date
    until: date | None
    reason: str
    asked_at: datetime
    granted: bool | None
    decided_by: str | None


def ask(
    session: Session,
    code: str,
    kind: ReliefKind,
    reason: str,
    sender: str,
    as_of: datetime,
    until: date | None = None,
) -> Relief:
    """Records a request for an obligation; raises NotAllowed where it can't be granted any more."""
    refuse_if_secret([reason, sender])
    owed = _open_obligation(session, code)
    reason = printable(reason)
    if len(reason) > MAX_REASON:
        message = _("The reason is too long: at most {n} characters.")
        raise NotAllowed(message.format(n=MAX_REASON))
    if not reason:
        raise NotAllowed(_("Give the reason: a request stands with its reason."))
    if kind is ReliefKind.EXTENSION:
        refuse_date(owed, until, as_of)
    waiting = select(Relief.id).where(
        Relief.obligation_id == owed.id, col(Relief.decided_at).is_(None)
    )
    if session.exec(waiting).first():
        message = _("{code}: a request is waiting for a decision already.")
        raise NotAllowed(message.format(code=code))
    found = Relief(
        obligation_id=lookup.id_of(owed),
        kind=kind,
        reason=reason,
        before=owed.due,
        until=until if kind is ReliefKind.EXTENSION else None,
        sender=printable(sender),
        asked_at=as_of,
    )
    session.add(found)
    session.flush()
    after = {"kind": kind, "reason": reason}
    if found.until:
        after |= {"until": found.until.isoformat()}
    _note(session, Deed.ASKED, found.sender, owed, found, as_of, after)
    return found


def _open_obligation(session: Session, code: str, *, even_closed: bool = False) -> Obligation:
    """An obligation that is still asked; a request made before its round closed may be granted."""
    statement = select(Obligation).where(Obligation.code == code).with_for_update()
    owed = session.exec(statement.execution_options(populate_existing=True)).first()
    if owed is None:
        message = _("There is no obligation “{name}”: `dondoc status --late` lists those overdue.")
        raise UnknownName(message.format(name=code))
    if owed.answered_at is not None:
        raise NotAllowed(_("{code}: answered already.").format(code=code))
    if owed.ending is not None and not (even_closed and owed.ending is Ending.CLOSED):
        raise NotAllowed(_("{code}: nothing is asked any more.").format(code=code))
    return owed


def refuse_date(owed: Obligation, until: date | None, as_of: datetime) -> None:
    """Raises NotAllowed where a date gives a unit no more time than it has."""
    if until is None:
        raise NotAllowed(_("Say until when: an extension has a date."))
    if not owed.due < until <= LAST_DAY or until < day_of(as_of):
        message = _("{until} gives no more time: the task is due on {due}.")
        raise NotAllowed(message.format(until=show_date(until), due=show_date(owed.due)))


def decide(
    session: Session,
    number: int,
    granted: bool,
    by: str,
    words: str,
    calendar: Calendar,
    as_of: datetime,
) -> Relief:
    """The secretariat's decision on a request, told to the unit by mail."""
    refuse_if_secret([words, by])
    if not by.strip():
        raise NotAllowed(_("Say who decides: a decision stands in a person's name."))
    found = session.get(Relief, number) if 0 < number <= LAST_NUMBER else None
    if found is None:
        raise UnknownName(_("There is no request {number}.").format(number=number))
    if found.granted is not None:
        message = _("Request {number} was decided already, by {by}.")
        raise NotAllowed(message.format(number=number, by=found.decided_by))
    owed = session.get_one(Obligation, found.obligation_id)
    if granted:
        owed = _open_obligation(session, owed.code, even_closed=True)
        if found.kind is ReliefKind.EXTENSION:
            refuse_date(owed, found.until, as_of)
    found.granted, found.decided_at = granted, as_of
    found.decided_by, found.words = printable(by), printable(words)[:MAX_REASON] or None
    if granted:
        _grant(owed, found, calendar, as_of)
    session.flush()
    after = {"kind": found.kind, "granted": granted, "words": found.words}
    if found.kind is ReliefKind.EXTENSION:
        after |= {"due": owed.due.isoformat()}
    _note(session, Deed.DECIDED, str(found.decided_by), owed, found, as_of, after)
    _tell(session, owed, found, as_of)
    return found


def _note(
    session: Session,
    deed: Deed,
    by: str,
    owed: Obligation,
    found: Relief,
    as_of: datetime,
    after: dict[str, Any],
) -> None:
    asking = session.get_one(Round, owed.round_id)
    activities.note(
        session,
        deed,
        by,
        as_of,
        unit=owed.unit_id,
        directive=asking.directive_id,
        obligation=owed.id,
        about=owed.code,
        before={"due": found.before.isoformat()} if "due" in after else None,
        after={"number": found.id, **after},
    )


def _grant(owed: Obligation, found: Relief, calendar: Calendar, as_of: datetime) -> None:
    if found.kind is ReliefKind.WAIVER:
        owed.ended_at, owed.ending = as_of, Ending.WAIVED
        return
    assert found.until is not None
    owed.ended_at, owed.ending = None, None
    owed.urged_from = day_of(as_of)
    found.before, owed.due = owed.due, calendar.next_working(found.until)
    on = show_date(day_of(as_of))
    said = step("extended", before=show_date(found.before), day=show_date(owed.due),
                by=found.decided_by, on=on)  # fmt: skip
    owed.reason = [*owed.reason, said.as_dict()]


def _tell(session: Session, owed: Obligation, found: Relief, as_of: datetime) -> None:
    said = {
        "extension": found.kind is ReliefKind.EXTENSION,
        "granted": found.granted,
        "asked_at": show_instant(found.asked_at),
        "asked_until": show_date(found.until) if found.until else "",
        "due": show_date(owed.due),
        "words": found.words or "",
    }
    tell_clerk(session, owed, Purpose.DECISION, f"relief:{found.id}", said, as_of)


def directive_of(session: Session, found: Relief) -> str:
    """The code of the directive a request belongs to."""
    owed = session.get_one(Obligation, found.obligation_id)
    asking = session.get_one(Round, owed.round_id)
    return session.get_one(Directive, asking.directive_id).code


def requests(session: Session, owner: Directive | None, all_: bool = False) -> list[Asked]:
    """The requests of a directive, or of all, in order; those waiting, unless `all_` are wanted."""
    statement = (
        select(Relief, Obligation, Round, Unit.name)
        .join(Obligation, col(Obligation.id) == col(Relief.obligation_id))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .order_by(col(Relief.id))
    )
    if owner is not None:
        statement = statement.where(Round.directive_id == owner.id)
    if not all_:
        statement = statement.where(col(Relief.decided_at).is_(None))
    return [
        Asked(
            lookup.id_of(r), r.kind, owed.code, unit, asking.title, r.before, r.until, r.reason,
            r.asked_at, r.granted, r.decided_by,
        )
        for r, owed, asking, unit in session.exec(statement)
    ]  # fmt: skip
