"""A unit's answer: recorded or refused, always kept, its receipt queued with it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from sqlmodel import Session, col, select

from models.database import Database
from models.directive import Indicator
from models.errors import UnknownName
from models.i18n import speaking
from models.mail import Message
from models.round import IndicatorValue, Obligation, Submission
from models.words import Purpose, Status, SubmissionKind, Verdict
from tasks import lookup
from tasks.answering import Recorded, record_answer
from tasks.boards import board
from tests.tasks import office
from tests.tasks.office import (
    A_REPORT,
    OFFICE,
    SO_A,
    a_round,
    at,
    figures,
    issue,
    know,
    open_,
    owed,
    report_file,
)

IN_TIME = at(2024, 5, 20, 15, 30)
CODE = "kl-1/bao-cao/so-a"
EVIDENCE = [{"document": "12/BC", "issued": "2024-05-20"}]
OTHER_STAGES: dict[str, tuple[SubmissionKind, dict[str, Any]]] = {
    "dissemination": (
        SubmissionKind.ACKNOWLEDGEMENT,
        {"received_on": "2024-05-07", "brought_to_staff": "Họp cơ quan."},
    ),
    "planning": (
        SubmissionKind.ACTION_PLAN,
        {"rows": [{"measure": "1", "product": "KH", "who": "VP", "by": "2024-12-01"}]},
    ),
    "execution": (
        SubmissionKind.PROGRESS,
        {"percent": 100, "narrative": "Xong.", "evidence": EVIDENCE},
    ),
}


def answer(
    db: Database, payload: Any, as_of: datetime = IN_TIME, *, decline: bool = False
) -> Recorded:
    return office.answer(db, CODE, payload, as_of, decline=decline)


def submissions(session: Session) -> list[Submission]:
    return list(session.exec(select(Submission).order_by(col(Submission.version))))


def mails(session: Session) -> list[Message]:
    return office.mails(session, Purpose.RECEIPT, Purpose.REFUSAL)


def status_of(session: Session, as_of: datetime) -> Status:
    lines = board(session, lookup.directive(session, "kl-1"), as_of)
    return next(line.status for line in lines if line.code == CODE)


class TestAccepting:
    def test_records_the_answer_and_its_receipt(self, asking: Database) -> None:
        assert answer(asking, A_REPORT) == Recorded(CODE, 1, Verdict.ACCEPTED, ())
        with asking.read() as session:
            (given,) = submissions(session)
            assert (given.kind, given.verdict, given.version) == ("report", "accepted", 1)
            assert (given.received_at, given.sender) == (IN_TIME, "văn thư")
            assert (given.payload, given.faults) == (A_REPORT, [])
            assert owed(session, CODE).answered_at == IN_TIME
            (mail,) = mails(session)
            assert (mail.purpose, mail.template) == (Purpose.RECEIPT, "receipt")
            assert (mail.to_email, mail.queued_at) == ("vanthu@so-a.example", IN_TIME)
            assert (mail.context["version"], mail.context["late_days"]) == (1, 0)
            assert status_of(session, IN_TIME) is Status.ON_TIME

    def test_keeps_each_figure_in_the_parts_of_its_kind(self, asking: Database) -> None:
        answer(asking, A_REPORT)
        with asking.read() as session:
            rows = session.exec(
                select(Indicator.code, IndicatorValue).join(
                    IndicatorValue, col(IndicatorValue.indicator_id) == col(Indicator.id)
                )
            ).all()
            found = {
                code: value.model_dump(exclude={"submission_id", "indicator_id"}, exclude_none=True)
                for code, value in rows
            }
        assert found == {
            "co-ke-hoach": {"yes": True},
            "so-cuoc": {"number": 3.0},
            "ty-le": {"numerator": 9.0, "denominator": 10.0},
            "kinh-phi": {"number": 1_500_000.0},
            "kho-khan": {"text": "Thiếu người."},
        }

    @pytest.mark.parametrize(("left_out", "kept"), [("kho_khan", 4), ("kinh_phi", 4)])
    def test_takes_no_figure_for_what_was_left_out(
        self, asking: Database, left_out: str, kept: int
    ) -> None:
        assert answer(asking, figures(**{left_out: None})).verdict is Verdict.ACCEPTED
        with asking.read() as session:
            assert len(session.exec(select(IndicatorValue)).all()) == kept

    def test_of_nothing_to_report_has_no_figures(self, asking: Database) -> None:
        done = answer(asking, {"nothing_to_report": "Không phát sinh."})
        assert done.verdict is Verdict.ACCEPTED
        with asking.read() as session:
            assert session.exec(select(IndicatorValue)).all() == []

    def test_late_says_by_how_many_days(self, asking: Database) -> None:
        early_on_the_sixth = at(2024, 6, 6, 0, 30)  # in UTC it is still the fifth
        answer(asking, A_REPORT, early_on_the_sixth)
        with asking.read() as session:
            assert mails(session)[0].context["late_days"] == 3
            assert status_of(session, early_on_the_sixth) is Status.LATE

    @pytest.mark.parametrize("stage", OTHER_STAGES)
    def test_takes_what_each_stage_asks(self, db: Database, stage: str) -> None:
        kind, payload = OTHER_STAGES[stage]
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, report_file(rounds=[a_round(stage=stage)]))
            open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
        assert answer(db, payload).verdict is Verdict.ACCEPTED
        with db.read() as session:
            assert [given.kind for given in submissions(session)] == [kind]


class TestRefusing:
    WRONG = figures(ty_le={"numerator": 11, "denominator": 10})

    def test_keeps_the_answer_with_its_faults_and_tells_the_unit(self, asking: Database) -> None:
        done = answer(asking, self.WRONG)
        assert (done.verdict, done.version) == (Verdict.REFUSED, 1)
        assert [fault.field for fault in done.faults] == ["values.ty-le"]
        with asking.read() as session:
            (given,) = submissions(session)
            assert (given.verdict, given.payload) == (Verdict.REFUSED, self.WRONG)
            assert [fault["field"] for fault in given.faults] == ["values.ty-le"]
            assert owed(session, CODE).answered_at is None
            assert session.exec(select(IndicatorValue)).all() == []
            (mail,) = mails(session)
            assert (mail.purpose, mail.to_email) == (Purpose.REFUSAL, "vanthu@so-a.example")
            assert len(mail.context["faults"]) == 1
            assert status_of(session, IN_TIME) is Status.OPEN

    def test_speaks_to_the_caller_and_to_the_unit_each_in_its_language(
        self, asking: Database
    ) -> None:
        with speaking("en"):
            done = answer(asking, self.WRONG)
        with asking.read() as session:
            told = mails(session)[0].context["faults"][0]["message"]
        assert done.faults[0].message.isascii()
        assert not told.isascii()

    def test_names_every_fault(self, asking: Database) -> None:
        done = answer(asking, {"values": {"so-cuoc": -1, "la": 1}, "them": 1})
        assert {fault.field for fault in done.faults} == {
            "them", "narrative", "values.la", "values.co-ke-hoach", "values.so-cuoc",
            "values.ty-le",
        }  # fmt: skip

    @pytest.mark.parametrize("code", ["kl-1/bao-cao/so-c", "kl-1/bao-cao", ""])
    def test_knows_no_obligation_of_that_name(self, asking: Database, code: str) -> None:
        with pytest.raises(UnknownName), asking.write() as session:
            record_answer(session, code, A_REPORT, "văn thư", IN_TIME)
        with asking.read() as session:
            assert (submissions(session), mails(session)) == ([], [])


class TestCorrecting:
    def test_makes_a_version_and_keeps_the_date_of_the_first(self, asking: Database) -> None:
        answer(asking, A_REPORT)
        done = answer(asking, figures(so_cuoc=5), at(2024, 6, 10))
        assert done == Recorded(CODE, 2, Verdict.ACCEPTED, ())
        with asking.read() as session:
            assert owed(session, CODE).answered_at == IN_TIME
            assert [s.payload["values"]["so-cuoc"] for s in submissions(session)] == [3, 5]
            assert [mail.context["version"] for mail in mails(session)] == [1, 2]
            assert status_of(session, at(2024, 6, 10)) is Status.ON_TIME

    def test_of_a_refused_answer_dates_from_the_accepted_one(self, asking: Database) -> None:
        answer(asking, TestRefusing.WRONG)
        assert answer(asking, A_REPORT, at(2024, 6, 4)).version == 2
        with asking.read() as session:
            assert owed(session, CODE).answered_at == at(2024, 6, 4)

    def test_badly_does_not_undo_the_answer(self, asking: Database) -> None:
        answer(asking, A_REPORT)
        answer(asking, TestRefusing.WRONG, at(2024, 5, 21))
        with asking.read() as session:
            assert owed(session, CODE).answered_at == IN_TIME
            assert status_of(session, at(2024, 5, 21)) is Status.ON_TIME
            assert [m.purpose for m in mails(session)] == [Purpose.RECEIPT, Purpose.REFUSAL]

    def test_by_two_at_once_makes_two_versions(self, asking: Database) -> None:
        """A button pressed twice: neither answer is lost, neither fails."""
        start = Barrier(2)

        def press(number: int) -> int:
            start.wait()
            return answer(asking, figures(so_cuoc=number)).version

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(press, [1, 2])) == [1, 2]


class TestDeclining:
    REASON = {"reason": "Không thuộc chức năng của đơn vị."}  # noqa: RUF012 not changed

    def test_is_no_answer_and_no_silence(self, asking: Database) -> None:
        done = answer(asking, self.REASON, decline=True)
        assert (done.version, done.verdict) == (1, Verdict.ACCEPTED)
        with asking.read() as session:
            (given,) = submissions(session)
            assert (given.kind, given.payload) == (SubmissionKind.DECLINE, self.REASON)
            assert owed(session, CODE).answered_at is None
            (mail,) = mails(session)
            assert (mail.purpose, mail.context["declined"]) == (Purpose.RECEIPT, True)
            assert status_of(session, IN_TIME) is Status.DECLINED

    @pytest.mark.parametrize("payload", [{}, {"reason": "  "}, {"reason": 1}, A_REPORT])
    def test_without_a_reason_is_refused_and_the_task_stays(
        self, asking: Database, payload: dict[str, Any]
    ) -> None:
        assert answer(asking, payload, decline=True).verdict is Verdict.REFUSED
        with asking.read() as session:
            assert mails(session)[0].purpose is Purpose.REFUSAL
            assert status_of(session, IN_TIME) is Status.OPEN

    def test_gives_way_to_an_answer_after_all(self, asking: Database) -> None:
        answer(asking, self.REASON, decline=True)
        answer(asking, A_REPORT, at(2024, 6, 4))
        with asking.read() as session:
            assert status_of(session, at(2024, 6, 3)) is Status.DECLINED
            assert status_of(session, at(2024, 6, 4, 9)) is Status.LATE


class TestOneTransaction:
    def test_leaves_neither_answer_nor_receipt_when_it_fails(self, asking: Database) -> None:
        def fail(session: Session) -> None:
            record_answer(session, CODE, A_REPORT, "văn thư", IN_TIME)
            raise RuntimeError

        with pytest.raises(RuntimeError), asking.write() as session:
            fail(session)
        with asking.read() as session:
            assert (submissions(session), mails(session)) == ([], [])
            assert session.exec(select(Obligation.answered_at)).all() == [None, None]
