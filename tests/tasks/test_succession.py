"""Units end while they owe: their open tasks pass to the living successors, once and with rule."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, col, func, select

from models.calendar import vietnam
from models.database import Database
from models.errors import RegisterError
from models.mail import Message
from models.reasons import in_words
from models.register import Register, build
from models.round import Handover, Obligation, Round, Summary
from models.settings import Settings
from models.status import tally
from models.unit import Succession, Unit
from models.words import Ending, Purpose, ReliefKind, Status, SuccessionKind
from tasks import lookup, reliefs, summarising
from tasks.boards import board
from tasks.composing import Composer
from tasks.succession import Passing, changed_bodies, pass_on
from tasks.units import Change, changes, import_register, load_register
from tests.conftest import Databases
from tests.tasks.office import (
    A_REPORT,
    ISSUED,
    OFFICE,
    SMALL,
    SO_A,
    SO_B,
    SO_C,
    a_file,
    a_register,
    a_round,
    a_unit,
    answer,
    at,
    issue,
    know,
    mails,
    open_,
    owed,
    report_file,
)
from tests.tasks.reading import parsed, part

OPENED = at(2024, 5, 6)
DAY = date(2024, 5, 20)  # on which the successors act
PASSED = at(2024, 5, 20, 8, 30)
DUE = date(2024, 6, 3)
RULE = "Nghị quyết 1/NQ-HĐND"
CODE = "kl-1/bao-cao/{}"
SO_D, SO_E = (a_unit(code, begins="2024-05-20") for code in ("so-d", "so-e"))
GONE = {"reason": "Không thuộc chức năng."}


def ends(code: str, successor: str = "", **fields: str) -> dict[str, str]:
    """A row of the succession: the unit ends before 20/5/2024, in its successor if it has one."""
    kind = "merge" if successor else "end"
    return {
        "code": code, "successor": successor, "successor_province": "", "day": "2024-05-20",
        "kind": kind, "rule": RULE,
    } | fields  # fmt: skip


def with_links(rows: Iterable[Mapping[str, str]], *links: Mapping[str, str]) -> Register:
    groups = [{"phrase": "Các sở", "members": "so"}]
    return build(list(rows), groups, list(links))


def reorganise(db: Database, *links: Mapping[str, str], units: Any = ()) -> list[Change]:
    """What the secretariat does on the day: imports the register with its succession."""
    rows = [OFFICE, SO_A, SO_B, SO_C, *units]
    with db.write() as session:
        return import_register(session, SMALL, with_links(rows, *links), DAY)


def passing(db: Database, as_of: datetime = PASSED) -> Passing:
    with db.write() as session:
        return pass_on(session, vietnam(), as_of)


def given(db: Database, unit: str, payload: Any = A_REPORT, *, decline: bool = False) -> None:
    answer(db, CODE.format(unit), payload, at(2024, 5, 10), decline=decline)


def task(db: Database, unit: str) -> Obligation:
    with db.read() as session:
        return owed(session, CODE.format(unit))


def asked(db: Database) -> list[str]:
    """Who has a task in the round, in the order of making."""
    with db.read() as session:
        codes = session.exec(select(Obligation.code).order_by(col(Obligation.id)))
        return [code.rsplit("/")[-1] for code in codes]


def handed(db: Database) -> set[tuple[str, str]]:
    """Which unit's task went over into which one's."""
    with db.read() as session:
        codes = dict(session.exec(select(Obligation.id, Obligation.code)).all())
        rows = session.exec(select(Handover)).all()
    found = [(codes[row.from_id], codes[row.to_id]) for row in rows]
    assert len(found) == len(set(found))
    return {(old.rsplit("/")[-1], new.rsplit("/")[-1]) for old, new in found}


def everything(db: Database) -> dict[str, list[Any]]:
    def rows(session: Session, table: type[SQLModel]) -> list[Any]:
        return [r.model_dump() for r in session.exec(select(table).order_by(table.id))]  # type: ignore[attr-defined]

    with db.read() as session:
        return {t.__name__: rows(session, t) for t in (Obligation, Handover, Message)}


def count(db: Database, table: type[SQLModel]) -> int:
    with db.read() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def opening_mails(db: Database, unit: str) -> list[Message]:
    id_ = task(db, unit).id
    with db.read() as session:
        return [m for m in mails(session, Purpose.OPEN) if m.obligation_id == id_]


def statuses(db: Database, as_of: datetime) -> dict[str, Status]:
    with db.read() as session:
        found = board(session, lookup.directive(session, "kl-1"), as_of)
    return {line.unit_code: line.status for line in found}


@pytest.fixture
def three(databases: Databases) -> Iterator[Database]:
    """so-a, so-b and so-c are asked on 6 May 2024 for a report by 3 June."""

    def fill(found: Database) -> None:
        with found.write() as session:
            know(session, OFFICE, SO_A, SO_B, SO_C)
            issue(session, report_file())
            open_(session, "kl-1", "bao-cao", OPENED)

    yield from databases.like(databases.template("three", fill, like=databases.migrated()))


class TestImporting:
    LINKS = (
        ends("so-a", "so-d", kind="rename"),
        ends("so-b", "so-d", kind="split"),
        ends("so-b", "so-c", kind="split"),
        ends("so-c", day="2025-01-01"),
    )
    SPLIT = (ends("so-b", "so-d", kind="split"), ends("so-b", "so-c", kind="split"))

    def test_keeps_every_link_with_day_kind_and_rule_and_ends_the_units(self, db: Database) -> None:
        reorganise(db, *self.LINKS, units=[SO_D])
        with db.read() as session:
            codes = dict(session.exec(select(Unit.id, Unit.code)).all())
            rows = session.exec(select(Succession).order_by(col(Succession.id))).all()
            kept = [(codes[r.unit_id], r.successor_id and codes[r.successor_id], r.kind, r.day)
                    for r in rows]  # fmt: skip
            assert kept == [
                ("so-a", "so-d", SuccessionKind.RENAME, DAY),
                ("so-b", "so-d", SuccessionKind.SPLIT, DAY),
                ("so-b", "so-c", SuccessionKind.SPLIT, DAY),
                ("so-c", None, SuccessionKind.END, date(2025, 1, 1)),
            ]
            assert {row.rule for row in rows} == {RULE}
            ended = {unit.code: unit.ends for unit in session.exec(select(Unit))}
        eve = date(2024, 5, 19)
        assert [ended[code] for code in ("so-a", "so-b", "so-c", "so-d")] == [
            eve, eve, date(2024, 12, 31), None,
        ]  # fmt: skip

    def test_tells_beforehand_what_it_does_and_then_has_nothing_to_do(
        self, three: Database
    ) -> None:
        wanted = with_links([OFFICE, SO_A, SO_B, SO_C, SO_D], *self.LINKS)
        with three.read() as session:
            preview = changes(session, SMALL, wanted, DAY)
        assert reorganise(three, *self.LINKS, units=[SO_D]) == preview
        told = {(c.kind, c.code): c.fields for c in preview}
        assert told["succession", "so-b"] == (("successors", "", "so-d; so-c"),)
        assert told["succession", "so-c"] == (("successors", "", "—"),)
        assert told["changed", "so-a"] == (("ends", "", "2024-05-19"),)
        assert ("added", "so-d") in told
        assert reorganise(three, *self.LINKS, units=[SO_D]) == []
        assert count(three, Succession) == len(self.LINKS)

    def test_of_another_successor_replaces_the_first(self, three: Database) -> None:
        reorganise(three, ends("so-a", "so-b"))
        (made,) = reorganise(three, ends("so-a", "so-c"))
        assert made.fields == (("successors", "so-b", "so-c"),)
        with three.read() as session:
            found = load_register(session, SMALL).heirs("so-a", DAY)
        assert [heir.code for heir in found] == ["so-c"]

    def test_keeps_what_a_file_leaves_out(self, three: Database) -> None:
        """A unit that ended is often no longer in the file."""
        reorganise(three, ends("so-a", "so-b"))
        with three.write() as session:
            left = a_register(OFFICE, SO_B, SO_C)
            assert import_register(session, SMALL, left, date(2024, 12, 1)) == []
        with three.read() as session:
            found = load_register(session, SMALL).heirs("so-a", date(2025, 1, 1))
        assert [heir.code for heir in found] == ["so-b"]

    def test_waits_for_the_province_that_the_successors_are_of(self, db: Database) -> None:
        away = ends("so-a", "so-d", successor_province="Nơi Khác")
        with pytest.raises(RegisterError) as caught:
            reorganise(db, away)
        (fault,) = caught.value.faults
        assert (fault.field, fault.found) == ("successor", "noi-khac:so-d")
        assert count(db, Unit) == count(db, Succession) == 0
        with db.write() as session:
            import_register(session, "Nơi Khác", a_register(OFFICE, SO_D), DAY)
        reorganise(db, away)
        with db.read() as session:
            (heir,) = load_register(session, SMALL).heirs("so-a", DAY)
        assert heir.code == "noi-khac:so-d"


class TestPassingOn:
    def test_of_one_to_many(self, three: Database) -> None:
        links = [ends("so-a", code, kind="split") for code in ("so-d", "so-e")]
        reorganise(three, *links, units=[SO_D, SO_E])
        assert passing(three) == Passing(passed=1, made=2, lapsed=0)
        assert handed(three) == {("so-a", "so-d"), ("so-a", "so-e")}
        old = task(three, "so-a")
        assert (old.ending, old.ended_at) == (Ending.PASSED_ON, PASSED)
        for code in ("so-d", "so-e"):
            new = task(three, code)
            assert (new.due, new.opened_at, new.ending) == (DUE, PASSED, None)
            assert RULE in in_words(new.reason) and "Đơn vị so-a" in in_words(new.reason)

    def test_of_many_to_one_makes_one_task_with_each_reason(self, three: Database) -> None:
        reorganise(three, ends("so-a", "so-d"), ends("so-b", "so-d"), units=[SO_D])
        assert passing(three) == Passing(passed=2, made=1, lapsed=0)
        assert asked(three) == ["so-a", "so-b", "so-c", "so-d"]
        assert handed(three) == {("so-a", "so-d"), ("so-b", "so-d")}
        said = [row["unit"] for row in task(three, "so-d").reason if row["rule"] == "passed-on"]
        assert said == ["Đơn vị so-a", "Đơn vị so-b"]

    def test_to_one_that_was_asked_itself_makes_no_second_task(self, three: Database) -> None:
        reorganise(three, ends("so-a", "so-b"))
        late = at(2024, 5, 31)  # too late for five working days before its due date
        assert passing(three, late) == Passing(passed=1, made=0, lapsed=0)
        assert handed(three) == {("so-a", "so-b")}
        own = task(three, "so-b")
        assert (own.due, own.reason, own.opened_at) == (DUE, [], OPENED)
        assert len(opening_mails(three, "so-b")) == 1

    def test_through_a_chain_goes_to_the_living_end(self, three: Database) -> None:
        links = ends("so-a", "so-d"), ends("so-d", "so-e", day="2024-05-22")
        reorganise(three, *links, units=[SO_D, SO_E])
        assert passing(three, at(2024, 5, 23)) == Passing(passed=1, made=1, lapsed=0)
        assert handed(three) == {("so-a", "so-e")}

    def test_along_a_chain_goes_on_when_the_successor_ends(self, three: Database) -> None:
        links = ends("so-a", "so-d"), ends("so-d", "so-e", day="2024-05-22")
        reorganise(three, *links, units=[SO_D, SO_E])
        passing(three, at(2024, 5, 21))
        assert passing(three, at(2024, 5, 23)) == Passing(passed=1, made=1, lapsed=0)
        assert handed(three) == {("so-a", "so-d"), ("so-d", "so-e")}
        assert task(three, "so-d").ending is Ending.PASSED_ON
        assert task(three, "so-e").due == DUE

    def test_finds_nobody_after_an_end(self, three: Database) -> None:
        reorganise(three, ends("so-a"))
        assert passing(three) == Passing(passed=0, made=0, lapsed=1)
        assert task(three, "so-a").ending is Ending.LAPSED
        assert handed(three) == set()

    def test_waits_for_the_day(self, three: Database) -> None:
        reorganise(three, ends("so-a", "so-d"), units=[SO_D])
        assert passing(three, at(2024, 5, 19, 23, 59)) == Passing()
        assert passing(three, at(2024, 5, 20, 0, 0)).passed == 1

    def test_waits_for_a_successor_that_does_not_act_yet(self, three: Database) -> None:
        """so-a was dissolved on the 16th; so-d acts from the 20th on."""
        rows = [OFFICE, SO_A | {"ends": "2024-05-15"}, SO_B, SO_C, SO_D]
        with three.write() as session:
            import_register(session, SMALL, with_links(rows, ends("so-a", "so-d")), DAY)
        assert passing(three, at(2024, 5, 16)) == Passing()
        assert passing(three) == Passing(passed=1, made=1, lapsed=0)
        assert handed(three) == {("so-a", "so-d")}

    def test_leaves_what_is_no_longer_open(self, three: Database) -> None:
        given(three, "so-a")
        given(three, "so-b", GONE, decline=True)
        with three.write() as session:
            code = CODE.format("so-c")
            asking = reliefs.ask(session, code, ReliefKind.WAIVER, "Giải thể.", "văn thư", OPENED)
            assert asking.id is not None
            reliefs.decide(session, asking.id, True, "Chánh Văn phòng", "", vietnam(), OPENED)
        links = [ends(code, "so-d") for code in ("so-a", "so-b", "so-c")]
        reorganise(three, *links, units=[SO_D])
        before = everything(three)
        assert passing(three) == Passing()
        assert everything(three) == before

    def test_does_not_ask_again_where_the_successor_has_answered(self, three: Database) -> None:
        given(three, "so-b")
        reorganise(three, ends("so-a", "so-b"))
        assert passing(three) == Passing(passed=1, made=0, lapsed=0)
        assert statuses(three, PASSED)["so-b"] is Status.ON_TIME

    def test_takes_every_round_of_every_directive(self, three: Database) -> None:
        with three.write() as session:
            issue(session, report_file("kl-2"))
            open_(session, "kl-2", "bao-cao", OPENED)
        reorganise(three, ends("so-a", "so-d"), ends("so-b", "so-d"), units=[SO_D])
        assert passing(three) == Passing(passed=4, made=2, lapsed=0)
        with three.read() as session:
            assert owed(session, "kl-2/bao-cao/so-d").ending is None


class TestDueDate:
    @pytest.mark.parametrize(
        ("as_of", "due"),
        [
            (at(2024, 5, 20), DUE),
            (at(2024, 5, 27), DUE),  # five working days before it
            (at(2024, 5, 28), date(2024, 6, 4)),
            (at(2024, 6, 3, 23, 30), date(2024, 6, 10)),
            (at(2024, 7, 13), date(2024, 7, 19)),  # a Saturday, forty days late
        ],
    )
    def test_leaves_five_working_days_to_take_over(
        self, three: Database, as_of: datetime, due: date
    ) -> None:
        reorganise(three, ends("so-a", "so-d"), units=[SO_D])
        assert passing(three, as_of).made == 1
        found = task(three, "so-d")
        assert found.due == due
        assert (f"{due:%d/%m/%Y}" in in_words(found.reason)) is (due != DUE)
        assert task(three, "so-a").due == DUE

    def test_is_the_later_one_that_the_unit_was_given(self, three: Database) -> None:
        with three.write() as session:
            asking = reliefs.ask(
                session, CODE.format("so-a"), ReliefKind.EXTENSION, "Thiếu người.", "văn thư",
                OPENED, date(2024, 6, 20),
            )  # fmt: skip
            assert asking.id is not None
            reliefs.decide(session, asking.id, True, "Chánh Văn phòng", "", vietnam(), OPENED)
        reorganise(three, ends("so-a", "so-d"), units=[SO_D])
        passing(three)
        assert task(three, "so-d").due == date(2024, 6, 20)


class TestMail:
    def test_tells_the_successor_once_whose_task_it_is_and_by_when(self, three: Database) -> None:
        reorganise(three, ends("so-a", "so-d"), ends("so-b", "so-d"), units=[SO_D])
        passing(three, at(2024, 5, 31))
        (mail,) = opening_mails(three, "so-d")
        assert (mail.to_name, mail.to_email) == ("Đơn vị so-d", "vanthu@so-d.example")
        with three.read() as session:
            settings = Settings(mail_domain="dondoc.example")
            (raw,) = Composer(session, settings).compose([mail]).values()
        text = part(parsed(raw), "text/plain")
        for words in ("Đơn vị so-a", "Đơn vị so-b", RULE, "07/06/2024", CODE.format("so-d")):
            assert words in text
        assert "5 ngày làm việc" in text

    def test_goes_to_nobody_else(self, three: Database) -> None:
        before = count(three, Message)
        reorganise(three, ends("so-a", "so-d"), ends("so-c"), units=[SO_D])
        passing(three)
        assert count(three, Message) == before + 1


class TestAgain:
    LINKS = (ends("so-a", "so-d"), ends("so-b", "so-c"))

    @pytest.mark.parametrize("later", [timedelta(0), timedelta(days=1), timedelta(days=40)])
    def test_changes_nothing(self, three: Database, later: timedelta) -> None:
        reorganise(three, *self.LINKS, units=[SO_D])
        passing(three)
        before = everything(three)
        assert passing(three, PASSED + later) == Passing()
        assert everything(three) == before

    def test_forty_days_late_does_the_same(self, three: Database) -> None:
        reorganise(three, *self.LINKS, units=[SO_D])
        assert passing(three, PASSED + timedelta(days=40)) == Passing(passed=2, made=1, lapsed=0)
        assert handed(three) == {("so-a", "so-d"), ("so-b", "so-c")}

    def test_after_a_failure_does_it_whole(self, three: Database) -> None:
        reorganise(three, *self.LINKS, units=[SO_D])
        before = everything(three)

        def fail(session: Session) -> None:
            pass_on(session, vietnam(), PASSED)
            raise RuntimeError

        with pytest.raises(RuntimeError), three.write() as session:
            fail(session)
        assert everything(three) == before
        assert passing(three).passed == 2


class TestOpeningAfterTheDay:
    @pytest.fixture
    def later(self, db: Database) -> Database:
        with db.write() as session:
            know(session, OFFICE, SO_A, SO_B, SO_C)
            issue(session, report_file())
        links = ends("so-a", "so-d"), ends("so-b", "so-d"), ends("so-c", "so-e"), ends("so-e")
        rows = [SO_D, SO_E | {"groups": ""}]
        reorganise(db, *links[:3], units=rows)
        return db

    def test_asks_the_successors_and_says_in_whose_place(self, later: Database) -> None:
        with later.write() as session:
            open_(session, "kl-1", "bao-cao", at(2024, 5, 21))
        assert asked(later) == ["so-d", "so-e"]
        assert task(later, "so-d").reason == []  # it is of the group itself
        (reason,) = task(later, "so-e").reason
        assert reason == {
            "rule": "in-place-of", "units": "Đơn vị so-c", "day": "20/05/2024", "ground": RULE,
        }  # fmt: skip
        assert "Đơn vị so-c" in in_words([reason])
        assert passing(later, at(2024, 5, 21, 9)) == Passing()
        (mail,) = opening_mails(later, "so-e")
        with later.read() as session:
            (raw,) = Composer(session, Settings()).compose([mail]).values()
        assert "Đơn vị so-c" in part(parsed(raw), "text/plain")

    def test_states_how_the_bodies_changed(self, later: Database) -> None:
        with later.write() as session:
            found = open_(session, "kl-1", "bao-cao", at(2024, 5, 21))
            owner = lookup.directive(session, "kl-1")
            (change,) = changed_bodies(session, owner, found, at(2024, 5, 22))
        assert change == {
            "day": "20/05/2024",
            "rule": RULE,
            "ended": ["Đơn vị so-a", "Đơn vị so-b", "Đơn vị so-c"],
            "successors": ["Đơn vị so-d", "Đơn vị so-e"],
        }

    def test_closes_though_a_later_file_no_longer_has_the_round(self, three: Database) -> None:
        with three.write() as session:
            issue(session, report_file(rounds=[a_round("dot-khac")]))
            found = lookup.round_(session, "kl-1", "bao-cao")
            assert summarising.summarise(session, found, at(2024, 6, 10, 16)).figures["missing"]

    def test_states_no_change_before_the_day(self, three: Database) -> None:
        reorganise(three, ends("so-a", "so-d"), units=[SO_D])
        with three.read() as session:
            owner = lookup.directive(session, "kl-1")
            found = lookup.round_(session, "kl-1", "bao-cao")
            assert changed_bodies(session, owner, found, PASSED) == []  # opened before it


class TestHistory:
    @pytest.fixture
    def passed(self, three: Database) -> Database:
        """so-c has answered; so-a has passed its task to so-d, so-b found nobody."""
        given(three, "so-c")
        reorganise(three, ends("so-a", "so-d"), ends("so-b"), units=[SO_D])
        passing(three)
        return three

    def test_keeps_the_name_of_the_old_unit(self, passed: Database) -> None:
        with passed.read() as session:
            lines = board(session, lookup.directive(session, "kl-1"), PASSED)
        found = {line.code: (line.unit, line.status) for line in lines}
        assert found[CODE.format("so-a")] == ("Đơn vị so-a", Status.PASSED_ON)
        assert found[CODE.format("so-b")] == ("Đơn vị so-b", Status.LAPSED)
        assert found[CODE.format("so-d")][0] == "Đơn vị so-d"

    def test_of_an_earlier_instant_knows_of_no_succession(self, passed: Database) -> None:
        before = statuses(passed, PASSED - timedelta(hours=1))
        assert before == {"so-a": Status.OPEN, "so-b": Status.OPEN, "so-c": Status.ON_TIME}

    def test_expects_the_successors_and_not_what_is_gone(self, passed: Database) -> None:
        found = tally(statuses(passed, PASSED).values())
        counted = ("asked", "expected", "received", "missing", "passed_on", "lapsed")
        assert {name: found[name] for name in counted} == {
            "asked": 4, "expected": 2, "received": 1, "missing": 1, "passed_on": 1, "lapsed": 1,
        }  # fmt: skip

    def test_is_no_gap_in_the_summary(self, passed: Database) -> None:
        """Only who still owes is missing: nobody calls a unit that ended."""
        with passed.write() as session:
            found: Round = lookup.round_(session, "kl-1", "bao-cao")
            summary: Summary = summarising.summarise(session, found, at(2024, 6, 10, 16))
            missing = [line["unit"] for line in summary.figures["missing"]]
            assert summary.figures["tally"]["missing"] == 1
        assert missing == ["Đơn vị so-d"]


class TestProvincesThatMerge:
    """`SMALL` goes over into Nơi Khác, which has units of the same codes and names."""

    @pytest.fixture
    def neighbours(self, db: Database) -> Database:
        with db.write() as session:
            import_register(session, "Nơi Khác", a_register(OFFICE, SO_A, SO_B), ISSUED.date())
            know(session, OFFICE, SO_A, SO_B)
            named = a_round(units=["Đơn vị so-a"], units_of=None)
            rounds = [a_round(), named | {"code": "rieng"}]
            issue(session, a_file(rounds=rounds))
            issue(session, a_file("kl-2", province="Nơi Khác"))
        return db

    def join(self, db: Database) -> None:
        links = [
            ends(code, code, successor_province="Nơi Khác")
            for code in ("van-phong", "so-a", "so-b")
        ]
        with db.write() as session:
            import_register(session, SMALL, with_links([OFFICE, SO_A, SO_B], *links), DAY)

    def units_asked(self, session: Session, code: str) -> set[tuple[str, str]]:
        """The province and code of each unit with a task whose code begins so."""
        rows = session.exec(
            select(Unit.province, Unit.code, Obligation.code).join(
                Obligation, col(Obligation.unit_id) == col(Unit.id)
            )
        )
        return {(province, unit) for province, unit, owed in rows if owed.startswith(f"{code}/")}

    def test_pass_their_tasks_on_without_a_clash_of_codes(self, neighbours: Database) -> None:
        with neighbours.write() as session:
            open_(session, "kl-1", "bao-cao", OPENED)
            open_(session, "kl-2", "bao-cao", OPENED)
        self.join(neighbours)
        assert passing(neighbours) == Passing(passed=2, made=2, lapsed=0)
        with neighbours.read() as session:
            assert self.units_asked(session, "kl-1/bao-cao") == {
                (SMALL, "so-a"), (SMALL, "so-b"), ("Nơi Khác", "so-a"), ("Nơi Khác", "so-b"),
            }  # fmt: skip
            assert self.units_asked(session, "kl-2/bao-cao") == {
                ("Nơi Khác", "so-a"), ("Nơi Khác", "so-b"),
            }  # fmt: skip
            assert owed(session, "kl-1/bao-cao/noi-khac:so-a").ending is None
        with neighbours.write() as session:
            made = open_(session, "kl-1", "rieng", at(2024, 5, 21))
            assert made.opened_at is not None
        with neighbours.read() as session:
            assert self.units_asked(session, "kl-1/rieng") == {("Nơi Khác", "so-a")}

    def test_keep_their_names_apart_before_the_day(self, neighbours: Database) -> None:
        """A name that both have means the unit of the directive's own province."""
        self.join(neighbours)
        with neighbours.write() as session:
            open_(session, "kl-1", "rieng", OPENED)
        with neighbours.read() as session:
            assert self.units_asked(session, "kl-1/rieng") == {(SMALL, "so-a")}

    def test_do_not_touch_the_names_of_a_third(self, neighbours: Database) -> None:
        self.join(neighbours)
        with neighbours.write() as session:
            import_register(session, "Thứ Ba", a_register(OFFICE, SO_A), ISSUED.date())
            found = load_register(session, "Thứ Ba").expand("Đơn vị so-a", DAY)
        assert [unit.code for unit in found] == ["so-a"]
