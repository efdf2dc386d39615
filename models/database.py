"""Sessions on the domain database: SQLite (WAL, one writer at a time) or Postgres.

Sessions are opened at the edge (a flow's step, a command); helpers take one and never commit.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlmodel import Session

from models import audit_chain, embedded_postgres
from models.audit import UnnotedChange, needs_a_deed
from models.clock import now
from models.errors import ServiceError
from models.i18n import gettext as _
from models.settings import settings

AT_ONCE = 40  # threads that answer requests: each may hold a connection
MIGRATIONS = Path(__file__).parent / "migrations"
BUSY = 60  # seconds that a writer of SQLite waits for the others


class Database:
    """One domain database: `read()` and `write()` give sessions, each one transaction."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self._writer = self.engine.execution_options(dondoc_writes=True)
        # the database itself refuses what a reader would change
        self._reader = self.engine.execution_options(dondoc_reads=True, postgresql_readonly=True)
        self._turn = Lock() if self.engine.dialect.name == "sqlite" else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        with Session(self._reader) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits at the end, or leaves nothing if an error passes through; what
        it changed is sealed in the history.
        """
        with self._in_turn(), Session(self._writer) as session, session.begin():
            audit_chain.begin(session.connection(), now())
            yield session
            session.flush()
            changed = audit_chain.seal(session.connection(), now())
            if needs_a_deed(changed):
                warnings.warn(UnnotedChange(", ".join(sorted(changed))), stacklevel=3)

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """As `read()`, but everything is read as it stands at one moment, however long it takes."""
        at_once = {"isolation_level": "REPEATABLE READ"}
        reader = self._reader
        if reader.dialect.name == "postgresql":  # SQLite never reads otherwise
            reader = reader.execution_options(**at_once)
        with Session(reader) as session:
            yield session

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Writers of this process wait for each other here, and with no connection in their hands:
        SQLite lets them ask again and again, and who asks at the right moment goes first.
        """
        mine = self._turn is not None and self._turn.acquire(timeout=BUSY)
        try:
            yield
        finally:
            if mine and self._turn is not None:
                self._turn.release()

    def migrate(self) -> None:
        """Bring the tables to the newest version; makes them where there are none."""
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["engine"] = self.engine
        command.upgrade(config, "head")


@cache
def database(url: str | None = None) -> Database:
    """The database of the settings, or of a URL; one engine each, tables up to date."""
    if url is None and settings().embedded:
        embedded_postgres.at_hand(settings().data)
    found = Database(url or settings().url)
    found.migrate()
    return found


def is_there() -> bool:
    """Whether the settings' database is there to read: asking must not make a file."""
    if settings().embedded:
        return embedded_postgres.is_made(settings().data)
    url = make_url(settings().url)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


def _engine(url: str) -> sa.Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        try:
            return sa.create_engine(parsed, pool_pre_ping=True, max_overflow=AT_ONCE)
        except ModuleNotFoundError as error:
            message = _(
                "The driver {name} is not installed; a URL names it: postgresql+psycopg://…"
            )
            raise ServiceError(message.format(name=error.name)) from error
    if parsed.database:
        Path(parsed.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = sa.create_engine(parsed, connect_args={"timeout": BUSY}, max_overflow=AT_ONCE)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # the driver must not open transactions of its own: _begin_sqlite does, so that a writer takes
    # the lock at once and never fails half-way with "database is locked"
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    reads = options.get("dondoc_reads", False)
    # a pragma makes SQLite compile every statement anew, with its triggers: only where it differs
    if connection.info.get("reads") != reads:
        connection.exec_driver_sql(f"PRAGMA query_only={reads:d}")
        connection.info["reads"] = reads
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("dondoc_writes") else "BEGIN")
