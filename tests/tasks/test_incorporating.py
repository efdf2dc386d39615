"""Lồng ghép: one report stands for several duties, each with a submission of its own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from sqlmodel import Session, col, select

from models.activity import Activity
from models.calendar import vietnam
from models.database import Database
from models.directive import Indicator
from models.errors import NotAllowed
from models.round import IndicatorValue, Submission
from models.words import Ending, Purpose, Quality, ReliefKind, Verdict
from tasks import appraising, lookup, reliefs
from tasks.answering import Recorded, record_answer
from tasks.incorporating import duties, served, sources
from tasks.lookup import id_of
from tasks.passages import passages as quoted
from tasks.summary_annex import annex
from tests.conftest import Databases
from tests.tasks.office import (
    OFFICE,
    SO_A,
    a_file,
    a_round,
    answer,
    at,
    issue,
    know,
    mails,
    open_,
    owed,
)
from tests.tasks.several_duties import (
    CASES,
    FULL,
    OTHER,
    SENT,
    SHORT,
    WIDER,
    a_full_report,
    fill,
)

LATER = at(2024, 5, 22)


@pytest.fixture
def several(databases: Databases) -> Iterator[Database]:
    yield from databases.like(databases.template("several", fill, like=databases.migrated()))


def report(
    db: Database, *covers: str, as_of: datetime = SENT, code: str = FULL, **values: Any
) -> Recorded:
    with db.write() as session:
        return record_answer(
            session, code, a_full_report(**values), "văn thư", as_of, covers=covers
        )


def offered(db: Database, code: str = FULL) -> dict[str, bool]:
    """What a report may stand for, and whether it does already."""
    with db.read() as session:
        found = duties(session, id_of(owed(session, code)), LATER)
        return {duty.code: duty.follows for duty in found}


def newest(session: Session, code: str) -> Submission:
    found = select(Submission).where(Submission.obligation_id == owed(session, code).id)
    return session.exec(found.order_by(col(Submission.version).desc())).all()[0]


def payload(db: Database, code: str) -> Any:
    """What the newest version says; nothing before the first."""
    with db.read() as session:
        found = select(Submission).where(Submission.obligation_id == owed(session, code).id)
        last = session.exec(found.order_by(col(Submission.version).desc())).first()
        return last.payload if last else None


class TestOfWhatIsOffered:
    def test_is_each_report_whose_figures_and_sections_are_all_in_it(
        self, several: Database
    ) -> None:
        assert offered(several) == {SHORT: False, OTHER: False}
        assert offered(several, SHORT) == {}  # it has no outline, and lacks the share
        assert offered(several, OTHER) == {SHORT: False}

    def test_is_not_what_was_answered_or_ended(self, several: Database) -> None:
        short = {"values": {"so-vu": 1}, "narrative": "Có."}
        assert answer(several, SHORT, short, SENT).verdict is Verdict.ACCEPTED
        reason = {"reason": "Không thuộc chức năng."}
        answer(several, OTHER, reason, SENT, decline=True)
        assert offered(several) == {}

    def test_is_what_was_given_back(self, several: Database) -> None:
        answer(several, SHORT, {"values": {"so-vu": 1}, "narrative": "Có."}, SENT)
        with several.write() as session:
            number = id_of(newest(session, SHORT))
            appraising.give_back(session, number, "Thiếu.", "Chánh VP", vietnam(), SENT)
        assert offered(several)[SHORT] is False

    def test_is_late_work_too(self, several: Database) -> None:
        with several.write() as session:
            late = owed(session, SHORT)
            late.ended_at, late.ending = LATER, Ending.CLOSED
        assert SHORT in offered(several)

    def test_is_not_the_report_of_another_time(self, db: Database) -> None:
        fill(db, when={"on": "2024-09-30"})
        assert offered(db) == {SHORT: False}


class TestCovering:
    def test_records_each_duty_with_its_own_figures_receipt_and_source(
        self, several: Database
    ) -> None:
        done = report(several, SHORT, OTHER)
        assert [one.obligation for one in done.covered] == [SHORT, OTHER]
        assert payload(several, OTHER) == {
            "values": {"vu-viec": 12},  # the money is in another unit
            "sections": {"ket-qua": "Đã xử lý 12 vụ."},
            "issued_as": {"document": "12/BC-SA", "issued": "2024-05-20"},
        }
        short = payload(several, SHORT)
        assert short["values"] == {"so-vu": 12}
        assert short["narrative"] == "Kết quả\nĐã xử lý 12 vụ.\n\nHạn chế\nThiếu người."
        with several.read() as session:
            for code in (SHORT, OTHER):
                assert owed(session, code).answered_at == SENT
                made = newest(session, code)
                (link,) = sources(session, [id_of(made)]).values()
                assert (link.code, link.version) == (FULL, 1)
            noted = session.exec(select(Activity).where(Activity.about == OTHER)).one()
            assert (noted.after or {})["taken_from"] == f"{FULL}#1"
            links = served(session, id_of(newest(session, FULL)))
            assert [(link.code, link.version) for link in links] == [(SHORT, 1), (OTHER, 1)]
            told = {mail.context["code"] for mail in mails(session, Purpose.RECEIPT)}
            assert told == {FULL, SHORT, OTHER}
            number = session.exec(
                select(IndicatorValue.number)
                .join(Indicator)
                .where(
                    IndicatorValue.submission_id == id_of(newest(session, OTHER)),
                    Indicator.code == "vu-viec",
                )
            ).one()
            assert number == 12

    def test_is_named_in_the_receipt_of_each_duty_and_in_the_annex(self, several: Database) -> None:
        report(several, SHORT)
        with several.read() as session:
            told = {m.context["code"]: m.context for m in mails(session, Purpose.RECEIPT)}
            assert told[FULL]["taken_from"] == ""
            assert told[SHORT]["taken_from"] == f"“Báo cáo” (KL-1/TU), số biên nhận {FULL}#1"
            rows = annex(session, lookup.round_(session, "kl-1", "nhanh"), LATER)["units"]
            (taken,) = (row["taken_from"] for row in rows if row["taken_from"])
            assert taken == f"lấy từ báo cáo “Báo cáo” (KL-1/TU), {FULL}, lần 1"

    def test_is_quoted_by_the_sections_of_the_report_where_the_duty_has_none(
        self, several: Database
    ) -> None:
        causes = "Nguyên nhân là biên chế chưa được giao đủ theo đề án. " * 8
        said = a_full_report() | {"sections": {"ket-qua": "Đã xử lý 12 vụ.", "han-che": causes}}
        with several.write() as session:
            record_answer(session, FULL, said, "văn thư", SENT, covers=[SHORT])
        with several.read() as session:
            found = quoted(session, lookup.round_(session, "kl-1", "nhanh"), LATER)
        told = {part: [(p["section"], p["text"][:15]) for p in found[part]] for part in found}
        assert told == {
            "results": [("Kết quả", "Đã xử lý 12 vụ.")],
            "limitations": [("Hạn chế", causes[:15])],
        }

    def test_of_two_reports_by_two_clerks_at_once_loses_neither(self, db: Database) -> None:
        """Each covers the other: whoever comes second is told so, or corrects."""
        same = [a_round(code, indicators=["so-vu"]) for code in ("mot", "hai")]
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, a_file(indicators=[CASES], rounds=same))
            for code in ("mot", "hai"):
                open_(session, "kl-1", code, at(2024, 5, 6))
        codes, start = ["kl-1/mot/so-a", "kl-1/hai/so-a"], Barrier(2)

        def send(mine: str, other: str) -> str:
            said = {"values": {"so-vu": 3}, "narrative": "Đã làm."}
            start.wait()
            try:
                with db.write() as session:
                    record_answer(session, mine, said, "văn thư", SENT, covers=[other])
            except NotAllowed:
                return "told"
            return "recorded"

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(send, codes, reversed(codes)))
        assert "recorded" in done
        assert payload(db, codes[0])["values"] == payload(db, codes[1])["values"] == {"so-vu": 3}

    def test_nothing_to_report_is_nothing_in_every_duty(self, several: Database) -> None:
        with several.write() as session:
            nothing = {"nothing_to_report": "Không phát sinh."}
            record_answer(session, FULL, nothing, "văn thư", SENT, covers=[OTHER])
        assert payload(several, OTHER) == {"nothing_to_report": "Không phát sinh."}

    def test_is_held_to_the_rules_of_each_duty(self, several: Database) -> None:
        done = report(several, SHORT, OTHER, so_vu=101)
        assert done.verdict is Verdict.ACCEPTED
        assert [one.verdict for one in done.covered] == [Verdict.ACCEPTED, Verdict.REFUSED]
        with several.read() as session:
            assert owed(session, OTHER).answered_at is None
            (mail,) = mails(session, Purpose.REFUSAL)
            assert mail.context["code"] == OTHER
            assert "100 vụ" in mail.context["faults"][0]["message"]

    def test_of_a_refused_report_records_nothing(self, several: Database) -> None:
        done = report(several, SHORT, so_vu=-1)
        assert (done.verdict, done.covered) == (Verdict.REFUSED, ())
        assert payload(several, SHORT) is None

    @pytest.mark.parametrize(
        "code", ["kl-1/nhanh/so-b", "kl-2/bao-cao/so-b", WIDER, FULL, "kl-9/khong-co/so-a"]
    )
    def test_of_what_was_not_offered_is_refused_whole(self, several: Database, code: str) -> None:
        with pytest.raises(NotAllowed, match=code):
            report(several, SHORT, code)
        assert payload(several, FULL) is None and payload(several, SHORT) is None

    def test_waits_where_the_duty_needs_the_head(self, db: Database) -> None:
        fill(db, needs_head=True)
        (done,) = report(db, OTHER).covered
        assert done.waits
        with db.read() as session:
            assert owed(session, OTHER).answered_at is None
            assert len(mails(session, Purpose.APPROVAL)) == 1


class TestACorrection:
    def test_corrects_every_duty_that_was_taken_from_it(self, several: Database) -> None:
        report(several, SHORT, OTHER)
        assert offered(several) == {SHORT: True, OTHER: True}
        with several.write() as session:
            record_answer(session, FULL, a_full_report(so_vu=15), "văn thư", LATER, why="Đếm sót.")
        with several.read() as session:
            for code, figure in ((SHORT, "so-vu"), (OTHER, "vu-viec")):
                made = newest(session, code)
                assert (made.version, made.payload["values"][figure]) == (2, 15)
                assert made.reason == "Đếm sót."
                assert sources(session, [id_of(made)])[id_of(made)].version == 2

    def test_leaves_alone_what_it_does_not_change(self, several: Database) -> None:
        report(several, SHORT)
        done = report(several, as_of=LATER, ty_le={"numerator": 4, "denominator": 4})
        assert (done.version, done.covered) == (2, ())

    def test_leaves_alone_what_was_corrected_by_hand_since(self, several: Database) -> None:
        report(several, SHORT, OTHER)
        answer(several, SHORT, {"values": {"so-vu": 11}, "narrative": "Đếm lại."}, LATER)
        done = report(several, as_of=LATER, so_vu=15)
        assert [one.obligation for one in done.covered] == [OTHER]
        assert payload(several, SHORT)["values"] == {"so-vu": 11}
        assert SHORT not in offered(several)

    def test_that_a_duty_refuses_leaves_its_last_version_standing(self, several: Database) -> None:
        report(several, OTHER)
        (done,) = report(several, as_of=LATER, so_vu=500).covered
        assert done.verdict is Verdict.REFUSED
        assert offered(several)[OTHER] is True
        (mended,) = report(several, as_of=LATER, so_vu=50).covered
        assert (mended.verdict, mended.version) == (Verdict.ACCEPTED, 3)

    def test_may_cover_what_it_did_not_before(self, several: Database) -> None:
        report(several, SHORT)
        done = report(several, OTHER, as_of=LATER)
        assert [one.obligation for one in done.covered] == [OTHER]

    def test_does_not_touch_what_was_let_off_since(self, several: Database) -> None:
        report(several, SHORT)
        with several.write() as session:
            number = id_of(newest(session, SHORT))
            appraising.give_back(session, number, "Thiếu.", "Chánh VP", vietnam(), SENT)
            asking = reliefs.ask(session, SHORT, ReliefKind.WAIVER, "Không có.", "văn thư", SENT)
            reliefs.decide(session, id_of(asking), True, "Chánh VP", "", vietnam(), SENT)
        assert report(several, as_of=LATER, so_vu=15).covered == ()

    def test_is_taken_by_a_duty_that_was_accepted(self, several: Database) -> None:
        report(several, SHORT)
        with several.write() as session:
            number = id_of(newest(session, SHORT))
            appraising.accept(session, number, Quality.GOOD, "", "Chánh VP", SENT)
        (done,) = report(several, as_of=LATER, so_vu=15).covered
        assert done.verdict is Verdict.ACCEPTED
