"""The formal letter to everybody late with a directive, from what the database knows that day."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from models.directive import Directive
from models.errors import UnknownName
from models.i18n import gettext as _
from models.mail import Message, Reminder
from models.register import Register, UnitEntry
from models.round import Obligation, Round
from models.status import day_of
from models.unit import Unit
from models.words import MessageState, Purpose, label_vi
from tasks.boards import Line, board, of_living, owed
from tasks.calendars import working_calendar
from tasks.issuing import issuer_of
from tasks.official_letter import Cited, LateItem, Letter
from tasks.units import load_register
from tasks.word_form import long_date

ANSWER_WITHIN = 5  # working days from the day of the letter


def urging_letter(
    session: Session, directive: Directive, as_of: datetime, issuer: str | None = None
) -> Letter | None:
    """The letter of a day, or None where nobody is late; rounds that have closed count too.

    It is issued by the body named (UnknownName where there is none), else by the one that oversees
    most of the late rounds, else by the body above all. The issuer does not write to itself.
    """
    day = day_of(as_of)
    lines = of_living(session, board(session, directive, as_of), day)
    late = [line for line in owed(lines) if line.days_overdue > 0]
    register = load_register(session, directive.province)
    rounds = _rounds(session, late)
    if issuer is not None:
        unit = _named(register, issuer, directive.province, day)
    else:
        unit = _overseer(session, register, rounds) or _top(register, directive)
    late = [line for line in late if line.unit_code != unit.code]
    if not late:
        return None
    return Letter(
        issuer=issuer_of(unit, register, directive),
        directive=_cited(directive),
        day=day,
        answer_by=working_calendar(session).add_working_days(day, ANSWER_WITHIN),
        late=_items(late, rounds, _reminded(session, directive, as_of)),
    )


def _rounds(session: Session, late: Sequence[Line]) -> dict[int, Round]:
    """The late rounds, those longest overdue first."""
    ids = list(dict.fromkeys(line.round_id for line in late))
    return {id_: session.get_one(Round, id_) for id_ in ids}


def _named(register: Register, name: str, province: str, day: date) -> UnitEntry:
    found = [register.units[name]] if name in register.units else register.expand(name, day)
    if len(found) != 1:
        message = _(
            "“{name}” names no single body of {province}. Write its name as in the register."
        )
        raise UnknownName(message.format(name=name, province=province))
    return found[0]


def _overseer(session: Session, register: Register, rounds: dict[int, Round]) -> UnitEntry | None:
    """Who oversees most of the rounds; of equals the one whose round is longest overdue."""
    overseers = Counter(r.overseer_id for r in rounds.values() if r.overseer_id is not None)
    if not overseers:
        return None
    ((most, _times),) = overseers.most_common(1)
    return register.units[session.get_one(Unit, most).code]


def _top(register: Register, directive: Directive) -> UnitEntry:
    """Who issued the directive, if the register knows it; else the first with none above."""
    issuers = register.expand(directive.issuer, directive.issued)
    return next(iter(issuers), None) or next(u for u in register.units.values() if not u.parent)


def _cited(directive: Directive) -> Cited:
    kind = label_vi(directive.kind)
    named = f"{kind} số {directive.symbol}"
    issued = f"{long_date(directive.issued)} của {directive.issuer}"
    return Cited(f"{named} {issued} về {directive.subject.rstrip(' .')}", named, kind)


def _reminded(
    session: Session, directive: Directive, as_of: datetime
) -> dict[int, tuple[date, ...]]:
    """The days on which reminders were sent, by obligation: what is only queued urged nobody."""
    rows = session.exec(
        select(Reminder.obligation_id, Message.sent_at)
        .join(Message, col(Message.id) == col(Reminder.message_id))
        .join(Obligation, col(Obligation.id) == col(Reminder.obligation_id))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .where(
            Round.directive_id == directive.id,
            Reminder.purpose == Purpose.REMINDER,
            Message.state == MessageState.SENT,
            col(Message.sent_at) <= as_of,
        )
        .order_by(col(Message.sent_at))
    )
    days: dict[int, dict[date, None]] = {}
    for obligation_id, sent_at in rows:
        if sent_at is not None:
            days.setdefault(obligation_id, {})[day_of(sent_at)] = None
    return {id_: tuple(found) for id_, found in days.items()}


def _items(
    late: Sequence[Line], rounds: dict[int, Round], reminded: dict[int, tuple[date, ...]]
) -> tuple[LateItem, ...]:
    """What is late, body by body, the one longest overdue first."""
    first: dict[int, int] = {}
    for at, line in enumerate(late):
        first.setdefault(line.unit_id, at)
    return tuple(
        LateItem(
            unit=line.unit,
            asked=rounds[line.round_id].title,
            stage=rounds[line.round_id].stage,
            due=line.due,
            days=line.days_overdue,
            reminded=reminded.get(line.id, ()),
        )
        for line in sorted(late, key=lambda line: first[line.unit_id])
    )
