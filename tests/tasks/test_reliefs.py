"""Extensions and waivers: what is asked, what is refused, what a decision moves and tells."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlmodel import Session, col, select

from models.calendar import vietnam
from models.database import Database
from models.errors import NotAllowed, SecretDocument, UnknownName
from models.mail import Message, Reminder
from models.reasons import in_words
from models.round import Obligation, Relief
from models.settings import Settings
from models.status import day_of, tally
from models.words import Ending, Purpose, ReliefKind, Status
from tasks import lookup, reliefs, sending, summarising
from tasks.boards import board
from tasks.composing import Composer
from tasks.reminding import remind
from tasks.summary_figures import summary_figures
from tests.tasks.office import A_REPORT, answer, at, in_force, mails, owed
from tests.tasks.reading import parsed, part

CODE, OTHER = "kl-1/bao-cao/so-a", "kl-1/bao-cao/so-b"
DUE = date(2024, 6, 3)
ASKED = at(2024, 5, 27, 9)
DECIDED = at(2024, 5, 28, 15)
UNTIL = date(2024, 6, 20)
BY = "Chánh Văn phòng"
EXTENSION, WAIVER = ReliefKind.EXTENSION, ReliefKind.WAIVER
SETTINGS = Settings(mail_domain="dondoc.example")


def ask(
    db: Database,
    kind: ReliefKind = EXTENSION,
    until: date | None = UNTIL,
    code: str = CODE,
    reason: str = "Thiếu số liệu của cấp xã.",
    as_of: datetime = ASKED,
) -> int:
    """Records a request; its number."""
    with db.write() as session:
        return lookup.id_of(reliefs.ask(session, code, kind, reason, "văn thư", as_of, until))


def decide(
    db: Database,
    number: int,
    granted: bool = True,
    by: str = BY,
    words: str = "",
    as_of: datetime = DECIDED,
) -> None:
    with db.write() as session:
        reliefs.decide(session, number, granted, by, words, vietnam(), as_of)


def grant(db: Database, kind: ReliefKind = EXTENSION, until: date | None = UNTIL) -> None:
    decide(db, ask(db, kind, until))


def task(db: Database, code: str = CODE) -> Obligation:
    with db.read() as session:
        return owed(session, code)


def status(db: Database, as_of: datetime, code: str = CODE) -> Status:
    with db.read() as session:
        found = board(session, lookup.directive(session, "kl-1"), as_of)
    return next(line.status for line in found if line.code == code)


def every_morning(db: Database, first: date, last: date) -> None:
    for day in range((last - first).days + 1):
        moment = at(first.year, first.month, first.day, 8, 30) + timedelta(days=day)
        with db.write() as session:
            remind(session, vietnam(), moment)


def given(db: Database, code: str = CODE) -> list[tuple[date, str, date]]:
    """The reminders of a task: for which due date, which step, on which day."""
    with db.read() as session:
        rows = session.exec(
            select(Reminder)
            .join(Obligation)
            .where(Obligation.code == code, Reminder.purpose == Purpose.REMINDER)
            .order_by(col(Reminder.id))
        )
        return [(row.due, row.step, row.day) for row in rows]


def close(db: Database, as_of: datetime) -> None:
    with db.write() as session:
        summarising.summarise(session, lookup.round_(session, "kl-1", "bao-cao"), as_of)


def decisions(session: Session) -> list[Message]:
    return mails(session, Purpose.DECISION)


def read(session: Session, mail: Message) -> tuple[str, Any]:
    """What a mail says, and the event of its calendar file, if it has one."""
    (raw,) = Composer(session, SETTINGS).compose([mail]).values()
    found = parsed(raw)
    text = f"{found['Subject']}\n{part(found, 'text/plain')}"
    if not list(found.iter_attachments()):
        return text, None
    (event,) = Calendar.from_ical(part(found, "text/calendar")).walk("VEVENT")
    return text, event


class TestAsking:
    def test_keeps_who_asked_what_and_why_until_it_is_decided(self, asking: Database) -> None:
        number = ask(asking)
        with asking.read() as session:
            owner = lookup.directive(session, "kl-1")
            (found,) = reliefs.requests(session, owner)
        assert (found.number, found.kind, found.obligation) == (number, EXTENSION, CODE)
        assert (found.unit, found.due, found.until) == ("Đơn vị so-a", DUE, UNTIL)
        assert (found.reason, found.granted) == ("Thiếu số liệu của cấp xã.", None)
        assert task(asking).due == DUE
        decide(asking, number)
        with asking.read() as session:
            assert reliefs.requests(session, owner) == []
            (found,) = reliefs.requests(session, None, all_=True)
        assert (found.granted, found.decided_by, found.due) == (True, BY, DUE)

    def test_may_come_after_the_due_date(self, asking: Database) -> None:
        decide(asking, ask(asking, as_of=at(2024, 6, 7)), as_of=at(2024, 6, 7, 10))
        assert task(asking).due == UNTIL


class TestRefusingToAsk:
    @pytest.mark.parametrize(
        ("changed", "error", "words"),
        [
            ({"code": "kl-1/bao-cao/so-z"}, UnknownName, "so-z"),
            ({"reason": " \n"}, NotAllowed, ""),
            ({"kind": WAIVER, "reason": ""}, NotAllowed, ""),
            ({"until": None}, NotAllowed, ""),
            ({"until": DUE}, NotAllowed, "03/06/2024"),
            ({"until": date(2024, 5, 31)}, NotAllowed, "31/05/2024"),
            ({"until": date(2101, 1, 3)}, NotAllowed, "2101"),
            ({"as_of": at(2024, 6, 21), "until": UNTIL}, NotAllowed, "20/06/2024"),
            ({"reason": "Theo văn bản\nTỐI MẬT"}, SecretDocument, ""),
        ],
    )
    def test_leaves_nothing(
        self, asking: Database, changed: dict[str, Any], error: type[Exception], words: str
    ) -> None:
        with pytest.raises(error) as caught:
            ask(asking, **changed)
        assert words in str(caught.value)
        with asking.read() as session:
            assert session.exec(select(Relief)).all() == []

    def test_today_still_gives_time(self, asking: Database) -> None:
        decide(asking, ask(asking, as_of=at(2024, 6, 20, 8)), as_of=at(2024, 6, 20, 9))
        assert task(asking).due == UNTIL

    def test_what_is_answered_or_asked_no_more(self, asking: Database) -> None:
        answer(asking, CODE, A_REPORT, at(2024, 5, 20))
        reason = {"reason": "Không thuộc chức năng."}
        answer(asking, OTHER, reason, at(2024, 5, 20), decline=True)
        for code in (CODE, OTHER):
            with pytest.raises(NotAllowed, match=code):
                ask(asking, code=code)

    def test_a_second_time_while_one_waits(self, asking: Database) -> None:
        number = ask(asking)
        with pytest.raises(NotAllowed, match=CODE):
            ask(asking, WAIVER)
        ask(asking, code=OTHER)
        decide(asking, number, granted=False)
        assert ask(asking) > number

    def test_after_the_round_has_closed_on_it(self, asking: Database) -> None:
        close(asking, at(2024, 6, 10, 16))
        with pytest.raises(NotAllowed, match=CODE):
            ask(asking, as_of=at(2024, 6, 11))


class TestRefusingToDecide:
    def test_what_is_not_there(self, asking: Database) -> None:
        with pytest.raises(UnknownName, match="7"):
            decide(asking, 7)

    @pytest.mark.parametrize(
        ("changed", "error"),
        [({"by": "  "}, NotAllowed), ({"words": "TUYỆT MẬT"}, SecretDocument)],
    )
    def test_in_nobody_s_name_or_in_secret(
        self, asking: Database, changed: dict[str, Any], error: type[Exception]
    ) -> None:
        number = ask(asking)
        with pytest.raises(error):
            decide(asking, number, **changed)
        with asking.read() as session:
            assert session.get_one(Relief, number).granted is None
        assert task(asking).due == DUE

    @pytest.mark.parametrize("granted", [True, False])
    def test_twice(self, asking: Database, granted: bool) -> None:
        number = ask(asking)
        decide(asking, number, granted)
        with pytest.raises(NotAllowed, match=BY):
            decide(asking, number, not granted, by="Người khác")
        assert task(asking).due == (UNTIL if granted else DUE)
        with asking.read() as session:
            assert len(decisions(session)) == 1

    def test_in_favour_of_who_has_answered_meanwhile(self, asking: Database) -> None:
        number = ask(asking)
        answer(asking, CODE, A_REPORT, at(2024, 5, 28))
        with pytest.raises(NotAllowed, match=CODE):
            decide(asking, number)
        assert task(asking).due == DUE
        decide(asking, number, granted=False)  # it waits no longer


class TestExtending:
    def test_moves_the_due_date_and_says_from_when_to_when_by_whom(self, asking: Database) -> None:
        grant(asking)
        found = task(asking)
        assert (found.due, found.ending) == (UNTIL, None)
        said = in_words(found.reason)
        for words in ("03/06/2024", "20/06/2024", BY, "28/05/2024"):
            assert words in said
        other = task(asking, OTHER)
        assert (other.due, other.reason) == (DUE, [])

    def test_to_a_day_off_goes_to_the_next_worked_day(self, asking: Database) -> None:
        grant(asking, until=date(2024, 6, 8))  # a Saturday
        assert task(asking).due == date(2024, 6, 10)
        assert "10/06/2024" in in_words(task(asking).reason)

    def test_again_keeps_both_steps(self, asking: Database) -> None:
        grant(asking)
        decide(asking, ask(asking, until=date(2024, 6, 28)))
        assert task(asking).due == date(2024, 6, 28)
        moves = [(row["before"], row["day"]) for row in task(asking).reason]
        assert moves == [("03/06/2024", "20/06/2024"), ("20/06/2024", "28/06/2024")]

    def test_makes_an_answer_by_the_new_date_one_in_time(self, asking: Database) -> None:
        grant(asking)
        answer(asking, CODE, A_REPORT, at(2024, 6, 20, 23, 30))
        answer(asking, OTHER, A_REPORT, at(2024, 6, 4))
        assert status(asking, at(2024, 6, 21)) is Status.ON_TIME
        assert status(asking, at(2024, 6, 21), OTHER) is Status.LATE

    def test_does_not_make_a_later_one_in_time(self, asking: Database) -> None:
        grant(asking)
        answer(asking, CODE, A_REPORT, at(2024, 6, 21))
        assert status(asking, at(2024, 6, 21)) is Status.LATE


class TestReminders:
    def test_begin_anew_for_the_new_date_and_end_for_the_old(self, asking: Database) -> None:
        every_morning(asking, date(2024, 5, 20), date(2024, 5, 28))
        grant(asking)
        every_morning(asking, date(2024, 5, 29), date(2024, 7, 1))
        assert given(asking) == [
            (DUE, "before-7", date(2024, 5, 23)),
            (UNTIL, "before-7", date(2024, 6, 11)),
            (UNTIL, "before-3", date(2024, 6, 17)),
            (UNTIL, "before-1", date(2024, 6, 19)),
            (UNTIL, "due", date(2024, 6, 20)),
            (UNTIL, "overdue-1", date(2024, 6, 21)),
            (UNTIL, "overdue-3", date(2024, 6, 25)),
        ]
        assert [due for due, *_ in given(asking, OTHER)] == [DUE] * 6

    def test_say_how_many_days_are_left_of_a_short_extension(self, asking: Database) -> None:
        """The seventh day before the new date was over when it was granted."""
        until = date(2024, 6, 14)
        decide(asking, ask(asking, until=until), as_of=at(2024, 6, 7, 15))
        every_morning(asking, date(2024, 6, 8), date(2024, 6, 13))
        with asking.read() as session:
            found = [m for m in mails(session, Purpose.REMINDER) if m.unit_id == units(asking)[0]]
        assert found
        for mail in found:
            left = vietnam().working_days_between(day_of(mail.queued_at), until)
            (item,) = mail.context["items"]
            assert re.findall(r"\d+", item["step"]) == [str(left)], mail.context["day"]

    def test_that_wait_to_be_sent_are_dropped(self, asking: Database) -> None:
        every_morning(asking, date(2024, 5, 23), date(2024, 5, 23))
        grant(asking)
        with asking.read() as session, in_force(asking):
            waiting = mails(session, Purpose.REMINDER)
            envelopes, dropped = sending.compose(waiting)
        gone, kept = (next(m.id for m in waiting if m.unit_id == id_) for id_ in units(asking))
        assert [found.message_id for found in dropped] == [gone]
        assert [found.message_id for found in envelopes] == [kept]

    def test_go_on_after_the_round_has_closed(self, asking: Database) -> None:
        grant(asking)
        close(asking, at(2024, 6, 10, 16))
        assert task(asking, OTHER).ending is Ending.CLOSED
        assert task(asking).ending is None
        every_morning(asking, date(2024, 6, 11), date(2024, 6, 27))
        assert [step for _due, step, _day in given(asking)] == [
            "before-7", "before-3", "before-1", "due", "overdue-1", "overdue-3",
        ]  # fmt: skip
        assert given(asking, OTHER) == []

    def test_end_with_the_answer_after_the_round_has_closed(self, asking: Database) -> None:
        grant(asking)
        close(asking, at(2024, 6, 10, 16))
        answer(asking, CODE, A_REPORT, at(2024, 6, 12))
        every_morning(asking, date(2024, 6, 17), date(2024, 6, 27))
        assert given(asking) == []
        assert status(asking, at(2024, 6, 27)) is Status.ON_TIME


def units(db: Database) -> tuple[int, int]:
    """The ids of so-a and so-b."""
    return task(db).unit_id, task(db, OTHER).unit_id


class TestWaiving:
    def test_ends_the_urging_and_the_expecting(self, asking: Database) -> None:
        grant(asking, WAIVER, None)
        found = task(asking)
        assert (found.ending, found.ended_at, found.due) == (Ending.WAIVED, DECIDED, DUE)
        every_morning(asking, date(2024, 5, 29), date(2024, 6, 12))
        assert given(asking) == [] != given(asking, OTHER)
        with asking.read() as session:
            lines = board(session, lookup.directive(session, "kl-1"), at(2024, 6, 12))
        found_tally = tally(line.status for line in lines)
        counted = ("asked", "expected", "missing", "waived")
        assert [found_tally[name] for name in counted] == [2, 1, 1, 1]

    def test_is_no_gap_in_the_summary(self, asking: Database) -> None:
        grant(asking, WAIVER, None)
        with asking.read() as session:
            found = lookup.round_(session, "kl-1", "bao-cao")
            said = summary_figures(session, found, at(2024, 6, 10, 16))
        assert [line["unit"] for line in said["missing"]] == ["Đơn vị so-b"]

    def test_needs_no_date(self, asking: Database) -> None:
        with asking.read() as session:
            assert session.get_one(Relief, ask(asking, WAIVER, UNTIL)).until is None


class TestRefusal:
    @pytest.mark.parametrize("kind", ReliefKind)
    def test_leaves_everything_and_tells_the_unit(self, asking: Database, kind: ReliefKind) -> None:
        number = ask(asking, kind)
        before = task(asking).model_dump()
        decide(asking, number, granted=False, words="Việc gấp.")
        assert task(asking).model_dump() == before
        with asking.read() as session:
            (mail,) = decisions(session)
            text, event = read(session, mail)
        assert event is None
        assert "Không đồng ý" in text and "Việc gấp." in text and "03/06/2024" in text
        assert (mail.to_name, mail.to_email) == ("Đơn vị so-a", "vanthu@so-a.example")
        every_morning(asking, date(2024, 6, 3), date(2024, 6, 3))
        assert [step for _due, step, _day in given(asking)] == ["due"]


class TestDecisionMail:
    def opening(self, session: Session) -> Any:
        id_ = owed(session, CODE).id
        mail = next(m for m in mails(session, Purpose.OPEN) if m.obligation_id == id_)
        return read(session, mail)[1]

    def test_says_the_new_date_and_moves_it_in_the_calendar(self, asking: Database) -> None:
        with asking.read() as session:
            first = self.opening(session)
        grant(asking)
        with asking.read() as session:
            (mail,) = decisions(session)
            text, event = read(session, mail)
        assert "Đồng ý gia hạn" in text
        assert "20/06/2024" in text and CODE in text and "hạn cũ không còn hiệu lực" in text
        assert (first["UID"], first["SEQUENCE"], first["DTSTART"].dt) == (event["UID"], 0, DUE)
        assert (event["SEQUENCE"], event["DTSTART"].dt) == (1, UNTIL)
        assert BY in event["DESCRIPTION"]

    def test_of_a_second_extension_is_higher_still(self, asking: Database) -> None:
        grant(asking)
        decide(asking, ask(asking, until=date(2024, 6, 28)))
        with asking.read() as session:
            event = read(session, decisions(session)[-1])[1]
        assert (event["SEQUENCE"], event["DTSTART"].dt) == (2, date(2024, 6, 28))

    def test_of_a_waiver_says_so_in_the_calendar_too(self, asking: Database) -> None:
        grant(asking)
        decide(asking, ask(asking, WAIVER, None))
        with asking.read() as session:
            text, event = read(session, decisions(session)[-1])
            uid = read(session, decisions(session)[0])[1]["UID"]
        assert "Đồng ý miễn thực hiện" in text
        assert event["SUMMARY"].startswith("Được miễn")
        assert (event["UID"], event["SEQUENCE"]) == (uid, 2)
