"""The calendar a unit subscribes to: what it owes, what it has sent, nothing of others."""

from datetime import date, datetime, timedelta
from typing import Any

from icalendar import Calendar

from models.calendar import vietnam
from models.database import Database
from models.settings import settings
from models.words import Purpose, ReliefKind
from tasks import lookup
from tasks.composing import Composer
from tasks.events import deadline_uid
from tasks.feed import SENT_DAYS, feed
from tasks.links import LinkPurpose, Links
from tasks.lookup import id_of
from tasks.reliefs import ask, decide
from tests.tasks.office import A_REPORT, answer, at, figures, mails, owed
from tests.tasks.reading import parsed, part

NOW = at(2024, 5, 7)
CODE = "kl-1/bao-cao/so-a"


def fetched(db: Database, as_of: datetime = NOW, unit: str = "so-a") -> Any:
    with db.read() as session:
        raw = feed(session, id_of(lookup.unit(session, unit)), as_of)
    assert max(map(len, raw.split(b"\r\n"))) <= 75
    return Calendar.from_ical(raw)


def event(db: Database, as_of: datetime = NOW) -> Any:
    (found,) = fetched(db, as_of).walk("VEVENT")
    return found


def test_has_what_is_owed_as_an_event_of_the_whole_day(asking: Database) -> None:
    found = event(asking)
    assert (found["DTSTART"].dt, found["DTEND"].dt) == (date(2024, 6, 3), date(2024, 6, 4))
    assert found["SUMMARY"] == "Hạn: Báo cáo (KL-1/TU)"
    assert CODE in found["DESCRIPTION"]


def test_says_its_name_and_when_to_fetch_it_again(asking: Database) -> None:
    found = fetched(asking)
    assert found["X-WR-CALNAME"] == "Đôn Đốc – Đơn vị so-a"
    assert found["REFRESH-INTERVAL"].to_ical() == b"PT6H"
    assert found["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
    assert (found["VERSION"], found["METHOD"]) == ("2.0", "PUBLISH")


def test_links_each_event_to_the_page_of_its_task(asking: Database) -> None:
    found = event(asking)
    assert found["URL"] in found["DESCRIPTION"]
    token = found["URL"].removeprefix(f"{settings().portal}/t/")
    with asking.read() as session:
        id_ = Links.of(settings()).read(session, LinkPurpose.TASK, token, NOW)
        assert id_ == owed(session, CODE).id


def test_of_a_unit_that_owes_nothing_is_a_calendar_without_events(asking: Database) -> None:
    found = fetched(asking, unit="van-phong")
    assert found.walk("VEVENT") == []
    assert found["X-WR-CALNAME"] == "Đôn Đốc – Đơn vị van-phong"


def test_has_the_event_that_the_mail_brought(asking: Database) -> None:
    with asking.read() as session:
        mail = mails(session, Purpose.OPEN)[0]
        (raw,) = Composer(session, settings()).compose([mail]).values()
    (brought,) = Calendar.from_ical(part(parsed(raw), "text/calendar")).walk("VEVENT")
    found = event(asking)
    for name in ("UID", "DTSTART", "SUMMARY", "SEQUENCE"):
        assert found[name] == brought[name]
    assert found["UID"] == deadline_uid(CODE, settings().mail_domain)


def test_tells_what_was_sent_for_some_weeks(asking: Database) -> None:
    answer(asking, CODE, A_REPORT, at(2024, 5, 20))
    sent = at(2024, 5, 20)
    assert event(asking, sent)["SUMMARY"] == "Đã gửi: Báo cáo (KL-1/TU)"
    assert fetched(asking, sent + timedelta(days=SENT_DAYS)).walk("VEVENT")
    assert not fetched(asking, sent + timedelta(days=SENT_DAYS + 1)).walk("VEVENT")


def test_counts_up_whenever_the_event_changes(asking: Database) -> None:
    numbers = [event(asking)["SEQUENCE"]]
    with asking.write() as session:
        until = date(2024, 6, 20)
        asked = ask(session, CODE, ReliefKind.EXTENSION, "Thiếu người.", "x", NOW, until)
        decide(session, id_of(asked), True, "Chánh Văn phòng", "", vietnam(), NOW)
    assert event(asking)["DTSTART"].dt == until
    numbers.append(event(asking)["SEQUENCE"])
    for payload in (A_REPORT, figures(so_cuoc=4)):
        answer(asking, CODE, payload, at(2024, 5, 20))
        numbers.append(event(asking, at(2024, 5, 21))["SEQUENCE"])
    assert numbers == sorted(set(numbers))


def test_marks_what_was_let_off(asking: Database) -> None:
    with asking.write() as session:
        asked = ask(session, CODE, ReliefKind.WAIVER, "Thiếu người.", "x", NOW)
        decide(session, id_of(asked), True, "Chánh Văn phòng", "", vietnam(), NOW)
    assert event(asking, at(2024, 5, 8))["SUMMARY"] == "Được miễn: Báo cáo (KL-1/TU)"
