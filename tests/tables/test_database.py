"""Sessions and instants: what a transaction leaves, who waits for whom, what time comes back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, StatementError
from sqlmodel import Session, col, func, select

from models.columns import UtcInstant
from models.database import Database
from models.directive import Directive
from models.unit import Unit
from models.words import Kind, Level, Regime, UnitKind
from tests.conftest import Databases
from tests.tasks.office import at

ZONES = [UTC, timezone(timedelta(hours=7)), timezone(timedelta(hours=-9, minutes=-30))]
DIALECTS: list[Dialect] = [sqlite.dialect(), postgresql.dialect()]  # type: ignore[no-untyped-call]


def a_unit(code: str) -> Unit:
    return Unit(
        province="Thử", code=code, name=code, search=code, kind=UnitKind.DEPARTMENT,
        level=Level.PROVINCE,
    )  # fmt: skip


def a_directive(code: str, registered_at: datetime) -> Directive:
    return Directive(
        code=code, symbol=code, kind=Kind.PLAN, regime=Regime.STATE, issuer="UBND tỉnh",
        province="Thử", issued=at(2024, 2, 26).date(), subject="thử", search="thu",
        registered_at=registered_at, file={"subject": "phòng, chống tham nhũng"},
    )  # fmt: skip


def codes(session: Session) -> list[str]:
    return list(session.exec(select(Unit.code).order_by(Unit.code)))


@pytest.fixture
def sqlite_db(sqlites: Databases) -> Iterator[Database]:
    yield from sqlites.like(sqlites.migrated())


class TestInstants:
    @pytest.mark.parametrize("zone", ZONES, ids=str)
    def test_come_back_as_the_same_instant_in_utc(self, db: Database, zone: timezone) -> None:
        given = datetime(2024, 2, 26, 23, 59, 59, 123456, tzinfo=zone)
        with db.write() as session:
            session.add(a_directive("kl-1", given))
        with db.read() as session:
            found = session.exec(select(Directive)).one().registered_at
        assert found == given
        assert found.tzinfo == UTC

    def test_stand_in_a_file_of_sqlite_as_utc(self, sqlite_db: Database) -> None:
        with sqlite_db.write() as session:
            session.add(a_directive("kl-1", at(2024, 2, 26, 6)))
        with sqlite_db.read() as session:
            statement = "SELECT registered_at FROM directive"
            stored = session.connection().exec_driver_sql(statement).scalar()
        assert str(stored).startswith("2024-02-25 23:00:00")

    def test_without_a_zone_are_refused(self, db: Database) -> None:
        with pytest.raises(StatementError, match="zone"), db.write() as session:
            session.add(a_directive("kl-1", datetime(2024, 2, 26, 8)))
        with db.read() as session:
            assert session.exec(select(Directive)).all() == []

    def test_compare_as_instants_whatever_their_zone(self, db: Database) -> None:
        noon = at(2024, 2, 26, 12)
        with db.write() as session:
            session.add_all(
                [a_directive("truoc", noon - timedelta(seconds=1)), a_directive("sau", noon)]
            )
        with db.read() as session:
            for zone in ZONES:
                limit = noon.astimezone(zone)
                query = select(Directive.code).where(col(Directive.registered_at) < limit)
                assert session.exec(query).all() == ["truoc"]

    @given(instant=st.datetimes(timezones=st.sampled_from(ZONES), min_value=datetime(1945, 9, 2)))
    @settings(deadline=None, max_examples=100)
    def test_survive_both_dialects(self, instant: datetime) -> None:
        for dialect in DIALECTS:
            keep = UtcInstant().bind_processor(dialect)
            assert keep
            assert UtcInstant().result_processor(dialect, None)(keep(instant)) == instant


class TestWriting:
    def test_commits_at_the_end(self, db: Database) -> None:
        with db.write() as session:
            session.add(a_unit("so-a"))
        with db.read() as session:
            assert codes(session) == ["so-a"]

    def test_leaves_nothing_when_an_error_passes_through(self, db: Database) -> None:
        def fail(session: Session) -> None:
            session.add(a_unit("so-a"))
            session.flush()
            session.add(a_directive("kl-1", at(2024, 2, 26)))
            session.flush()
            raise RuntimeError

        with pytest.raises(RuntimeError), db.write() as session:
            fail(session)
        with db.read() as session:
            assert codes(session) == []
            assert session.exec(select(Directive)).all() == []

    def test_of_a_bad_row_takes_the_good_ones_back(self, db: Database) -> None:
        with pytest.raises(sa.exc.IntegrityError), db.write() as session:
            session.add_all([a_unit("so-a"), a_unit("so-b"), a_unit("so-a")])
        with db.read() as session:
            assert codes(session) == []

    def test_is_refused_in_a_reading_session(self, db: Database) -> None:
        with db.read() as session:
            session.add(a_unit("so-a"))
            with pytest.raises(DBAPIError, match=r"(?i)read-?only"):
                session.flush()

    def test_goes_on_after_a_reading_session(self, db: Database) -> None:
        """The connection that read is the one that writes next."""
        with db.read() as session:
            assert codes(session) == []
        with db.write() as session:
            session.add(a_unit("so-a"))
        with db.read() as session:
            assert codes(session) == ["so-a"]

    def test_keeps_vietnamese_and_json(self, db: Database) -> None:
        with db.write() as session:
            session.add(a_directive("qđ-1", at(2024, 2, 26)))
        with db.read() as session:
            found = session.exec(select(Directive)).one()
            assert (found.code, found.file) == ("qđ-1", {"subject": "phòng, chống tham nhũng"})


class TestAtOnce:
    def test_two_writers_both_succeed(self, db: Database) -> None:
        """Each transaction reads before it writes, which is where SQLite used to fail."""
        start = Barrier(2)

        def write(name: str) -> None:
            start.wait()
            for number in range(25):
                with db.write() as session:
                    before = session.exec(select(func.count()).select_from(Unit)).one()
                    session.add(a_unit(f"{name}-{number:02}-{before}"))

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(write, ["a", "b"]))
        with db.read() as session:
            assert len(codes(session)) == 50

    def test_a_writer_on_sqlite_sees_all_that_was_written_before(self, sqlite_db: Database) -> None:
        """One writer at a time: what it read is still so when it writes."""
        start = Barrier(4)

        def write(name: str) -> None:
            start.wait()
            for _ in range(10):
                with sqlite_db.write() as session:
                    before = session.exec(select(func.count()).select_from(Unit)).one()
                    session.add(a_unit(f"{before:03}"))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, "abcd"))
        with sqlite_db.read() as session:
            assert codes(session) == [f"{number:03}" for number in range(40)]

    def test_readers_wait_for_no_writer_and_see_nothing_unfinished(self, db: Database) -> None:
        with ExitStack() as stack:
            writing = stack.enter_context(db.write())
            writing.add(a_unit("so-a"))
            writing.flush()
            with db.read() as session:
                assert codes(session) == []
        with db.read() as session:
            assert codes(session) == ["so-a"]

    def test_a_writer_waits_for_no_reader(self, db: Database) -> None:
        with db.read() as session:
            assert codes(session) == []
            with db.write() as writing:
                writing.add(a_unit("so-a"))
        with db.read() as session:
            assert codes(session) == ["so-a"]


class TestPlace:
    def test_of_an_sqlite_file_is_made(self, tmp_path: Path) -> None:
        found = Database(f"sqlite:///{tmp_path}/data/sâu/dondoc.sqlite3")
        found.migrate()
        assert (tmp_path / "data/sâu/dondoc.sqlite3").is_file()
        found.engine.dispose()
