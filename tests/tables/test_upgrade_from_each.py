"""From the tables of every earlier version to those of now: no row is lost, and all of it works.

What 0002 does to the rows is told in `test_upgrade`; here are a row of every table of that version,
processes that are killed on the way, and several that upgrade at once.
"""

import os
import signal
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import select

from models.database import MIGRATIONS, Database
from models.directive import Directive
from models.round import Round
from models.tables import METADATA
from tasks import boards, outbox, summarising
from tests.conftest import Databases
from tests.tables.rows import FIRST, SECOND, table
from tests.tables.test_migrations import UNREADABLE
from tests.tables.test_upgrade import FILE, to_revision
from tests.tasks.office import at

REVISIONS = [one.revision for one in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]
AS_OF = at(2026, 3, 2, 10)
CONTENT: dict[str, dict[str, Any]] = {"directive": {"file": FILE}}


def columns_of(connection: sa.Connection) -> dict[str, list[str]]:
    """The columns of every table as they are now, in the order of our tables."""
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names())
    return {
        one.name: [c["name"] for c in inspector.get_columns(one.name) if c["name"] in one.c]
        for one in METADATA.sorted_tables if one.name in there
    }  # fmt: skip


def fill(db: Database, revision: str) -> None:
    """Tables of a revision with a row in each, and a second unit."""
    to_revision(db, revision)
    with db.engine.begin() as connection:
        for name, names in columns_of(connection).items():
            if name not in FIRST:
                continue
            then = sa.table(name, *(sa.column(c, table(name).c[c].type) for c in names))
            for row in (FIRST[name], SECOND[name]) if name == "unit" else (FIRST[name],):
                values = row | CONTENT.get(name, {})
                connection.execute(sa.insert(then).values({c: values[c] for c in names}))


def rows(db: Database, wanted: dict[str, list[str]]) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    with db.engine.connect() as connection:
        for name, names in wanted.items():
            columns = [table(name).c[c] for c in names]
            statement = sa.select(*columns).order_by(*table(name).primary_key)
            found[name] = [tuple(row) for row in connection.execute(statement)]
    return found


def revision(db: Database) -> str | None:
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@pytest.fixture(params=REVISIONS)
def old(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Database]:
    """A database as a version left it."""
    name = f"each_{request.param}"
    yield from databases.like(databases.template(name, lambda db: fill(db, request.param)))


@pytest.fixture
def first(databases: Databases) -> Iterator[Database]:
    template = databases.template(f"each_{REVISIONS[0]}", lambda db: fill(db, REVISIONS[0]))
    yield from databases.like(template)


class TestUpgrade:
    def test_from_each_version_loses_no_row_and_gives_what_the_program_works_on(
        self, old: Database
    ) -> None:
        with old.engine.connect() as connection:
            then = columns_of(connection)
        before = rows(old, then)
        old.migrate()
        after = rows(old, then)
        # an upgrade seals what it found
        chain = "audit_entry"
        assert after.pop(chain, [])[: len(before.get(chain, []))] == before.pop(chain, [])
        assert after == before
        assert revision(old) == REVISIONS[-1]
        with old.engine.connect() as connection, warnings.catch_warnings():
            warnings.filterwarnings("ignore", UNREADABLE)
            options = {"compare_type": True, "compare_server_default": True}
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, METADATA) == []
        works(old)


def works(db: Database) -> None:
    """The board, the outbox and a summary have what there is."""
    with db.write() as session:
        owner = session.exec(select(Directive)).one()
        assert len(boards.board(session, owner, AS_OF)) == 1
        assert [mail.id for mail in outbox.oldest(session, 10, AS_OF)] == [1]
        assert summarising.draft(session, session.exec(select(Round)).one(), AS_OF).markdown


class TestInterrupted:
    @pytest.mark.parametrize("statements", [5, 60, 90])
    def test_leaves_the_old_tables_and_can_be_done_again(
        self, first: Database, statements: int
    ) -> None:
        """All migrations are one transaction, in SQLite too."""
        with first.engine.connect() as connection:
            then = columns_of(connection)
        before = rows(first, then)
        first.engine.dispose()
        assert killed_after(statements, first.url) == -signal.SIGKILL
        assert revision(first) == REVISIONS[0]
        with first.engine.connect() as connection:
            assert columns_of(connection) == then
        first.migrate()
        assert rows(first, then) == before

    def test_not_by_others_that_upgrade_at_once(self, first: Database) -> None:
        """As the parts of the program do when they start."""
        first.engine.dispose()
        children = [forked(lambda: Database(first.url).migrate()) for _n in range(3)]
        assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
        assert revision(first) == REVISIONS[-1]


def forked(act: Any) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            act()
            code = 0
        finally:
            os._exit(code)
    return child


def killed_after(statements: int, url: str) -> int:
    """Upgrades in a child that is killed after so many statements; how it ended."""

    def upgrade() -> None:
        db, count = Database(url), 0

        def counted(*_arguments: object) -> None:
            nonlocal count
            count += 1
            if count > statements:
                os.kill(os.getpid(), signal.SIGKILL)

        sa.event.listen(db.engine, "after_cursor_execute", counted)
        db.migrate()

    return os.waitstatus_to_exitcode(os.waitpid(forked(upgrade), 0)[1])
