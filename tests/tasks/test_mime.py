"""A mail written as bytes is the mail that the standard library reads back."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markupsafe import escape
from pydantic import ValidationError

from models.settings import Settings
from tasks.mime import Form, Mail, build, message_id, seen, thread_root
from tasks.stencils import Cut, Stencil
from tests.tasks.office import at
from tests.tasks.reading import addressee, lines, parsed, part

pytestmark = pytest.mark.any_database

CALENDAR = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR\r\n"
DOMAIN = "dondoc.example"
MAIL = Mail(
    sender="Đôn Đốc <don-doc@van-phong.example>",
    to_name="Sở Kế hoạch và Đầu tư",
    to_email="vanthu@so-khdt.thanh-hoa.example",
    subject="[53/KH-UBND] Báo cáo năm tình hình thực hiện Kế hoạch – hạn 20/12/2024",
    text="Kính gửi: Sở Kế hoạch và Đầu tư\n\nĐề nghị gửi báo cáo.\n",
    html="<p>Kính gửi: <b>Sở Kế hoạch và Đầu tư</b></p>",
    date=at(2024, 11, 22),
    message_id=message_id("obligation:1:open", DOMAIN),
    references=thread_root("53-kh-ubnd", DOMAIN),
    calendar=CALENDAR,
)

# words of one line as templates and registers give them: no control characters, trimmed
LINES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200).map(
    lambda text: " ".join(text.split())
)
LETTERS = "ăâđêôơưáàảãạấầẩẫậỹ ĐƯỜNG-/.,“”–()abc0123456789"
LONG = st.text(LETTERS, min_size=60, max_size=300).map(lambda text: " ".join(text.split()))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=500)
WORDS = st.from_regex(r"[a-z0-9]{1,10}(-[a-z0-9]{1,10})?", fullmatch=True)
ADDRESSES = st.builds("{}@{}.example".format, WORDS, WORDS)
SLUGS = st.text("abc-123", min_size=1, max_size=60)
MOMENTS = st.datetimes(
    min_value=datetime(2024, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(UTC)
)
MAILS = st.builds(
    Mail,
    sender=st.builds("{} <{}>".format, st.just("Đôn Đốc"), ADDRESSES) | ADDRESSES,
    to_name=LINES | LONG,
    to_email=ADDRESSES,
    subject=LINES | LONG,
    text=TEXTS,
    html=TEXTS,
    date=MOMENTS,
    message_id=st.builds(message_id, TEXTS, st.just(DOMAIN)),
    references=st.none() | st.builds(thread_root, SLUGS, st.just(DOMAIN)),
    calendar=st.none() | st.binary(min_size=1, max_size=500),
)

EVIL = ["\r\nBcc: x@y.example", "\r\n ", "\n", "\r", "\0", "\t", "\x1b", "\x7f"]


class TestBuilding:
    @given(mail=MAILS)
    @example(mail=MAIL)
    @example(mail=replace(MAIL, subject="", to_name="", text="", html=""))
    @settings(deadline=None, max_examples=100)
    def test_is_read_back_by_the_standard_library(self, mail: Mail) -> None:
        raw = build(mail)
        found = parsed(raw)
        assert addressee(raw) == (mail.to_name, mail.to_email)
        assert addressee(raw, "From") == parseaddr(mail.sender)
        assert found["Subject"] == mail.subject
        assert found["Date"].datetime == mail.date.replace(microsecond=0)
        assert found["Message-ID"] == mail.message_id
        assert found["References"] == mail.references
        assert found["Auto-Submitted"] == "auto-generated"
        assert part(found, "text/plain") == lines(mail.text)
        assert part(found, "text/html") == lines(mail.html)
        assert seen(raw) == (mail.subject, lines(mail.html))
        assert not found.defects
        assert not [defect for part in found.walk() for defect in part.defects]

    @given(mail=MAILS)
    @example(mail=replace(MAIL, references=thread_root("x" * 60, DOMAIN)))
    @settings(deadline=None, max_examples=100)
    def test_gives_lines_of_at_most_78_characters_ended_by_crlf(self, mail: Mail) -> None:
        raw = build(mail)
        assert raw.isascii()
        lines = raw.split(b"\r\n")
        assert lines[-1] == b""
        assert max(map(len, lines)) <= 78
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)

    @given(calendar=st.binary(min_size=1, max_size=500))
    @settings(deadline=None, max_examples=50)
    def test_attaches_the_calendar_as_it_is(self, calendar: bytes) -> None:
        found = parsed(build(replace(MAIL, calendar=calendar)))
        (attached,) = found.iter_attachments()
        assert attached.get_content_type() == "text/calendar"
        assert attached["Content-Type"].params["method"] == "PUBLISH"
        assert attached.get_filename() == "han-gui.ics"
        assert attached.get_payload(decode=True) == calendar

    def test_offers_text_first_and_html_as_the_better_one(self) -> None:
        found = parsed(build(MAIL))
        assert found.get_content_type() == "multipart/mixed"
        kinds = [part.get_content_type() for part in found.walk()]
        assert kinds == [
            "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar",
        ]  # fmt: skip
        without = parsed(build(replace(MAIL, calendar=None)))
        assert without.get_content_type() == "multipart/alternative"
        assert list(without.iter_attachments()) == []

    def test_is_the_same_for_the_same_mail(self) -> None:
        assert build(MAIL) == build(MAIL)

    def test_has_references_only_where_there_is_a_directive(self) -> None:
        assert "References" not in parsed(build(replace(MAIL, references=None)))
        found = parsed(build(MAIL))["References"]
        assert found == thread_root("53-kh-ubnd", DOMAIN)

    def test_writes_the_date_with_its_zone(self) -> None:
        assert parsed(build(MAIL))["Date"].datetime.utcoffset() == timedelta(hours=7)


class TestRefusing:
    @pytest.mark.parametrize(
        "field", ["sender", "to_name", "to_email", "subject", "message_id", "references"]
    )
    @pytest.mark.parametrize(
        "evil", ["\r\nBcc: x@y.example", "\r\n ", "\n", "\r", "\0", "\t", "\x1b", "\x7f"]
    )
    @pytest.mark.parametrize("place", ["{evil}{value}", "{value}{evil}", "{half}{evil}{rest}"])
    def test_a_field_with_control_characters(self, field: str, evil: str, place: str) -> None:
        value = str(getattr(MAIL, field))
        half, rest = value[: len(value) // 2], value[len(value) // 2 :]
        changed: dict[str, Any] = {
            field: place.format(evil=evil, value=value, half=half, rest=rest)
        }
        with pytest.raises(ValueError, match=r"header|address"):
            build(replace(MAIL, **changed))

    @pytest.mark.parametrize(
        "address",
        [
            "", "vanthu", "a@b, c@d", "a@b;c@d", "<a@b>", "a b@c", '"a"@b', "văn-thư@sở.example",
            "a@b>", "@", "a@", "@b",
        ],
    )  # fmt: skip
    def test_what_is_no_address(self, address: str) -> None:
        with pytest.raises(ValueError, match="address"):
            build(replace(MAIL, to_email=address))

    @pytest.mark.parametrize("sender", ["", "Đôn Đốc", "Đôn Đốc <>"])
    def test_a_sender_without_an_address(self, sender: str) -> None:
        with pytest.raises(ValueError, match="address"):
            build(replace(MAIL, sender=sender))

    @given(text=st.text(max_size=50))
    @settings(deadline=None, max_examples=100)
    def test_or_writing_one_line_whatever_the_words(self, text: str) -> None:
        """No text makes a header of its own: it is refused or read back as the same words."""
        try:
            raw = build(replace(MAIL, subject=text, to_name=text, calendar=None))
        except ValueError:
            return
        assert parsed(raw).keys() == parsed(build(replace(MAIL, calendar=None))).keys()


class TestMessageIds:
    def test_follow_from_the_cause_alone(self) -> None:
        same = message_id("obligation:1:open", DOMAIN)
        assert same == message_id("obligation:1:open", DOMAIN)
        assert same != message_id("obligation:2:open", DOMAIN)
        assert re.fullmatch(r"<[0-9a-f]{32}@dondoc\.example>", same)

    def test_of_threads_follow_from_the_directive(self) -> None:
        assert thread_root("53-kh-ubnd", DOMAIN) == thread_root("53-kh-ubnd", DOMAIN)
        assert thread_root("53-kh-ubnd", DOMAIN) != thread_root("54-kh-ubnd", DOMAIN)
        assert thread_root("53-kh-ubnd", DOMAIN).endswith(f"@{DOMAIN}>")


class TestForms:
    @given(names=st.lists(LINES | LONG, min_size=2, max_size=4), pieces=st.tuples(TEXTS, TEXTS))
    @settings(deadline=None, max_examples=100)
    def test_give_each_unit_the_mail_it_would_have_alone(
        self, names: list[str], pieces: tuple[str, str]
    ) -> None:
        cut = Cut(tuple(map(lines, (*pieces, "."))), ("unit", "code"))
        form = Form.of(Stencil(Cut(("Gửi ", ""), ("unit",)), cut, cut), MAIL)
        for number, name in enumerate(names):
            own = {"unit": name, "code": f"53-kh-ubnd/ke-hoach/don-vi-{number}"}
            escaped = {key: str(escape(value)) for key, value in own.items()}
            id_ = message_id(name, DOMAIN)
            raw = form.fill(name, MAIL.to_email, id_, own, CALENDAR)
            found = parsed(raw)
            assert part(found, "text/plain") == lines(cut.fill(own))
            assert part(found, "text/html") == lines(cut.fill(escaped))
            assert (addressee(raw)[0], found["Message-ID"]) == (name, id_)
            assert max(map(len, raw.split(b"\r\n"))) <= 78
            assert not found.defects


class TestTheSettings:
    @given(
        sender=st.text(max_size=30)
        | st.builds("{} <{}>".format, st.text(max_size=10), st.text(max_size=12))
        | st.builds("{} <{}>".format, LINES, ADDRESSES)
    )
    @example(sender="don-doc@van-phong.example")
    @example(sender="Đôn Đốc <don-doc>")
    @example(sender="đôn-đốc@van-phong.example")
    @example(sender="Văn phòng, UBND tỉnh <a@b.example>")
    @example(sender="a@b.example\n")
    @settings(deadline=None, max_examples=200)
    def test_take_no_sender_with_which_no_mail_can_be_written(self, sender: str) -> None:
        """Else each mail would fail for good, one after the other."""
        try:
            found = Settings(mail_from=sender)
        except ValidationError:
            return
        assert addressee(build(replace(MAIL, sender=found.mail_from)), "From")[1]

    @given(domain=st.text(max_size=20) | ADDRESSES)
    @example(domain="dondoc.example\n")
    @settings(deadline=None, max_examples=100)
    def test_take_no_domain_with_which_no_mail_can_be_written(self, domain: str) -> None:
        try:
            found = Settings(mail_domain=domain)
        except ValidationError:
            return
        build(replace(MAIL, message_id=message_id("x", found.mail_domain)))

    @pytest.mark.parametrize("sender", ["a@b.example", "Đôn Đốc <a@b.example>", "<a@b.example>"])
    def test_take_a_sender_with_or_without_a_name(self, sender: str) -> None:
        assert Settings(mail_from=sender).mail_from == sender
