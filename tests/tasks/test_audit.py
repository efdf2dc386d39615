"""What verification finds: every edit of every column, every deletion, insertion and rewriting."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from models import audit_chain, audit_check, audit_triggers
from models.audit import EXPRESSIONS, Cause, Covered, covered
from models.audit_chain import Head, hash_of
from models.audit_digests import Digests, all_of, digests
from models.audit_upgrade import sealed_anew
from models.database import Database
from models.errors import NotAllowed
from models.unit import Unit
from models.words import Deed
from tasks import activities, audit, audit_words
from tasks.audit import Change, Found, Verified, Wrong
from tests.conftest import Databases
from tests.tables.rows import FIRST, NOW, SECOND, fill, table

ROOT = Path(__file__).parents[2]
KINDS = {sa.Date: "'2031-02-03'", sa.JSON: "'{\"khác\": [1, 2.5]}'"}
KILLED = """
import os, sys
from models import audit_chain
from models.database import Database
from tests.tables.rows import FIRST, table
import sqlalchemy as sa
seal = audit_chain.seal
def killed(connection, at):
    seal(connection, at)
    os._exit(9)
audit_chain.seal = killed
with Database(sys.argv[1]).write() as session:
    session.connection().execute(sa.insert(table("unit")), {**FIRST["unit"], "id": 9, "code": "x"})
