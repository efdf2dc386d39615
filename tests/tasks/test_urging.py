"""The letter that urges: who is late that day, what was sent to remind them, and who signs."""

from datetime import date, datetime
from pathlib import Path

import pytest
import typer
from docx import Document
from typer.testing import CliRunner

from dondoc import commands_letter
from models.calendar import vietnam
from models.database import Database
from models.errors import UnknownName
from models.words import MessageState, Regime, Stage
from tasks import lookup, outbox, summarising
from tasks.official_letter import Letter
from tasks.reminding import remind
from tasks.urging import urging_letter
from tests.tasks.office import (
    A_REPORT,
    OFFICE,
    SO_A,
    SO_B,
    SO_C,
    a_round,
    a_unit,
    answer,
    at,
    in_force,
    issue,
    know,
    open_,
    report_file,
)
from tests.tasks.post import lease_oldest

OPENED, DUE, LATE = at(2024, 5, 6), at(2024, 6, 3, 23), at(2024, 6, 4)
CODE = "kl-1/bao-cao/so-{}"


def urging(db: Database, as_of: datetime = LATE, issuer: str | None = None) -> Letter | None:
    with db.read() as session:
        return urging_letter(session, lookup.directive(session, "kl-1"), as_of, issuer)


def letter(db: Database, as_of: datetime = LATE, issuer: str | None = None) -> Letter:
    found = urging(db, as_of, issuer)
    assert found is not None
    return found


def reminded(db: Database, as_of: datetime, state: MessageState = MessageState.SENT) -> None:
    """The reminders of a day, and what became of them."""
    with db.write() as session:
        remind(session, vietnam(), as_of)
    with db.write() as session:
        mails = lease_oldest(session, 100, as_of)
        outcomes = [outbox.Outcome(mail.id, mail.attempts, state, "250") for mail in mails]
        outbox.record(session, outcomes, as_of)


class TestWhoIsLate:
    def test_nobody_is_until_the_due_date_is_over(self, asking: Database) -> None:
        assert urging(asking, DUE) is None
        assert letter(asking, LATE).bodies == ["Đơn vị so-a", "Đơn vị so-b"]

    def test_is_not_who_answered_or_declined(self, asking: Database) -> None:
        answer(asking, CODE.format("a"), A_REPORT, at(2024, 6, 5))
        reason = {"reason": "Không thuộc chức năng."}
        answer(asking, CODE.format("b"), reason, at(2024, 6, 6), decline=True)
        assert len(letter(asking, LATE).bodies) == 2  # nothing had come that day
        assert letter(asking, at(2024, 6, 5, 9)).bodies == ["Đơn vị so-b"]
        assert urging(asking, at(2024, 6, 7)) is None

    def test_stays_late_when_the_round_has_closed(self, asking: Database) -> None:
        with asking.write() as session:
            found = lookup.round_(session, "kl-1", "bao-cao")
            summarising.summarise(session, found, at(2024, 6, 10))
        item, _other = letter(asking, at(2024, 6, 24)).late
        assert (item.due, item.days, item.stage) == (date(2024, 6, 3), 21, Stage.REPORTING)

    def test_comes_once_with_all_it_owes_the_longest_overdue_first(self, db: Database) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A, SO_B)
            early = a_round(
                "ke-hoach", title="Kế hoạch", stage="planning", when={"on": "2024-05-20"}
            )
            issue(session, report_file(rounds=[early, a_round()]))
            open_(session, "kl-1", "ke-hoach", OPENED)
            open_(session, "kl-1", "bao-cao", OPENED)
        assert [(item.unit[-4:], item.asked, item.days) for item in letter(db).late] == [
            ("so-a", "Kế hoạch", 15), ("so-a", "Báo cáo", 1),
            ("so-b", "Kế hoạch", 15), ("so-b", "Báo cáo", 1),
        ]  # fmt: skip


class TestReminders:
    def test_are_the_days_on_which_mail_was_sent(self, asking: Database) -> None:
        reminded(asking, at(2024, 5, 31, 8, 30))
        reminded(asking, at(2024, 6, 3, 8, 30), MessageState.FAILED)
        reminded(asking, at(2024, 6, 4, 8, 30))
        days = (date(2024, 5, 31), date(2024, 6, 4))
        assert [item.reminded for item in letter(asking, at(2024, 6, 5)).late] == [days, days]

    def test_of_later_days_are_not_known_yet(self, asking: Database) -> None:
        reminded(asking, at(2024, 5, 31, 8, 30))
        reminded(asking, at(2024, 6, 6, 8, 30))
        assert letter(asking, LATE).late[0].reminded == (date(2024, 5, 31),)


