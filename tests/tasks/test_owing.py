"""All that a unit owes: open by date, what is over, what is announced; as of any instant."""

from datetime import timedelta

from sqlmodel import Session

from models.calendar import vietnam
from models.database import Database
from models.words import Ending, ReliefKind, Status
from tasks import lookup, summarising
from tasks.lookup import id_of
from tasks.owing import OVER_DAYS, AllOwed, all_owed, coming
from tasks.reliefs import ask, decide
from tests.tasks.office import A_REPORT, a_round, answer, at, issue, open_, owed, report_file

NOW = at(2024, 5, 7)
A, B = "kl-1/bao-cao/so-a", "kl-2/bao-cao/so-a"


def so_a(session: Session) -> int:
    return id_of(lookup.unit(session, "so-a"))


def owes(db: Database, as_of: object = NOW) -> AllOwed:
    with db.read() as session:
        return all_owed(session, so_a(session), as_of)  # type: ignore[arg-type]


def another(session: Session, due: str = "2024-05-20") -> None:
    """A second directive asks so-a too, by an earlier day."""
    issue(session, report_file("kl-2", rounds=[a_round(when={"on": due})], indicators=[]))
    open_(session, "kl-2", "bao-cao", at(2024, 5, 6))


class TestWhatIsOpen:
    def test_is_listed_over_all_directives_by_date(self, asking: Database) -> None:
        with asking.write() as session:
            another(session)
        found = owes(asking, at(2024, 5, 22))
        assert [(line.code, line.status) for line in found.open] == [
            (B, Status.OVERDUE), (A, Status.OPEN)
        ]  # fmt: skip
        assert (found.unit, found.over) == ("Đơn vị so-a", [])
        late = found.open[0]
        assert (late.directive, late.title, late.days_overdue) == ("KL-2/TU", "Báo cáo", 2)
        assert "20/05/2024" in " ".join(late.reason)

    def test_is_nothing_before_it_was_asked(self, asking: Database) -> None:
        assert owes(asking, at(2024, 5, 5)).open == []

    def test_stays_for_a_year_after_its_round_has_closed(self, asking: Database) -> None:
        closed = at(2024, 6, 10)
        with asking.write() as session:
            summarising.summarise(session, lookup.round_(session, "kl-1", "bao-cao"), closed)
        for days, open_now in ((1, [A]), (OVER_DAYS + 1, [])):
            found = owes(asking, closed + timedelta(days=days))
            assert [line.code for line in found.open] == open_now
            assert found.over == []


class TestWhatIsOver:
    def test_is_what_was_answered_or_let_off_the_newest_first(self, asking: Database) -> None:
        with asking.write() as session:
            another(session)
            asked = ask(session, A, ReliefKind.WAIVER, "Thiếu người.", "x", at(2024, 5, 8))
            decide(session, id_of(asked), True, "Chánh", "", vietnam(), at(2024, 5, 9))
        answer(asking, B, {"narrative": "Xong."}, at(2024, 5, 10))
        found = owes(asking, at(2024, 5, 11))
        assert found.open == []
        assert [(line.code, line.status, line.ending) for line in found.over] == [
            (B, Status.ON_TIME, None), (A, Status.WAIVED, Ending.WAIVED)
        ]  # fmt: skip
        assert [line.code for line in owes(asking, at(2024, 5, 9)).over] == [A]
        assert owes(asking, at(2024, 5, 11) + timedelta(days=OVER_DAYS)).over == []

    def test_is_not_over_before_it_was(self, asking: Database) -> None:
        answer(asking, A, A_REPORT, at(2024, 5, 10))
        (line,) = owes(asking, at(2024, 5, 9)).open
        assert (line.over_at, line.status) == (None, Status.OPEN)


class TestWhatIsComing:
    def test_is_a_binding_round_of_the_next_weeks_that_asks_the_unit(
        self, asking: Database
    ) -> None:
        rounds = [
            a_round("bao-cao", when={"on": "2024-07-01"}),
            a_round("cua-so-b", units_of=[], units=["so-b"], when={"on": "2024-07-01"}),
            a_round("sau-nay", when={"on": "2025-07-01"}),
        ]
        with asking.write() as session:
            issue(session, report_file("kl-2", rounds=rounds, indicators=[]))
        with asking.read() as session:
            opens = lookup.round_(session, "kl-2", "bao-cao").opens
            before = at(opens.year, opens.month, opens.day) - timedelta(days=10)
            (found,) = coming(session, so_a(session), before)
            assert (found.directive, found.title, found.opens) == ("KL-2/TU", "Báo cáo", opens)
            assert coming(session, so_a(session), before - timedelta(days=60)) == []

    def test_is_no_longer_announced_once_it_is_asked(self, asking: Database) -> None:
        with asking.read() as session:
            assert owed(session, A)
            opens = lookup.round_(session, "kl-1", "bao-cao").opens
            day = at(opens.year, opens.month, opens.day)
            assert coming(session, so_a(session), day) == []
