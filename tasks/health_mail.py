"""Whether mail leaves, and arrives: the relay, what waits, the share that fails."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from models.check import Check, ill, odd, well
from models.i18n import gettext as _
from models.mail import Message
from models.pulse import Pulse
from models.quiet import Hours, may_urge
from models.settings import Settings, is_loopback
from models.vietnamese import show_instant, show_number, show_percent
from models.words import URGING, Health, MessageState, Part, Purpose, Watched
from tasks import holding, running_parts
from tasks.calendars import working_calendar
from tasks.outbox import WAITING
from tasks.stoppages import stoppage

WAITS = timedelta(minutes=30)  # that a mail may be due before something is wrong
SHORT = timedelta(minutes=10)  # that a relay may be away: it is restarted, too
LAST, RECENT = 500, timedelta(days=3)  # mails that are looked at for the share that fails
SHARES = ((0.5, 20, Health.ILL), (0.1, 5, Health.WARN))  # share and number from which on
ENDED = (MessageState.SENT, MessageState.FAILED, MessageState.BOUNCED)


def oldest_due(session: Session, settings: Settings, as_of: datetime) -> datetime | None:
    """Since when the mail that waits longest might have left; None where none is due.

    Reminders count once the hours in which they may leave have lasted a while.
    """
    due = sa.and_(WAITING, col(Message.next_at) <= as_of)
    found = sa.select(sa.func.min(col(Message.next_at))).where(due)
    if held_back := _held_back(session, settings, as_of):
        found = found.where(col(Message.purpose).not_in(held_back))
    return session.scalar(found)


def _held_back(session: Session, settings: Settings, as_of: datetime) -> tuple[Purpose, ...]:
    calendar, hours = working_calendar(session), Hours(settings.urge_from, settings.urge_until)
    may = all(may_urge(moment, calendar, hours) for moment in (as_of, as_of - WAITS))
    return () if may else URGING


def waiting(session: Session, settings: Settings, as_of: datetime, delivery: Check) -> Check:
    """Delivery, which is ill too where mail is due and does not leave though the relay takes it.

    Where it fails because the relay takes nothing, that is the relay's illness and no second one.
    """
    pulse, stopped = session.get(Pulse, Part.DELIVERY.value), stoppage(session, settings)
    if stopped and pulse is not None and pulse.failed_at is not None:
        return odd(Watched.DELIVERY, _("Mail waits for the relay."), since=stopped.since)
    since = oldest_due(session, settings, as_of)
    held_up = since is not None and as_of - since > WAITS and not stopped
    if delivery.health is Health.ILL or not held_up or since is None:
        return delivery
    words = _("Mail has been due since {moment} and does not leave.")
    advice = _("Look whether the part “flows” runs, and at “delivery” in Prefect's pages.")
    return ill(Watched.DELIVERY, words.format(moment=show_instant(since)), advice, since)


def relay(session: Session, settings: Settings, as_of: datetime) -> Check:
    """Whether the relay takes mail from us."""
    if (hold := holding.held(session)) is not None:
        words = _("Mail has been held back since {moment}: {reason}")
        said = words.format(moment=show_instant(hold.since), reason=hold.words)
        advice = _("`dondoc mail release` shows what waits; with `--by NAME` it leaves.")
        return odd(Watched.RELAY, said, advice, hold.since)
    found = stoppage(session, settings) if settings.smtp_host else None
    if not settings.smtp_host or (found is None and _keeps_files(settings)):
        return well(Watched.RELAY, _("No relay is set: mail is kept as files."))
    if found is None:
        return well(Watched.RELAY, _("The relay has refused nothing."))
    words = _("The relay has taken no mail since {moment}: {problem}")
    said = words.format(moment=show_instant(found.since), problem=found.words)
    advice = _("Mend what it says. It is tried again at {moment}; no mail is lost.")
    stopped = ill if as_of - found.since >= SHORT else odd
    return stopped(
        Watched.RELAY, said, advice.format(moment=show_instant(found.until)), found.since
    )


def _keeps_files(settings: Settings) -> bool:
    """Whether the relay is the mailbox of `dondoc up`, which its parts are told to use."""
    found = running_parts.running(settings)
    mailbox = found is not None and any(part.name == "mailbox" for part in found.parts)
    return mailbox and is_loopback(settings.smtp_host)


def arriving(session: Session, as_of: datetime) -> Check:
    """What share of the last mails was given up or came back."""
    sent, lost = _last(session, as_of)
    if not sent + lost:
        return well(Watched.MAILS, _("No mail was sent in the last days."))
    words = _("Of the last {n} mails {lost} did not arrive ({share}).").format(
        n=show_number(sent + lost), lost=show_number(lost), share=show_percent(lost, sent + lost)
    )
    for share, many, health in SHARES:
        if lost >= many and lost >= share * (sent + lost):
            advice = _("The page Mail and `dondoc mail list` say of each why, and whom to call.")
            return Check(Watched.MAILS, health, words, advice)
    return well(Watched.MAILS, words)


def _last(session: Session, as_of: datetime) -> tuple[int, int]:
    """How many of the last mails that ended were taken, and how many were not."""
    last = (
        sa.select(col(Message.state), col(Message.queued_at))
        .where(col(Message.state).in_(ENDED))
        .order_by(col(Message.id).desc())
        .limit(LAST)
        .subquery()
    )
    counted = (
        sa.select(last.c.state, sa.func.count())
        .where(last.c.queued_at > as_of - RECENT)
        .group_by(last.c.state)
    )
    found = dict(session.connection().execute(counted).tuples().all())
    sent = found.pop(MessageState.SENT, 0)
    return sent, sum(found.values())
