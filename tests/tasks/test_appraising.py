"""The secretariat's review: what may be accepted or given back, and what that does to a task."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlmodel import Session, col, select

from models.activity import Activity
from models.calendar import vietnam
from models.database import Database
from models.errors import NotAllowed, SecretDocument, UnknownName
from models.mail import Message
from models.reasons import in_words
from models.round import Appraisal, Approval, Evidence, Round, Submission
from models.words import Appraised, Deed, Ending, Purpose, Quality, ReliefKind, Status
from tasks import lookup
from tasks.appraising import Version, accept, give_back, of_obligation, waiting
from tasks.boards import Line, board
from tasks.summary_figures import summary_figures
from tests.tasks.office import A_REPORT, answer, at, figures, mails, owed
from tests.tasks.test_reliefs import (
    BY,
    CODE,
    DUE,
    OTHER,
    ask,
    close,
    decide,
    every_morning,
    given,
    read,
    task,
)

UNTIL = date(2024, 6, 14)
SENT = at(2024, 5, 20)
SEEN = at(2024, 5, 22, 15)
WHY = "Chưa có số liệu quý I."


def number(db: Database, code: str = CODE, version: int | None = None) -> int:
    """The number of a version of an answer; of the newest, unless another is wanted."""
    with db.read() as session:
        found = of_obligation(session, lookup.id_of(owed(session, code)))
        wanted = [v.submission for v in found if version in (None, v.submission.version)]
        return lookup.id_of(wanted[-1])


def accept_(
    db: Database,
    of: int,
    quality: Quality = Quality.GOOD,
    words: str = "",
    as_of: datetime = SEEN,
) -> None:
    with db.write() as session:
        accept(session, of, quality, words, BY, as_of)


def return_(
    db: Database,
    of: int | None = None,
    until: date | None = None,
    as_of: datetime = SEEN,
    words: str = WHY,
) -> None:
    with db.write() as session:
        give_back(session, of or number(db), words, BY, vietnam(), as_of, until)


def line(db: Database, as_of: datetime, code: str = CODE) -> Line:
    with db.read() as session:
        found = board(session, lookup.directive(session, "kl-1"), as_of)
    return next(line for line in found if line.code == code)


def summed(db: Database, as_of: datetime) -> int:
    """The figure that the summary of the round has."""
    with db.read() as session:
        said = summary_figures(session, lookup.round_(session, "kl-1", "bao-cao"), as_of)
    return next(int(i["total"]) for i in said["indicators"] if i["code"] == "so-cuoc")


@pytest.fixture
def answered(asking: Database) -> Database:
    """so-a has answered, so-b has not."""
    answer(asking, CODE, A_REPORT, SENT)
    return asking


class TestAccepting:
    def test_keeps_the_mark_and_by_whom(self, answered: Database) -> None:
        accept_(answered, number(answered), Quality.FAIR, "Đủ.")
        with answered.read() as session:
            found = session.exec(select(Appraisal)).one()
        assert (found.found, found.quality, found.words, found.by, found.at) == (
            Appraised.ACCEPTED, Quality.FAIR, "Đủ.", BY, SEEN,
        )  # fmt: skip

    def test_changes_nothing_of_the_task_and_mails_nobody(self, answered: Database) -> None:
        before = task(answered).model_dump()
        accept_(answered, number(answered))
        assert task(answered).model_dump() == before
        with answered.read() as session:
            assert mails(session, Purpose.RETURN) == []

    def test_with_another_mark_changes_it(self, answered: Database) -> None:
        accept_(answered, number(answered), Quality.GOOD)
        accept_(answered, number(answered), Quality.POOR, as_of=at(2024, 5, 23))
        found = line(answered, at(2024, 5, 24))
        assert (found.appraised, found.quality) == (Appraised.ACCEPTED, Quality.POOR)
        assert line(answered, SEEN).quality is Quality.GOOD

    def test_may_be_followed_by_giving_back(self, answered: Database) -> None:
        accept_(answered, number(answered))
        return_(answered, as_of=at(2024, 5, 23))
        assert line(answered, at(2024, 5, 24)).appraised is Appraised.RETURNED

    def test_follows_a_giving_back_once_there_is_a_new_version(self, answered: Database) -> None:
        return_(answered)
        answer(answered, CODE, A_REPORT, at(2024, 5, 27))
        accept_(answered, number(answered), as_of=at(2024, 5, 28))
        assert line(answered, at(2024, 5, 28)).appraised is Appraised.ACCEPTED


class TestRefusing:
    def test_what_is_not_there(self, answered: Database) -> None:
        for wrong in (0, -1, 10**6, 10**12):
            with pytest.raises(UnknownName, match=str(wrong)):
                accept_(answered, wrong)

    def test_a_version_that_was_replaced(self, answered: Database) -> None:
        answer(answered, CODE, A_REPORT, at(2024, 5, 21))
        with pytest.raises(NotAllowed, match="2"):
            accept_(answered, number(answered, version=1))

    def test_a_version_with_faults(self, answered: Database) -> None:
        answer(answered, CODE, figures(so_cuoc=-1), at(2024, 5, 21))
        with pytest.raises(NotAllowed, match="#2"):
            return_(answered, number(answered, version=2))
        accept_(answered, number(answered, version=1))

    def test_a_declined_task(self, asking: Database) -> None:
        answer(asking, CODE, {"reason": "Không thuộc chức năng."}, SENT, decline=True)
        with pytest.raises(NotAllowed, match="#1"):
            accept_(asking, number(asking))

    def test_the_same_a_second_time(self, answered: Database) -> None:
        of = number(answered)
        accept_(answered, of)
        with pytest.raises(NotAllowed, match=BY):
            accept_(answered, of)
        return_(answered, of)
        for again in (lambda: return_(answered, of), lambda: accept_(answered, of)):
            with pytest.raises(NotAllowed, match=BY):
                again()

    @pytest.mark.parametrize(
        ("changed", "error"),
        [
            ({"words": " "}, NotAllowed),
            ({"words": "x" * 2_001}, NotAllowed),
            ({"words": "Theo văn bản\nTỐI MẬT"}, SecretDocument),
            ({"until": DUE}, NotAllowed),
            ({"until": date(2024, 5, 1)}, NotAllowed),
            ({"until": date(2101, 1, 1)}, NotAllowed),
            ({"until": date(2024, 6, 14), "as_of": at(2024, 6, 17)}, NotAllowed),
        ],
        ids=str,
    )
    def test_what_cannot_be_said_changes_nothing(
        self, answered: Database, changed: dict[str, Any], error: type[Exception]
    ) -> None:
        before = task(answered).model_dump()
        with pytest.raises(error):
            return_(answered, **changed)
        assert task(answered).model_dump() == before

    def test_in_nobodys_name(self, answered: Database) -> None:
        with answered.write() as session, pytest.raises(NotAllowed):
            accept(session, number(answered), Quality.GOOD, "", " ", SEEN)

    def test_of_who_was_let_off(self, asking: Database) -> None:
        decide(asking, ask(asking, ReliefKind.WAIVER, None, as_of=at(2024, 5, 8)))
        answer(asking, CODE, A_REPORT, at(2024, 5, 29))
        with pytest.raises(NotAllowed, match=CODE):
            return_(asking, as_of=at(2024, 5, 30))

    def test_before_the_head_has_approved(self, answered: Database) -> None:
        of = number(answered)
        with answered.write() as session:
            session.exec(select(Round)).one().needs_head = True
            session.add(
                Approval(submission_id=of, asked_at=SENT, digest="x", expires_at=SEEN, tries=0)
            )
        with pytest.raises(NotAllowed, match="#1"):
            accept_(answered, of)
        assert summed(answered, SEEN) == 0
        with answered.write() as session:
            found = session.exec(select(Approval)).one()
            found.approved_at, found.approved_by = at(2024, 5, 21), "Giám đốc"
        accept_(answered, of)
        assert summed(answered, SEEN) == 3


class TestGivingBack:
    def test_makes_the_task_owed_again_by_the_same_date(self, answered: Database) -> None:
        return_(answered)
        found = task(answered)
        assert (found.answered_at, found.due, found.urged_from) == (None, DUE, date(2024, 5, 22))
        assert found.reason == []
        assert line(answered, SEEN).status is Status.OPEN

    def test_may_give_more_time_with_the_reason(self, answered: Database) -> None:
        return_(answered, until=date(2024, 6, 15))  # a Saturday
        found = task(answered)
        assert found.due == date(2024, 6, 17)
        assert all(part in in_words(found.reason) for part in (BY, "03/06/2024", "17/06/2024"))

    def test_undoes_that_its_round_has_closed_or_that_it_was_declined(
        self, asking: Database
    ) -> None:
        answer(asking, CODE, {"reason": "Chưa rõ."}, SENT, decline=True)
        close(asking, at(2024, 6, 10, 16))
        for code in (CODE, OTHER):
            answer(asking, code, A_REPORT, at(2024, 6, 12))
            return_(asking, number(asking, code), as_of=at(2024, 6, 13))
            found = task(asking, code)
            assert (found.answered_at, found.ended_at, found.ending) == (None, None, None)
            assert line(asking, at(2024, 6, 13), code).status is Status.LONG_OVERDUE

    def test_begins_the_reminders_anew(self, answered: Database) -> None:
        return_(answered, until=UNTIL)
        every_morning(answered, date(2024, 5, 23), date(2024, 6, 21))
        assert [(due, step) for due, step, _day in given(answered)] == [
            (UNTIL, step)
            for step in ("before-7", "before-3", "before-1", "due", "overdue-1", "overdue-3")
        ]

    def test_takes_its_figures_out_of_the_summary(self, answered: Database) -> None:
        assert summed(answered, at(2024, 5, 21)) == 3
        return_(answered)
        assert summed(answered, at(2024, 5, 21)) == 3
        assert summed(answered, SEEN) == 0
        answer(answered, CODE, figures(so_cuoc=8), at(2024, 5, 27))
        assert summed(answered, at(2024, 5, 27)) == 8

    def test_of_a_correction_leaves_nothing_standing(self, answered: Database) -> None:
        answer(answered, CODE, figures(so_cuoc=8), at(2024, 5, 21))
        return_(answered)
        assert summed(answered, SEEN) == 0
        assert line(answered, SEEN).status is Status.OPEN

    @pytest.mark.parametrize(
        ("until", "day", "expected"),
        [
            (None, 3, Status.ON_TIME),
            (None, 4, Status.LATE),
            (UNTIL, 14, Status.ON_TIME),
            (UNTIL, 15, Status.LATE),
        ],
    )
    def test_the_next_answer_is_in_time_by_the_date_in_force(
        self, answered: Database, until: date | None, day: int, expected: Status
    ) -> None:
        return_(answered, until=until)
        moment = at(2024, 6, day)
        answer(answered, CODE, A_REPORT, moment)
        assert (task(answered).answered_at, line(answered, moment).status) == (moment, expected)

    def test_is_noted_with_what_it_changed(self, answered: Database) -> None:
        return_(answered, until=UNTIL)
        with answered.read() as session:
            noted = session.exec(select(Activity).where(Activity.deed == Deed.APPRAISED)).one()
        assert (noted.by, noted.about, noted.at) == (BY, f"{CODE}#1", SEEN)
        assert noted.before == {"due": "2024-06-03"}
        assert noted.after == {
            "version": 1, "found": "returned", "quality": None, "words": WHY, "due": "2024-06-14",
        }  # fmt: skip


class TestMail:
    def mail(self, session: Session) -> Message:
        (found,) = mails(session, Purpose.RETURN)
        return found

    def test_says_what_why_in_whose_name_and_by_when(self, answered: Database) -> None:
        return_(answered)
        with answered.read() as session:
            mail = self.mail(session)
            text, event = read(session, mail)
        assert (mail.to_name, mail.to_email) == ("Đơn vị so-a", "vanthu@so-a.example")
        for words in ("Báo cáo", "lần 1", "08:00 20/05/2024", WHY, BY, CODE, "vẫn là ngày 03/06"):
            assert words in text
        assert event is None

    def test_moves_the_date_in_the_calendar(self, answered: Database) -> None:
        return_(answered, until=UNTIL)
        with answered.read() as session:
            text, event = read(session, self.mail(session))
        assert "chậm nhất ngày 14/06/2024" in text
        assert (event["SEQUENCE"], event["DTSTART"].dt) == (1, UNTIL)

    def test_says_that_the_date_is_over(self, answered: Database) -> None:
        return_(answered, as_of=at(2024, 6, 6))
        with answered.read() as session:
            text, _event = read(session, self.mail(session))
        assert "đã quá 3 ngày" in text

    def test_of_a_later_extension_is_higher_in_the_calendar(self, answered: Database) -> None:
        return_(answered, until=UNTIL)
        decide(answered, ask(answered, until=date(2024, 6, 28)))
        with answered.read() as session:
            _text, event = read(session, mails(session, Purpose.DECISION)[-1])
        assert (event["SEQUENCE"], event["DTSTART"].dt) == (2, date(2024, 6, 28))


class TestWaiting:
    def waits(self, db: Database, as_of: datetime) -> list[tuple[str, int]]:
        with db.read() as session:
            found = waiting(session, lookup.directive(session, "kl-1"), as_of)
            assert waiting(session, None, as_of) == found
        return [(item.obligation, item.version) for item in found]

    def test_has_the_newest_that_nobody_has_looked_at_oldest_first(
        self, answered: Database
    ) -> None:
        answer(answered, OTHER, A_REPORT, at(2024, 5, 21))
        answer(answered, CODE, A_REPORT, at(2024, 5, 21, 9))
        assert self.waits(answered, SEEN) == [(OTHER, 1), (CODE, 2)]
        assert self.waits(answered, SENT) == [(CODE, 1)]

    def test_has_none_that_was_appraised_until_a_new_version(self, answered: Database) -> None:
        accept_(answered, number(answered))
        assert self.waits(answered, SEEN) == []
        answer(answered, CODE, A_REPORT, at(2024, 5, 27))
        assert self.waits(answered, at(2024, 5, 27)) == [(CODE, 2)]


def test_all_of_an_answer_is_shown_together(answered: Database) -> None:
    answer(answered, CODE, figures(so_cuoc=-1), at(2024, 5, 21))
    return_(answered, number(answered, version=1))
    answer(answered, CODE, A_REPORT, at(2024, 5, 27))
    with answered.write() as session:
        third = session.exec(select(Submission).where(col(Submission.version) == 3)).one()
        session.add(
            Evidence(
                obligation_id=third.obligation_id, submission_id=third.id, name="kq.pdf",
                media="application/pdf", size=3, sha256="0" * 64, added_at=SEEN,
            )
        )  # fmt: skip
        obligation_id = third.obligation_id
    with answered.read() as session:
        found = of_obligation(session, obligation_id)

    def said(version: Version) -> tuple[int, list[Appraised], list[str]]:
        marks = [a.found for a in version.appraisals]
        return version.submission.version, marks, [e.name for e in version.evidence]

    assert [said(v) for v in found] == [
        (1, [Appraised.RETURNED], []), (2, [], []), (3, [], ["kq.pdf"]),
    ]  # fmt: skip


def test_the_board_of_any_day_is_as_that_day_saw_it(asking: Database) -> None:
    """Asked, answered, given back with more time, extended, declined in between, answered again,
    accepted: nothing shows before it happened.
    """
    days: list[tuple[datetime, date, Status, Appraised | None, bool]] = []

    def see(day: int, month: int = 5) -> None:
        found = line(asking, at(2024, month, day, 23))
        days.append(
            (at(2024, month, day, 23), found.due, found.status, found.appraised, found.asks_time)
        )

    see(19)
    answer(asking, CODE, A_REPORT, at(2024, 5, 20))
    see(20)
    return_(asking, until=UNTIL, as_of=at(2024, 5, 22))
    see(22)
    first = ask(asking, until=date(2024, 6, 20), as_of=at(2024, 5, 23))
    see(23)
    decide(asking, first, as_of=at(2024, 5, 24))
    see(24)
    answer(asking, CODE, {"reason": "Chưa rõ."}, at(2024, 5, 27), decline=True)
    see(27)
    answer(asking, CODE, A_REPORT, at(2024, 6, 18))
    see(18, 6)
    return_(asking, as_of=at(2024, 6, 19))
    see(19, 6)
    see(21, 6)
    answer(asking, CODE, A_REPORT, at(2024, 6, 24))
    see(24, 6)
    accept_(asking, number(asking), as_of=at(2024, 6, 25))
    see(25, 6)
    assert [found[1:] for found in days] == [
        (DUE, Status.OPEN, None, False),
        (DUE, Status.ON_TIME, None, False),
        (UNTIL, Status.OPEN, Appraised.RETURNED, False),
        (UNTIL, Status.OPEN, Appraised.RETURNED, True),
        (date(2024, 6, 20), Status.OPEN, Appraised.RETURNED, False),
        (date(2024, 6, 20), Status.DECLINED, Appraised.RETURNED, False),
        (date(2024, 6, 20), Status.ON_TIME, None, False),
        (date(2024, 6, 20), Status.NEARLY_DUE, Appraised.RETURNED, False),
        (date(2024, 6, 20), Status.OVERDUE, Appraised.RETURNED, False),
        (date(2024, 6, 20), Status.LATE, None, False),
        (date(2024, 6, 20), Status.LATE, Appraised.ACCEPTED, False),
    ]
    for moment, *expected in days:  # as it is remembered when all is over
        found = line(asking, moment)
        assert [found.due, found.status, found.appraised, found.asks_time] == expected, moment
    assert task(asking).ending is not Ending.DECLINED
