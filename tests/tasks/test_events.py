"""Deadlines as calendar files: all-day events that any calendar reads, the same for ever."""

from datetime import UTC, date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from tasks.events import Deadline, calendar_file, deadline_uid
from tests.tasks.office import at

STAMP = at(2024, 11, 22)
CODE = "53-kh-ubnd/bao-cao-nam-2024/so-khdt"
DEADLINE = Deadline(
    uid=deadline_uid(CODE, "dondoc.example"),
    day=date(2024, 12, 20),
    title="Hạn: Báo cáo năm tình hình thực hiện Kế hoạch năm 2024 (53/KH-UBND); gửi Thanh tra tỉnh",
    reason="Căn cứ: “định kỳ hàng năm, báo cáo tình hình thực hiện” (dòng 11).\nDời sang thứ Hai.",
)
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=300)


def events(raw: bytes) -> list[Any]:
    return list(Calendar.from_ical(raw).walk("VEVENT"))


class TestCalendarFiles:
    def test_publish_all_day_events(self) -> None:
        raw = calendar_file([DEADLINE], STAMP)
        calendar = Calendar.from_ical(raw)
        assert (calendar["METHOD"], calendar["VERSION"]) == ("PUBLISH", "2.0")
        (event,) = events(raw)
        assert event["DTSTART"].dt == date(2024, 12, 20)
        assert event["DTEND"].dt == date(2024, 12, 21)
        assert event["DTSTART"].params["VALUE"] == "DATE"
        assert event["DTSTAMP"].dt == STAMP
        assert event["DTSTAMP"].dt.utcoffset() == timedelta(0)
        assert event["TRANSP"] == "TRANSPARENT"

    def test_hold_no_task_since_outlook_would_not_import_it(self) -> None:
        assert b"VTODO" not in calendar_file([DEADLINE], STAMP)

    @given(title=TEXTS, reason=TEXTS)
    @settings(deadline=None, max_examples=100)
    def test_keep_the_words_and_fold_at_75_octets(self, title: str, reason: str) -> None:
        raw = calendar_file([Deadline("u@x", date(2024, 12, 20), title, reason)], STAMP)
        lines = raw.split(b"\r\n")
        assert max(map(len, lines)) <= 75
        for line in lines:
            line.decode()  # no letter is torn between two lines
        (event,) = events(raw)
        assert (event["SUMMARY"], event["DESCRIPTION"]) == (title, reason)

    def test_keep_vietnamese_and_line_ends(self) -> None:
        (event,) = events(calendar_file([DEADLINE], STAMP))
        assert event["SUMMARY"] == DEADLINE.title
        assert event["DESCRIPTION"] == DEADLINE.reason

    def test_may_hold_several_deadlines(self) -> None:
        days = [date(2024, 12, day) for day in (20, 23, 24)]
        raw = calendar_file([Deadline(f"{d}@x", d, "Hạn", "Vì") for d in days], STAMP)
        assert [event["DTSTART"].dt for event in events(raw)] == days

    def test_raise_the_sequence_of_a_moved_date(self) -> None:
        moved = Deadline(DEADLINE.uid, date(2025, 1, 3), "Hạn", "Dời", sequence=1)
        (before,) = events(calendar_file([DEADLINE], STAMP))
        (after,) = events(calendar_file([moved], STAMP))
        assert before["UID"] == after["UID"]
        assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)

    def test_are_the_same_for_the_same_instant_in_any_zone(self) -> None:
        assert calendar_file([DEADLINE], STAMP) == calendar_file([DEADLINE], STAMP.astimezone(UTC))


class TestUids:
    def test_stay_the_obligation_s(self) -> None:
        assert deadline_uid(CODE, "dondoc.example") == DEADLINE.uid
        assert deadline_uid(CODE + "x", "dondoc.example") != DEADLINE.uid

    @pytest.mark.parametrize("code", [CODE, "x", "ố" * 100])
    def test_are_ascii_of_one_length(self, code: str) -> None:
        uid = deadline_uid(code, "dondoc.example")
        assert uid.isascii()
        assert len(uid) == len(DEADLINE.uid)