"""


@pytest.fixture
def sealed(databases: Databases) -> Iterator[Database]:
    """A database with a row in every table, written by the program."""

    def filled(found: Database) -> None:
        with found.write() as session:
            fill(session.connection())
            if found.engine.dialect.name == "postgresql":  # rows that brought their numbers along
                session.execute(sa.text("SELECT setval('activity_id_seq', 1)"))
        with found.write() as session:
            session.get_one(Unit, 1).name = "Sở A mới"
            activities.note(session, Deed.IMPORTED, "Lê Thị A", NOW, about="Thử")

    yield from databases.like(databases.template("sealed", filled, like=databases.migrated()))


@contextmanager
def tampering(db: Database) -> Iterator[sa.Connection]:
    """A connection past triggers and foreign keys (and the checks of SQLite), rolled back."""
    with db.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        if db.engine.dialect.name == "sqlite":
            raw.execute("PRAGMA foreign_keys=OFF")
            raw.execute("PRAGMA ignore_check_constraints=ON")
            audit_triggers.drop(connection)
        else:
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        yield connection
        connection.rollback()
        connection.invalidate()


def tamper(db: Database, *statements: str) -> None:
    """Changes rows for good, past triggers and foreign keys, as with the file in an editor."""
    with db.engine.connect() as connection:
        if db.engine.dialect.name == "sqlite":
            audit_triggers.drop(connection)
        else:
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            connection.execute(sa.text(statement))
        if db.engine.dialect.name == "sqlite":
            audit_triggers.make(connection)
        connection.commit()


def verified(db: Database, *heads: Head) -> Verified:
    with db.snapshot() as session:
        return audit.verify(session, heads)


def facts_in(connection: sa.Connection) -> list[Found]:
    """The facts that are found wrong in the middle of a transaction."""
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        return [one for one in audit.verify(session).found if one.wrong is Wrong.FACT]


def wrong(db: Database, *heads: Head) -> list[tuple[Wrong, int | None]]:
    return [(one.wrong, one.entry) for one in verified(db, *heads).found]


def head(db: Database) -> Head:
    with db.read() as session:
        return audit.head(session)


def another(table: Covered, column: sa.Column[Any]) -> str:
    """SQL for another value than a column has."""
    name = f'"{column.name}"'
    for kind, value in KINDS.items():
        if isinstance(column.type, kind):
            return value
    if isinstance(column.type, sa.types.TypeDecorator):
        return "'2031-02-03 04:05:06.000000'"
    if isinstance(column.type, sa.Boolean):
        return f"NOT coalesce({name}, FALSE)"
    if isinstance(column.type, sa.Integer | sa.Float):
        return f"coalesce({name}, 0) + 5"
    return f"coalesce({name}, '') || 'x'"


class TestFacts:
    def test_are_as_they_were_sealed(self, sealed: Database) -> None:
        found = verified(sealed)
        assert found.found == ()
        assert found.facts >= len(covered())

    def test_differ_where_any_column_is_edited(self, sealed: Database) -> None:
        tried, refused = set(), set()
        with tampering(sealed) as connection:
            known = audit_check.expected(map(audit_check.read, audit_chain.entries(connection)))
            for one in covered().values():
                for column in one.columns:
                    savepoint = connection.begin_nested()
                    change = f'UPDATE "{one.name}" SET "{column.name}" = {another(one, column)}'
                    try:
                        connection.execute(sa.text(f'{change} WHERE "{one.key}" = 1'))
                    except DBAPIError:  # Postgres keeps its checks
                        refused.add((one.name, column.name))
                    else:
                        if list(audit_check.differing(connection, one, known)):
                            tried.add((one.name, column.name))
                    savepoint.rollback()
        every = {(one.name, column.name) for one in covered().values() for column in one.columns}
        # a mail on its way: where it stands counts once it has come to its end
        assert every - refused - tried <= set(EXPRESSIONS)
        assert len(tried) > 200

    def test_of_every_table_are_missed(self, sealed: Database) -> None:
        with tampering(sealed) as connection:
            for name in covered():
                savepoint = connection.begin_nested()
                connection.execute(sa.text(f'DELETE FROM "{name}"'))
                found = facts_in(connection)
                assert {(one.table, one.change) for one in found} == {(name, Change.REMOVED)}
                savepoint.rollback()

    def test_that_nobody_sealed_are_found(self, sealed: Database) -> None:
        with tampering(sealed) as connection:
            known = audit_check.expected(map(audit_check.read, audit_chain.entries(connection)))
            for name in covered().keys() - {"unit"}:
                savepoint = connection.begin_nested()
                other = {"id": 77} if "id" in SECOND[name] else {}
                connection.execute(sa.insert(table(name)), SECOND[name] | other)
                assert list(audit_check.differing(connection, covered()[name], known)), name
                savepoint.rollback()

    def test_hold_whatever_others_put_in_their_place(self, sealed: Database) -> None:
        """What is no date, word or JSON is found, and not stumbled over."""
        if sealed.engine.dialect.name == "postgresql":
            pytest.skip("Postgres takes nothing else than the type of a column")
        with tampering(sealed) as connection:
            for column, value in (("due", "x'ff00'"), ("opened_at", "'mai'"), ("reason", "'{'")):
                connection.execute(sa.text(f"UPDATE obligation SET {column} = {value}"))
                (found,) = facts_in(connection)
                assert (found.table, found.change) == ("obligation", Change.CHANGED)

    def test_say_who_was_the_last_to_change_them(self, sealed: Database) -> None:
        tamper(sealed, "UPDATE unit SET name = 'Sở Z' WHERE id = 1")
        with sealed.snapshot() as session:
            (told,) = audit_words.told(session, audit.verify(session))
        assert told.fact == "unit 1 (so-a)"
        assert "Lê Thị A" in told.last
        assert "Thử" in told.last

    def test_are_watched_by_triggers_that_are_missed(self, sealed: Database) -> None:
        with sealed.engine.begin() as connection:
            on = " ON unit" if sealed.engine.dialect.name == "postgresql" else ""
            connection.execute(sa.text(f"DROP TRIGGER audit_unit_update{on}"))
        (found,) = verified(sealed).found
        assert (found.wrong, found.change) == (Wrong.TRIGGER, "audit_unit_update")


class TestOthersThanTheProgram:
    def test_are_noted_before_the_program_writes_again(self, sealed: Database) -> None:
        before = head(sealed)
        with sealed.engine.begin() as connection:
            connection.execute(sa.text("UPDATE unit SET name = 'Sở Z' WHERE id = 1"))
            connection.execute(sa.text("DELETE FROM day_off"))
            connection.execute(sa.insert(table("norm")), SECOND["norm"])
        assert len(verified(sealed).found) == 3
        with sealed.write() as session:
            activities.note(session, Deed.SETTLED, "Lê Thị A", NOW)
        found = verified(sealed).found
        assert {(one.wrong, one.entry) for one in found} == {(Wrong.OUTSIDE, before.number + 1)}
        assert {(one.table, one.key) for one in found} == {
            ("unit", 1), ("day_off", 1), ("norm", 2),
        }  # fmt: skip

    def test_are_accepted_in_somebodys_name(self, sealed: Database) -> None:
        with sealed.engine.begin() as connection:
            connection.execute(sa.text("UPDATE unit SET name = 'Sở Z' WHERE id = 1"))
        tamper(sealed, "UPDATE measure SET text = 'khác'")
        assert len(verified(sealed).found) == 2
        with pytest.raises(NotAllowed), sealed.write() as session:
            audit.accept(session, "Lê Thị A", " ", NOW)
        with sealed.write() as session:
            assert audit.accept(session, "Lê Thị A", "sửa theo công văn 5", NOW) == 2
        assert verified(sealed).found == ()
        with sealed.write() as session:
            assert audit.accept(session, "Lê Thị A", "lần nữa", NOW) == 0

    def test_cannot_change_the_history(self, sealed: Database) -> None:
        refused = ["UPDATE activity SET by = 'x'", "DELETE FROM activity WHERE id = 1",
                   "UPDATE audit_entry SET body = ''", "DELETE FROM audit_entry"]  # fmt: skip
        if sealed.engine.dialect.name == "sqlite":
            refused.append("REPLACE INTO audit_entry VALUES (1, '', '')")
            refused.append("REPLACE INTO activity SELECT * FROM activity")
        else:
            refused.append("TRUNCATE activity CASCADE")  # webhook messages are about deeds
        for statement in refused:
            with (
                pytest.raises(IntegrityError, match="append-only"),
                sealed.engine.begin() as connection,
            ):
                connection.execute(sa.text(statement))
        assert verified(sealed).found == ()

    def test_who_take_the_triggers_off_can_put_all_back(self, sealed: Database) -> None:
        """As a restore does, with the entries it has kept."""
        tables = [table("activity"), table("audit_entry")]
        with sealed.engine.begin() as connection:
            kept = [connection.execute(sa.select(one)).mappings().all() for one in tables]
            connection.execute(sa.delete(table("webhook_message")))  # refers to deeds
            with audit_triggers.lifted(connection):
                for one, rows in zip(tables, kept, strict=True):
                    connection.execute(sa.delete(one))
                    connection.execute(sa.insert(one), [dict(row) for row in rows])
        assert verified(sealed).found == ()


class TestChain:
    @pytest.mark.parametrize(
        ("statement", "found"),
        [
            ("UPDATE audit_entry SET body = replace(body, 'program', 'upgrade') WHERE number = 2",
             (Wrong.ENTRY, 2)),
            ("UPDATE audit_entry SET hash = '0' WHERE number = 2", (Wrong.ENTRY, 2)),
            ("UPDATE audit_entry SET body = 'x' WHERE number = 2", (Wrong.ENTRY, 2)),
            ("DELETE FROM audit_entry WHERE number = 2", (Wrong.GAP, 2)),
            ("DELETE FROM audit_entry WHERE number = 1", (Wrong.GAP, 1)),
            ("UPDATE audit_entry SET number = 9 WHERE number = 2", (Wrong.GAP, 2)),
        ],
    )  # fmt: skip
    def test_breaks_where_it_is_changed(
        self, sealed: Database, statement: str, found: tuple[Wrong, int]
    ) -> None:
        tamper(sealed, statement)
        assert found in wrong(sealed)

    def test_that_is_cut_off_misses_a_head_noted_elsewhere(self, sealed: Database) -> None:
        noted = head(sealed)
        assert verified(sealed, noted, Head(1, "0" * 64)).found[0].wrong is Wrong.HEAD
        tamper(sealed, f"DELETE FROM audit_entry WHERE number = {noted.number}")
        assert (Wrong.HEAD, noted.number) in wrong(sealed, noted)

    def test_that_is_written_anew_misses_a_head_noted_elsewhere(self, sealed: Database) -> None:
        noted = head(sealed)
        tamper(sealed, "UPDATE unit SET name = 'Sở Z'")
        with sealed.engine.begin() as connection, audit_triggers.lifted(connection):
            connection.execute(sa.text("DELETE FROM audit_entry"))
            facts: Digests = {name: dict(all_of(connection, t)) for name, t in covered().items()}
            for n in range(noted.number):
                audit_chain.append(connection, Cause.PROGRAM, NOW, {} if n else facts)
        assert verified(sealed).found == ()
        assert wrong(sealed, noted) == [(Wrong.HEAD, noted.number)]

    def test_is_one_whoever_writes_at_the_same_time(self, sealed: Database) -> None:
        before, each, writers = head(sealed).number, 5, 10

        def write(writer: int) -> None:
            for n in range(each):
                with sealed.write() as session:
                    activities.note(session, Deed.SETTLED, f"{writer}", NOW, about=f"{n}")

        with ThreadPoolExecutor(writers) as pool:
            list(pool.map(write, range(writers)))
        assert verified(sealed).found == ()
        assert head(sealed).number == before + each * writers

    def test_holds_nothing_of_what_was_rolled_back(self, sealed: Database) -> None:
        before = head(sealed)

        def fail(session: Session) -> None:
            session.get_one(Unit, 1).name = "Sở Z"
            session.flush()
            raise RuntimeError

        with pytest.raises(RuntimeError), sealed.write() as session:
            fail(session)
        with sealed.write():
            pass
        assert head(sealed) == before
        assert verified(sealed).found == ()

    def test_holds_nothing_of_who_was_killed_before_the_commit(self, sealed: Database) -> None:
        before = head(sealed)
        url = sealed.engine.url.render_as_string(hide_password=False)
        program = [sys.executable, "-c", KILLED, url]
        assert subprocess.run(program, cwd=ROOT, env=os.environ, check=False).returncode == 9
        with sealed.write() as session:
            activities.note(session, Deed.SETTLED, "Lê Thị A", NOW)
        assert verified(sealed).found == ()
        assert head(sealed).number == before.number + 1

    @pytest.mark.filterwarnings("ignore::models.audit.UnnotedChange")
    def test_seals_many_rows_of_one_statement(self, sealed: Database) -> None:
        many = [{**FIRST["unit"], "id": n, "code": f"xa-{n}"} for n in range(100, 30_100)]
        before = head(sealed).number
        with sealed.write() as session:
            session.connection().execute(sa.insert(table("unit")), many)
        assert head(sealed).number == before + 2  # an entry takes 20,000
        tamper(sealed, "UPDATE unit SET ends = '2030-01-01' WHERE code = 'xa-29999'")
        (found,) = verified(sealed).found
        assert (found.table, found.key) == ("unit", 29_999)

    @pytest.mark.filterwarnings("ignore::models.audit.UnnotedChange")
    def test_counts_changes_that_nobody_put_his_name_to(self, sealed: Database) -> None:
        before = verified(sealed).unnoted
        with sealed.write() as session:
            session.get_one(Unit, 1).name = "Sở Z"
        assert verified(sealed).unnoted == before + 1

    def test_goes_over_an_upgrade_and_hides_nothing_by_it(self, sealed: Database) -> None:
        tamper(sealed, "UPDATE unit SET name = 'Sở Z' WHERE id = 1")
        with sealed.engine.begin() as connection, sealed_anew(connection, NOW, "9999"):
            connection.execute(sa.text("UPDATE unit SET search = 'x'"))
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        (found,) = verified(sealed).found
        assert (found.table, found.key) == ("unit", 1)

    def test_gives_every_entry_the_hash_that_the_documents_say(self, sealed: Database) -> None:
        with sealed.read() as session:
            before = audit_chain.GENESIS
            for entry in audit_chain.entries(session.connection()):
                assert entry.hash == hash_of(before, entry.body)
                before = entry.hash

    def test_is_verified_by_the_program_in_the_documents(self, sealed: Database) -> None:
        if sealed.engine.dialect.name == "postgresql":
            pytest.skip("it opens a file of SQLite")
        document = (ROOT / "docs/operators.md").read_text("utf-8").partition("## Audit")[2]
        program = document.partition("```python\n")[2].partition("```")[0]
        arguments = [sys.executable, "-c", program, str(sealed.engine.url.database)]
        right = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
        assert right == f"[] are gone; head {head(sealed).hash}\n"
        tamper(
            sealed, "UPDATE measure SET text = 'khác'", "DELETE FROM audit_entry WHERE number = 1"
        )
        found = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
        assert "measure 1 is not what was sealed" in found
        assert "entry 2 is not what was sealed" in found


class TestForging:
    """Whoever can write the database can add an entry that fits into the chain, too."""

    @pytest.mark.parametrize("cause", ["upgrade", "accepted", "beginning", "of nobody"])
    def test_an_entry_that_the_program_does_not_write_is_found(
        self, sealed: Database, cause: str
    ) -> None:
        entry = forge(sealed, cause, "unit", "name")
        assert Found(Wrong.FORGED, entry) in verified(sealed).found

    def test_of_a_deed_is_found_whatever_the_entry_says(self, sealed: Database) -> None:
        entry = forge(sealed, Cause.PROGRAM, "activity", "by")
        assert verified(sealed).found == (Found(Wrong.FORGED, entry),)

    def test_stays_found_where_what_came_of_it_is_accepted(self, sealed: Database) -> None:
        entry = forge(sealed, Cause.PROGRAM, "activity", "by")
        tamper(sealed, "UPDATE unit SET name = 'giả' WHERE id = 1")
        with sealed.write() as session:
            assert audit.accept(session, "Lê Thị A", "sửa tay", NOW)
        assert verified(sealed).found == (Found(Wrong.FORGED, entry),)

    def test_through_a_trigger_of_ones_own_is_found(self, sealed: Database) -> None:
        change = "UPDATE unit SET name = 'giả' WHERE id = 1;"
        with sealed.engine.begin() as connection:
            if sealed.engine.dialect.name == "sqlite":
                connection.exec_driver_sql(
                    f"CREATE TRIGGER counts AFTER INSERT ON activity BEGIN {change} END"
                )
            else:
                connection.exec_driver_sql(
                    "CREATE FUNCTION counts() RETURNS trigger LANGUAGE plpgsql AS "
                    f"$$ BEGIN {change} RETURN NULL; END $$"
                )
                connection.exec_driver_sql(
                    "CREATE TRIGGER counts AFTER INSERT ON activity "
                    "FOR EACH ROW EXECUTE FUNCTION counts()"
                )
        with sealed.write() as session:
            activities.note(session, Deed.SETTLED, "Lê Thị A", NOW)
        assert verified(sealed).found == (Found(Wrong.FOREIGN, change="counts"),)

    def test_through_a_trigger_made_to_do_nothing_is_found_and_mended(
        self, sealed: Database
    ) -> None:
        with sealed.engine.begin() as connection:
            if sealed.engine.dialect.name == "sqlite":
                connection.exec_driver_sql("DROP TRIGGER audit_unit_update")
                connection.exec_driver_sql(
                    "CREATE TRIGGER audit_unit_update AFTER UPDATE ON unit WHEN 0 "
                    "BEGIN SELECT 1; END"
                )
            else:
                connection.exec_driver_sql(
                    "CREATE OR REPLACE FUNCTION audit_note_each_id() RETURNS trigger "
                    "LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
                )
        assert Found(Wrong.TRIGGER, change="audit_unit_update") in verified(sealed).found
        with sealed.write() as session:
            audit.accept(session, "Lê Thị A", "sửa tay", NOW)
        assert verified(sealed).found == ()


def forge(db: Database, cause: str, name: str, column: str) -> int:
    """Edits a row past the triggers, and seals it as the program would; the number of the entry."""
    tamper(db, f"UPDATE {name} SET \"{column}\" = 'giả' WHERE id = 1")
    with db.engine.begin() as connection:
        found = digests(connection, covered(), {name: [1]})
        made: Any = cause
        return audit_chain.append(connection, made, NOW, found, revision="0001").number


class TestAnchors:
    def test_are_lines_of_a_file_that_grows(self, sealed: Database, tmp_path: Path) -> None:
        with sealed.read() as session:
            first = audit.anchor(session, tmp_path, NOW)
            assert audit.anchor(session, tmp_path, NOW) == first
        with sealed.write() as session:
            activities.note(session, Deed.SETTLED, "Lê Thị A", NOW)
        with sealed.read() as session:
            second = audit.anchor(session, tmp_path, NOW)
        assert audit.anchors(tmp_path) == [first, second]
        assert verified(sealed, *audit.anchors(tmp_path)).found == ()

    def test_are_not_noted_where_the_history_does_not_go_through_the_last(
        self, sealed: Database, tmp_path: Path
    ) -> None:
        noted = tmp_path / audit.HEADS
        noted.write_text(f"{head(sealed).number + 5} {'0' * 64} {NOW.isoformat()}\n", "ascii")
        before = noted.read_text("ascii")
        with sealed.read() as session:
            audit.anchor(session, tmp_path, NOW)
        assert noted.read_text("ascii") == before

    def test_after_those_of_a_copy_are_cut_off(self, sealed: Database, tmp_path: Path) -> None:
        with sealed.read() as session:
            first = audit.anchor(session, tmp_path, NOW)
        with (tmp_path / audit.HEADS).open("a") as file:
            file.write(f"{first.number + 1} {'0' * 64} {NOW.isoformat()}\n")
        audit.cut_anchors(tmp_path, first.number)
        assert audit.anchors(tmp_path) == [first]

    def test_are_read_as_people_keep_them(self) -> None:
        assert audit.head_from(f" 12:{'AB' * 32} ") == Head(12, "ab" * 32)
        with pytest.raises(NotAllowed):
            audit.head_from("12:ab")
