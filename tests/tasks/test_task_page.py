"""What one task's page shows: asked, why, answered, requested, handed over; as of any instant."""

from datetime import date, datetime

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from models.calendar import vietnam
from models.database import Database
from models.round import Appraisal, Evidence, Submission
from models.words import Appraised, Quality, ReliefKind, Role, Status, SubmissionKind, Verdict
from tasks import lookup
from tasks.given import measures_to_plan
from tasks.lookup import id_of
from tasks.reliefs import ask, decide
from tasks.task_page import TheTask, the_task
from tests.tasks.office import A_REPORT, CODE, answer, at, figures, open_, owed
from tests.tasks.test_succession import DAY, PASSED, RULE, SO_D, ends, passing, reorganise

pytestmark = [
    pytest.mark.xdist_group("office"),
    pytest.mark.any_database,
]  # its database is made once

NOW = at(2024, 5, 7)
SO_A = "kl-1/bao-cao/so-a"
SO_Y_TE = f"{CODE}/bao-cao-nam-2024/so-y-te"


def shown(db: Database, code: str = SO_A, as_of: datetime = NOW) -> TheTask:
    with db.read() as session:
        return the_task(session, id_of(owed(session, code)), as_of)


def submissions(session: Session) -> list[int]:
    return list(session.scalars(sa.select(Submission.id).order_by(Submission.version)))


class TestWhatIsAsked:
    def test_is_told_with_who_asks_by_when_and_why(self, office: Database) -> None:
        with office.write() as session:
            open_(session, CODE, "bao-cao-nam-2024", at(2024, 12, 2))
        found = shown(office, SO_Y_TE, at(2024, 12, 3))
        assert (found.unit, found.issuer) == ("Sở Y tế", "UBND tỉnh Thanh Hóa")
        assert (found.directive, found.overseer) == ("53/KH-UBND", "Thanh tra tỉnh")
        assert (found.kind, found.due) == (SubmissionKind.REPORT, date(2024, 12, 20))
        assert found.period == (date(2023, 12, 15), date(2024, 12, 14))
        assert found.status is Status.OPEN
        assert any("09/2019/NĐ-CP" in line for line in found.reason)
        assert found.asked.figures[0].label.startswith("Đã ban hành kế hoạch")

    def test_is_quoted_from_the_directive(self, office: Database) -> None:
        with office.write() as session:
            open_(session, CODE, "bao-cao-nam-2024", at(2024, 12, 2))
        found = shown(office, SO_Y_TE, at(2024, 12, 3))
        assert found.quotes[0].lines
        assert "báo cáo tình hình thực hiện Kế hoạch hàng" in found.quotes[0].text
        assert len({quote.text for quote in found.quotes}) == len(found.quotes)

    def test_comes_with_what_the_unit_was_given(self, office: Database) -> None:
        with office.write() as session:
            open_(session, CODE, "ke-hoach", at(2024, 2, 27))
        found = shown(office, f"{CODE}/ke-hoach/so-y-te", at(2024, 2, 28))
        assert found.given
        assert {item.role for item in found.given} <= set(Role)
        assert {item.text for item in found.given if item.text} <= {q.text for q in found.quotes}
        with office.read() as session:
            owner = lookup.directive(session, CODE)
            measures = measures_to_plan(session, owner, found.given)
            assert measures_to_plan(session, owner, []) != []
        assert len(set(measures)) == len(measures) > 0


