"""Figures of the domain database, as Prometheus reads them: a few statements, all of them cheap."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlmodel import Session, SQLModel, col

from models.alert import Alert
from models.directive import Directive
from models.mail import Message, Received
from models.round import OWED, Obligation, Round, Submission
from models.settings import Settings
from models.status import OWED as OWED_STATUSES
from models.status import Facts, Thresholds, status
from models.words import MessageState, Status
from tasks import audit, health_mail, health_rounds
from tasks.outbox import WAITING
from tasks.pulses import pulses
from tasks.stoppages import stoppage

NOT_ARRIVED: sa.ColumnElement[bool] = sa.literal_column("state IN ('failed', 'bounced', 'dropped')")


def figures(session: Session, settings: Settings, as_of: datetime) -> Iterator[Metric]:
    """Every figure of the database."""
    yield from _of_directives(session, settings, as_of)
    yield from _of_mail(session, settings, as_of)
    yield from _of_timers(session, as_of)
    yield counter(
        "submissions", "Answers that came in, refused ones too.", _rows(session, Submission)
    )
    yield gauge("audit_entries", "Entries of the sealed history.", audit.head(session).number)
    yield gauge("alerts", "Troubles that the operator is told of.", _rows(session, Alert))
    yield gauge("database_bytes", "Size of the database.", _size(session))


def gauge(name: str, help_: str, value: float) -> GaugeMetricFamily:
    """One figure that may rise and fall."""
    return GaugeMetricFamily(f"dondoc_{name}", help_, value)


def counter(name: str, help_: str, value: float) -> CounterMetricFamily:
    """One figure that only rises."""
    return CounterMetricFamily(f"dondoc_{name}", help_, value)


def gauges(name: str, help_: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    """A figure for each word of a short list."""
    found = GaugeMetricFamily(f"dondoc_{name}", help_, labels=[label])
    for word, value in values.items():
        found.add_metric([word], value)
    return found


def _of_directives(session: Session, settings: Settings, as_of: datetime) -> Iterator[Metric]:
    yield gauge("directives", "Directives registered.", _rows(session, Directive))
    yield gauges("rounds", "Rounds, by how far they are.", "state", _rounds(session))
    yield gauge("obligations", "Obligations of all rounds opened.", _rows(session, Obligation))
    owed = _owed(session, settings, as_of)
    yield gauges("obligations_owed", "Obligations not answered yet.", "status", owed)


def _rounds(session: Session) -> Mapping[str, float]:
    state = sa.case(
        (col(Round.closed_at).is_not(None), "closed"),
        (col(Round.opened_at).is_not(None), "open"),
        (col(Round.binding), "planned"),
        else_="unconfirmed",
    ).label("state")
    found = session.connection().execute(sa.select(state, sa.func.count()).group_by(state))
    return dict.fromkeys(("unconfirmed", "planned", "open", "closed"), 0) | dict(
        found.tuples().all()
    )


def _owed(session: Session, settings: Settings, as_of: datetime) -> Mapping[str, float]:
    """By status: the days on which something is due are few, and have an index."""
    colours = Thresholds(settings.nearly_due_days, settings.long_overdue_days)
    by_due = sa.select(col(Obligation.due), sa.func.count()).where(OWED).group_by("due")
    counts: Counter[Status] = Counter()
    due: date
    for due, count in session.connection().execute(by_due):
        counts[status(Facts(due), as_of, colours)] += count
    return {word.value: counts[word] for word in Status if word in OWED_STATUSES}


def _of_mail(session: Session, settings: Settings, as_of: datetime) -> Iterator[Metric]:
    yield gauges("mails", "Mails, by where they stand.", "state", _mails(session))
    oldest = health_mail.oldest_due(session, settings, as_of)
    waits = (as_of - oldest).total_seconds() if oldest else 0
    yield gauge("mail_oldest_due_seconds", "How long the mail waits that waits longest.", waits)
    stopped = stoppage(session, settings) is not None
    yield gauge("relay_stopped", "1 while the relay takes no mail from us.", stopped)
    waiting = _rows(session, Received, col(Received.settled_at).is_(None))
    yield gauge("received_waiting", "Received mails that wait for the secretariat.", waiting)


def _mails(session: Session) -> Mapping[str, float]:
    """By state: those that wait or did not arrive have an index, and the rest was sent."""
    counts = Counter(dict.fromkeys(MessageState, 0))
    for where in (WAITING, NOT_ARRIVED):
        found = sa.select(col(Message.state), sa.func.count()).where(where).group_by("state")
        counts.update(dict(session.connection().execute(found).tuples().all()))
    counts[MessageState.SENT] = _rows(session, Message) - counts.total()
    return {state.value: count for state, count in counts.items()}


def _of_timers(session: Session, as_of: datetime) -> Iterator[Metric]:
    late = Counter(
        "opening" if one.opens else "closing" for one in health_rounds.missed(session, as_of)
    )
    known = {"opening": late["opening"], "closing": late["closing"]}
    yield gauges("rounds_late", "Rounds that did not open or close in time.", "moment", known)
    found = pulses(session)
    last = {part.value: p.at.timestamp() for part, p in found.items() if p.at}
    help_ = "When a part last did its work, in seconds since 1970."
    yield gauges("pulse_timestamp_seconds", help_, "part", last)
    failing = {part.value: p.failed_at is not None for part, p in found.items()}
    yield gauges("pulse_failing", "1 while what a part tries fails.", "part", failing)


def _rows(session: Session, table: type[SQLModel], *where: sa.ColumnElement[bool]) -> int:
    counted = sa.select(sa.func.count()).select_from(table).where(*where)
    return session.connection().scalar(counted) or 0


def _size(session: Session) -> int:
    """Bytes of the database, what is written ahead included."""
    bind: Any = session.get_bind()
    if bind.dialect.name != "sqlite":
        return int(session.scalar(sa.text("SELECT pg_database_size(current_database())")))
    path = Path(bind.engine.url.database or "")
    return sum(f.stat().st_size for f in (path, path.with_name(path.name + "-wal")) if f.is_file())
