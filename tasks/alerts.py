"""Alert mail: the operator is told once of a trouble, daily while it lasts, and when it is over.

Several look, so that no single death silences all: a flow every ten minutes, and every process of
the pages. What was told stands in a row for each trouble; who mails claims the rows first, so that
one mail goes. A claim runs out, should its holder die.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from models import i18n, logs
from models.alert import Alert
from models.check import Check, ill
from models.database import Database
from models.errors import ServiceError
from models.settings import Settings
from models.words import Health, Part, Watched
from tasks import alert_mail, health
from tasks.outbox import upsert
from tasks.pulses import beat, missed

LASTING = timedelta(
    minutes=10
)  # that a trouble lasts before it is told, and is gone before it is over
AGAIN = timedelta(days=1)
CLAIM = timedelta(minutes=5)

_log = logs.get("alerts")


@dataclass(frozen=True)
class News:
    """What one mail tells: what is ill, new or still, and what is well again."""

    troubles: Sequence[Alert]
    over: Sequence[Alert]

    def __bool__(self) -> bool:
        return bool(self.troubles or self.over)


async def watch_once(db: Database, settings: Settings, as_of: datetime) -> News:
    """Looks at everything and tells the operator what is new; what was told.

    Raises ServiceError where the operator could not be told, which is tried again by the next look,
    and SQLAlchemyError where the database does not answer.
    """
    found = await _look(db, settings, as_of)
    news = await asyncio.to_thread(_claimed, db, found, as_of)
    try:
        if news:
            _note(news)
            await alert_mail.send(settings, _mail(news, found), as_of)
    except ServiceError as error:
        await asyncio.to_thread(_failed, db, news, as_of, str(error))
        raise
    await asyncio.to_thread(_told, db, news, as_of)
    return news


async def _look(db: Database, settings: Settings, as_of: datetime) -> list[Check]:
    with i18n.speaking("vi"):  # as all mail does
        return await asyncio.to_thread(health.look, db, settings, as_of)


def _mail(news: News, found: Sequence[Check]) -> alert_mail.AlertMail:
    by_name = {check.name.value: check for check in found}
    return alert_mail.AlertMail(
        troubles=[by_name.get(row.name) or _as_kept(row) for row in news.troubles],
        again={Watched(row.name) for row in news.troubles if row.told_at},
        over=[Watched(row.name) for row in news.over],
        key=_key(news),
    )


def _as_kept(row: Alert) -> Check:
    """A trouble that another process has found meanwhile."""
    return ill(Watched(row.name), row.words, since=row.seen_at)


def _key(news: News) -> str:
    """The cause of the mail: sent twice by mischance, it is one to its reader."""
    rows = [*news.troubles, *news.over]
    return ";".join(f"{r.name}:{r.seen_at.isoformat()}:{r.told_at}:{r.well_since}" for r in rows)


def _note(news: News) -> None:
    for row in news.troubles:
        _log.error("trouble", check=row.name, again=row.told_at is not None)
    for row in news.over:
        _log.info("trouble over", check=row.name)


def _claimed(db: Database, found: Sequence[Check], as_of: datetime) -> News:
    with db.write() as session:
        keep(session, found, as_of)
        return claim(session, as_of)


def keep(session: Session, found: Sequence[Check], as_of: datetime) -> None:
    """Brings the rows to what was found: a row for each trouble, a mark on what seems over."""
    troubles = {c.name.value: c for c in found if c.health is Health.ILL}
    statement = upsert(session, Alert)
    for name, check in troubles.items():
        row = {"name": name, "seen_at": as_of, "words": check.words}
        same = {"words": statement.excluded.words, "well_since": None}
        session.connection().execute(
            statement.on_conflict_do_update(index_elements=["name"], set_=same), row
        )
    gone = sa.and_(col(Alert.name).not_in(troubles), col(Alert.well_since).is_(None))
    session.connection().execute(sa.update(Alert).where(gone).values(well_since=as_of))
    untold = sa.and_(col(Alert.well_since).is_not(None), col(Alert.told_at).is_(None))
    session.connection().execute(sa.delete(Alert).where(untold))


def claim(session: Session, as_of: datetime) -> News:
    """What is to be told now, held for this mail; nothing of what another is telling."""
    free = sa.or_(col(Alert.claimed_until).is_(None), col(Alert.claimed_until) <= as_of)
    new = sa.and_(col(Alert.told_at).is_(None), col(Alert.seen_at) <= as_of - LASTING)
    lasting = sa.and_(col(Alert.well_since).is_(None), col(Alert.told_at) <= as_of - AGAIN)
    over = col(Alert.well_since) <= as_of - LASTING
    statement = (
        sa.update(Alert)
        .where(free, sa.or_(new, lasting, over))
        .values(claimed_until=as_of + CLAIM)
        .returning(col(Alert.name))
    )
    names = session.connection().scalars(statement).all()
    rows = session.exec(select(Alert).where(col(Alert.name).in_(names)).order_by(Alert.name)).all()
    for row in rows:
        session.expunge(row)
    return News([r for r in rows if not r.well_since], [r for r in rows if r.well_since])


def _told(db: Database, news: News, as_of: datetime) -> None:
    with db.write() as session:
        _settle(session, news.troubles, told_at=as_of)
        session.connection().execute(sa.delete(Alert).where(_of(news.over)))
        beat(session, Part.ALERTS, as_of)


def _failed(db: Database, news: News, as_of: datetime, problem: str) -> None:
    with db.write() as session:
        _settle(session, [*news.troubles, *news.over])
        missed(session, Part.ALERTS, as_of, problem)


def _settle(session: Session, rows: Sequence[Alert], **values: Any) -> None:
    gives_back = sa.update(Alert).where(_of(rows)).values(claimed_until=None, **values)
    session.connection().execute(gives_back)


def _of(rows: Sequence[Alert]) -> sa.ColumnElement[bool]:
    return col(Alert.name).in_([row.name for row in rows])


@dataclass(frozen=True)
class Told:
    """A trouble that is not over: when it was seen, and when the operator was last mailed of it."""

    name: Watched
    seen_at: datetime
    told_at: datetime | None


def told(session: Session) -> list[Told]:
    """The troubles that are not over, the oldest first."""
    rows = session.exec(select(Alert).where(col(Alert.well_since).is_(None)).order_by("seen_at"))
    return [Told(Watched(row.name), row.seen_at, row.told_at) for row in rows]


class Watch:
    """Looks again and again from one process, and tells the operator also that the database is
    gone: then no row can say what was told, and this process remembers it.
    """

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db, self.settings = db, settings
        self._lost_since: datetime | None = None
        self._told_at: datetime | None = None

    async def look(self, as_of: datetime) -> None:
        """One look; what goes wrong with it is logged, and the next one tries again."""
        try:
            await watch_once(self.db, self.settings, as_of)
            self._lost_since = self._told_at = None
        except SQLAlchemyError:
            await self._without_database(as_of)
        except ServiceError as error:
            _log.error("the operator could not be told", exc_info=error)

    async def _without_database(self, as_of: datetime) -> None:
        self._lost_since = self._lost_since or as_of
        _log.error("trouble", check=Watched.DATABASE.value, again=self._told_at is not None)
        if as_of - (self._told_at or self._lost_since) < (AGAIN if self._told_at else LASTING):
            return
        found = await _look(self.db, self.settings, as_of)
        troubles = health.of_health(found, Health.ILL)
        again = {check.name for check in troubles} if self._told_at else set[Watched]()
        mail = alert_mail.AlertMail(troubles, again, [], f"without:{self._lost_since}:{as_of:%j}")
        try:
            await alert_mail.send(self.settings, mail, as_of)
            self._told_at = as_of
        except ServiceError as error:
            _log.error("the operator could not be told", exc_info=error)