class TestAnswers:
    def test_are_listed_by_version_with_what_was_wrong(self, asking: Database) -> None:
        answer(asking, SO_A, {}, at(2024, 5, 8))
        answer(asking, SO_A, A_REPORT, at(2024, 5, 9))
        answer(asking, SO_A, figures(so_cuoc=4), at(2024, 5, 10))
        found = shown(asking, as_of=at(2024, 5, 9))
        assert [a.submission.version for a in found.answers] == [2, 1]
        assert found.answers[1].submission.verdict is Verdict.REFUSED
        assert found.answers[1].submission.faults
        assert found.status is Status.ON_TIME
        assert found.answered_at == at(2024, 5, 9)
        assert shown(asking, as_of=NOW).answers == []
        assert shown(asking, as_of=NOW).answered_at is None

    def test_carry_their_files_and_the_last_appraisal(self, asking: Database) -> None:
        answer(asking, SO_A, A_REPORT, at(2024, 5, 9))
        with asking.write() as session:
            id_, (version,) = id_of(owed(session, SO_A)), submissions(session)
            file = {"media": "application/pdf", "size": 9, "sha256": "a" * 64}
            session.add(
                Evidence(
                    obligation_id=id_, submission_id=version, name="a.pdf", added_at=NOW, **file
                )
            )
            session.add(Evidence(obligation_id=id_, name="draft.pdf", added_at=NOW, **file))
            session.add(
                Appraisal(
                    submission_id=version,
                    found=Appraised.RETURNED,
                    words="Thiếu số liệu.",
                    before=date(2024, 6, 3),
                    at=at(2024, 5, 10),
                    by="Văn phòng",
                )
            )
            session.flush()
            session.add(
                Appraisal(
                    submission_id=version,
                    found=Appraised.ACCEPTED,
                    quality=Quality.GOOD,
                    at=at(2024, 5, 12),
                    by="Văn phòng",
                )
            )
        (first,) = shown(asking, as_of=at(2024, 5, 11)).answers
        assert [file.name for file in first.files] == ["a.pdf"]
        assert first.appraisal is not None
        assert first.appraisal.words == "Thiếu số liệu."
        (later,) = shown(asking, as_of=at(2024, 5, 12)).answers
        assert later.appraisal is not None
        assert later.appraisal.quality is Quality.GOOD


class TestRequests:
    def test_are_listed_with_their_decisions_the_newest_first(self, asking: Database) -> None:
        until = date(2024, 6, 20)
        with asking.write() as session:
            first = ask(session, SO_A, ReliefKind.WAIVER, "Không liên quan.", "x", NOW)
            decide(session, id_of(first), False, "Chánh", "Có liên quan.", vietnam(), NOW)
            ask(session, SO_A, ReliefKind.EXTENSION, "Thiếu người.", "x", at(2024, 5, 8), until)
        found = shown(asking, as_of=at(2024, 5, 9))
        assert [(r.kind, r.granted) for r in found.requests] == [
            (ReliefKind.EXTENSION, None),
            (ReliefKind.WAIVER, False),
        ]
        assert len(shown(asking, as_of=NOW).requests) == 1

    def test_granted_stand_in_the_reason_of_the_date(self, asking: Database) -> None:
        until = date(2024, 6, 20)
        with asking.write() as session:
            asked = ask(session, SO_A, ReliefKind.EXTENSION, "Thiếu người.", "x", NOW, until)
            decide(session, id_of(asked), True, "Chánh", "", vietnam(), NOW)
        found = shown(asking)
        assert (found.due, found.end >= until) == (until, True)
        assert "Chánh" in found.reason[-1]


class TestHandovers:
    def test_name_both_units_with_day_and_rule(self, asking: Database) -> None:
        reorganise(asking, ends("so-a", "so-d"), units=[SO_D])
        passing(asking)
        old, new = shown(asking, SO_A, PASSED), shown(asking, "kl-1/bao-cao/so-d", PASSED)
        (there,), (here,) = old.passed_on, new.taken_over
        assert (there.unit, there.code, there.day) == ("Đơn vị so-d", new.code, DAY)
        assert (here.unit, here.code, here.rule) == ("Đơn vị so-a", SO_A, RULE)
        assert (old.status, old.taken_over, new.passed_on) == (Status.PASSED_ON, [], [])
        assert shown(asking, as_of=NOW).passed_on == []

    def test_bring_what_the_old_unit_was_given(self, asking: Database) -> None:
        before = shown(asking).given
        reorganise(asking, ends("so-a", "so-d"), units=[SO_D])
        passing(asking)
        after = shown(asking, "kl-1/bao-cao/so-d", PASSED).given
        assert before
        assert after == before