class TestIssuer:
    @pytest.fixture
    def overseen(self, db: Database) -> Database:
        """Two rounds overseen by so-c, who is asked too, and one by the inspectorate."""
        chief = a_unit("thanh-tra", name="Thanh tra tỉnh", head="Chánh Thanh tra tỉnh")
        rounds = [
            a_round(code, overseer=overseer)
            for code, overseer in (
                ("mot", "Thanh tra tỉnh"), ("hai", "Đơn vị so-c"), ("ba", "Đơn vị so-c"),
            )
        ]  # fmt: skip
        with db.write() as session:
            know(session, OFFICE, SO_A, SO_C, chief)
            issue(session, report_file(rounds=rounds))
            for code in ("mot", "hai", "ba"):
                open_(session, "kl-1", code, OPENED)
        return db

    def test_oversees_most_of_the_late_rounds_and_does_not_write_to_itself(
        self, overseen: Database
    ) -> None:
        found = letter(overseen)
        assert found.issuer.name == "Đơn vị so-c"
        assert found.bodies == ["Đơn vị so-a"]

    def test_may_be_named_by_name_or_code(self, overseen: Database) -> None:
        for name in ("thanh tra tỉnh", "thanh-tra"):
            found = letter(overseen, issuer=name)
            assert found.issuer.capacity == ("Chánh Thanh tra",)
            assert found.issuer.reports_to == "Đơn vị van-phong"
            assert set(found.bodies) == {"Đơn vị so-a", "Đơn vị so-c"}

    def test_is_a_single_body_of_the_register(self, overseen: Database) -> None:
        for name in ("Sở Không Có", "Các sở"):
            with pytest.raises(UnknownName, match=name):
                letter(overseen, issuer=name)

    def test_is_the_body_above_all_where_nobody_oversees(self, asking: Database) -> None:
        found = letter(asking).issuer
        assert (found.name, found.regime) == ("Đơn vị van-phong", Regime.STATE)


def test_asks_for_an_answer_within_five_working_days(asking: Database) -> None:
    assert letter(asking, at(2024, 6, 7)).answer_by == date(2024, 6, 14)
    assert letter(asking, at(2024, 8, 29)).answer_by == date(2024, 9, 9)  # past 2 September


def test_cites_the_directive_in_full_once(asking: Database) -> None:
    cited = letter(asking).directive
    assert cited.full == ("Kết luận số KL-1/TU ngày 26 tháng 02 năm 2024 của Tỉnh ủy về thử nghiệm")
    assert (cited.short, cited.kind) == ("Kết luận số KL-1/TU", "Kết luận")


class TestCommand:
    def run(self, db: Database, *arguments: object) -> tuple[int, str]:
        app = typer.Typer()
        commands_letter.add_to(app)
        with in_force(db, DONDOC_LANG="en"):
            done = CliRunner().invoke(app, ["kl-1", *map(str, arguments)])
        return done.exit_code, done.output

    def test_writes_the_letter(self, asking: Database, tmp_path: Path) -> None:
        out = tmp_path / "letter.docx"
        code, shown = self.run(asking, "--out", out, "--as-of", "2024-06-04")
        assert code == 0
        assert "2" in shown.replace(str(out), "")
        assert Document(str(out)).tables[-1].rows[1].cells[1].text == "Đơn vị so-a"

    def test_writes_nothing_where_nobody_is_late(self, asking: Database, tmp_path: Path) -> None:
        out = tmp_path / "letter.docx"
        code, shown = self.run(asking, "--out", out, "--as-of", "2024-06-03")
        assert code == 4
        assert "03/06/2024" in shown
        assert not out.exists()

    def test_knows_no_other_issuer(self, asking: Database, tmp_path: Path) -> None:
        out = tmp_path / "letter.docx"
        arguments = ("--out", out, "--as-of", "2024-06-04", "--issuer", "Sở Không Có")
        code, shown = self.run(asking, *arguments)
        assert code == 4
        assert "Sở Không Có" in shown
