"""What is done with mails of every kind that offices' and units' programs really write.

The mails are files in tests/mails. Đôn Đốc sent the units A, B and C their tasks under the
Message-IDs <aa…@dondoc.example>, <bb…> and <cc…>, and A its reminders under <dd…>.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from models.database import Database
from models.mail import Message, Received
from models.round import Obligation
from models.settings import Settings
from models.unit import Contact, Unit
from models.words import MessageState, Purpose, ReceivedKind
from tasks.incoming import read
from tasks.outbox import queue
from tasks.receiving import TEXT, receive
from tests.conftest import Databases
from tests.tasks.office import OFFICE, SO_A, SO_B, SO_C, a_file, at, issue, know, open_

pytestmark = pytest.mark.any_database

MAILS = Path(__file__).parents[1] / "mails"
SETTINGS = Settings()
SENT = at(2024, 3, 4, 8)
CAME = at(2024, 3, 4, 10)
BOUNCE, DELAY = ReceivedKind.BOUNCE, ReceivedKind.DELAY
AUTOMATIC, REPLY = ReceivedKind.AUTOMATIC, ReceivedKind.REPLY


def the_mail(name: str) -> bytes:
    return (MAILS / f"{name}.eml").read_bytes().replace(b"\n", b"\r\n")


def fill(db: Database) -> None:
    """Three units were sent their tasks, and one of them its reminders."""
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B, SO_C)
        issue(session, a_file())
        open_(session, "kl-1", "bao-cao", SENT)
        for message in session.exec(select(Message)).all():
            message.reference = message.to_email[len("vanthu@so-")] * 32
        first = session.exec(select(Message)).first()
        assert first is not None
        reminders = {
            "key": "unit:1:reminder", "reference": "d" * 32, "purpose": Purpose.REMINDER,
            "unit_id": first.unit_id, "to_name": first.to_name, "to_email": first.to_email,
            "template": "reminder", "context": {},
        }  # fmt: skip
        queue(session, [reminders], SENT)
        for message in session.exec(select(Message)).all():
            of_reminders = message.obligation_id is None
            message.state = MessageState.SENT
            message.sent_at = SENT - timedelta(days=1) if of_reminders else SENT


@pytest.fixture
def session(databases: Databases) -> Session:
    """A transaction that is not kept, in an office whose mails are out."""
    template = databases.template("mails_sent", fill, like=databases.migrated())
    with Session(databases.shared(template).engine) as found:
        yield found
        found.rollback()


def message(session: Session, letter: str) -> Message:
    return session.exec(select(Message).where(Message.reference == letter * 32)).one()


def marked(session: Session) -> tuple[str, str]:
    """The units whose mail has been returned, and those with a contact that is marked."""
    session.expire_all()
    gone = select(Message.reference).where(Message.state == MessageState.BOUNCED)
    dead = select(Unit.code).join(Contact).where(col(Contact.bounced_at).is_not(None))
    returned = sorted(reference[0] for reference in session.exec(gone))
    return "".join(returned), "".join(sorted({code[-1] for code in session.exec(dead)}))


@dataclass(frozen=True)
class Then:
    """What is to become of a mail: its kind, which mail and task and unit it is kept with, its
    status, which mails and contacts are marked.
    """

    kind: ReceivedKind
    message: str = ""
    obligation: str = ""
    unit: str = ""
    status: str | None = None
    bounced: str = ""
    dead: str = ""


def returned(status: str | None, bounced: str = "a", dead: str = "a", to: str = "a") -> Then:
    return Then(BOUNCE, to, to, to, status, bounced, dead)


SAMPLES = {
    "postfix-unknown-user": returned("5.1.1"),
    "postfix-host-not-found": returned("5.4.4"),
    "postfix-expired": returned("4.4.7", dead=""),
    "postfix-delayed": Then(DELAY, "a", "a", "a", "4.4.1"),
    "postfix-delivered": Then(AUTOMATIC, "a", "a", "a", "2.0.0"),
    "zimbra-mailbox-full": returned("5.2.2"),
    "exchange-online-unknown-user": returned("5.1.10"),
    "exchange-access-denied": returned("5.4.1"),
    "exchange-too-big": returned("5.3.4", dead=""),
    "exchange-policy": returned("5.7.1", dead=""),
    "gmail-unknown-user": returned("5.1.1"),
    "gmail-mailbox-full": returned("5.2.2"),
    "opensmtpd-unknown-user": returned("5.1.1"),
    "exim-unknown-user": returned("5.1.1"),
    "qmail-unknown-user": returned("5.1.1"),
    "two-recipients": returned("5.1.1"),
    "base64-status": returned("5.1.1"),
    "international-status": returned("5.1.1"),
    "named-in-header-only": returned("5.1.1"),
    # shown, but nothing is marked on such words
    "no-original": returned("5.1.1", bounced="", dead=""),
    "of-another-recipient": returned("5.1.1", bounced="", dead=""),
    "of-a-foreign-mail": returned("5.1.1", bounced="", dead="", to=""),
    "of-a-mail-never-sent": returned("5.1.1", bounced="", dead="", to=""),
    "daemon-in-words": returned(None, bounced="", dead=""),
    "broken-status": returned(None, bounced="", dead="", to=""),
    "outlook-out-of-office": Then(AUTOMATIC, "a", "a", "a"),
    "gmail-vacation": Then(AUTOMATIC, "a", "a", "a"),
    "zimbra-vacation": Then(AUTOMATIC, "a", "a", "a"),
    "sieve-vacation": Then(AUTOMATIC, unit="a"),
    "out-of-office-by-subject": Then(AUTOMATIC, unit="a"),
    "automatic-by-vietnamese-subject": Then(AUTOMATIC, unit="a"),
    "precedence-junk": Then(AUTOMATIC, unit="a"),
    "read-receipt": Then(AUTOMATIC, "a", "a", "a"),
    "from-ourselves": Then(AUTOMATIC),
    "gmail-reply": Then(REPLY, "a", "a", "a"),
    "html-reply-gmail-quote": Then(REPLY, "a", "a", "a"),
    "outlook-html-reply-1258": Then(REPLY, "a", "a", "a"),
    "windows-1258-reply": Then(REPLY, "a", "a", "a"),
    "iphone-reply": Then(REPLY, "a", "a", "a"),
    "zimbra-reply-with-file": Then(REPLY, "a", "a", "a"),
    "answers-between-lines": Then(REPLY, "a", "a", "a"),
    "passed-on-as-answer": Then(REPLY, "a", "a", "a"),
    "eight-bit-headers": Then(REPLY, "a", "a", "a"),
    "reply-to-reminders": Then(REPLY, "d", "", "a"),
    "code-in-subject": Then(REPLY, "", "b", "b"),
    "code-in-words": Then(REPLY, "", "c", "c"),
    "two-codes": Then(REPLY, "", "", "b"),
    "known-sender": Then(REPLY, "", "", "b"),
    "no-message-id": Then(REPLY, "", "", "b"),
    "unknown-sender": Then(REPLY),
    "hostile-characters": Then(REPLY),
}


def test_every_sample_is_told_of() -> None:
    assert {path.stem for path in MAILS.glob("*.eml")} == set(SAMPLES)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_mail_is_understood(session: Session, name: str) -> None:
    kept = receive(session, the_mail(name), SETTINGS, CAME)
    assert kept is not None
    of, task, unit = "", "", ""
    if kept.message_id is not None:
        of = session.get_one(Message, kept.message_id).reference[0]
    if kept.obligation_id is not None:
        task = session.get_one(Obligation, kept.obligation_id).code[-1]
    if kept.unit_id is not None:
        unit = session.get_one(Unit, kept.unit_id).code[-1]
    assert Then(kept.kind, of, task, unit, kept.status, *marked(session)) == SAMPLES[name]


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_mail_read_twice_is_kept_once(session: Session, name: str) -> None:
    raw = the_mail(name)
    receive(session, raw, SETTINGS, CAME)
    before = marked(session)
    assert receive(session, raw, SETTINGS, CAME + timedelta(hours=1)) is None
    assert len(session.exec(select(Received)).all()) == 1
    assert marked(session) == before


class TestWhatWaits:
    @pytest.mark.parametrize("name", sorted(SAMPLES))
    def test_is_what_needs_a_person(self, session: Session, name: str) -> None:
        kept = receive(session, the_mail(name), SETTINGS, CAME)
        assert kept is not None
        assert (kept.settled_at is None) == (SAMPLES[name].kind in (BOUNCE, REPLY))


class TestReturned:
    def test_says_status_and_words_at_the_mail_and_the_contact(self, session: Session) -> None:
        receive(session, the_mail("postfix-unknown-user"), SETTINGS, CAME)
        words = (
            "5.1.1 550 5.1.1 <vanthu@so-a.example>: Recipient address rejected:"
            " User unknown in virtual mailbox table"
        )
        session.expire_all()
        assert message(session, "a").outcome == words
        assert message(session, "a").sent_at == SENT
        contacts = session.exec(select(Contact).where(Contact.email == "vanthu@so-a.example")).all()
        assert contacts
        assert {(c.bounced_at, c.bounce) for c in contacts} == {(CAME, words)}

    def test_of_a_server_that_says_the_reason_to_people_only(self, session: Session) -> None:
        receive(session, the_mail("opensmtpd-unknown-user"), SETTINGS, CAME)
        session.expire_all()
        assert "User doesn't exist" in (message(session, "a").outcome or "")

    @pytest.mark.parametrize("state", ["unknown", "leased", "retry"])
    def test_was_sent_even_where_that_was_not_known(self, session: Session, state: str) -> None:
        found = message(session, "a")
        found.state, found.sent_at = MessageState(state), None
        receive(session, the_mail("postfix-unknown-user"), SETTINGS, CAME)
        session.expire_all()
        assert message(session, "a").state is MessageState.BOUNCED
        assert message(session, "a").sent_at == CAME

    @pytest.mark.parametrize("state", ["queued", "failed", "dropped"])
    def test_marks_nothing_that_was_not_out(self, session: Session, state: str) -> None:
        found = message(session, "a")
        found.state, found.sent_at = MessageState(state), None
        receive(session, the_mail("postfix-unknown-user"), SETTINGS, CAME)
        assert marked(session) == ("", "")

    def test_from_an_old_address_marks_nothing(self, session: Session) -> None:
        """The secretariat has corrected the address, and the mail was sent again."""
        message(session, "a").to_email = "vanphong@so-a.example"
        kept = receive(session, the_mail("postfix-unknown-user"), SETTINGS, CAME)
        assert marked(session) == ("", "")
        assert kept is not None and kept.message_id == message(session, "a").id

    def test_without_its_name_is_shown_with_the_newest_mail_there(self, session: Session) -> None:
        reminders = message(session, "d")
        reminders.sent_at = SENT + timedelta(hours=1)
        kept = receive(session, the_mail("no-original"), SETTINGS, CAME)
        assert kept is not None and kept.message_id == reminders.id

    def test_without_its_name_long_after_is_shown_with_none(self, session: Session) -> None:
        kept = receive(session, the_mail("no-original"), SETTINGS, CAME + timedelta(days=7))
        assert kept is not None and kept.message_id is None


class TestReply:
    def text_of(self, session: Session, name: str) -> str:
        kept = receive(session, the_mail(name), SETTINGS, CAME)
        assert kept is not None
        return kept.text

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("gmail-reply", "Kính gửi Văn phòng,\n\nSở A xin gửi báo cáo vào ngày 28/5."),
            ("html-reply-gmail-quote", "Sở A xin lùi đến 10/6.\n\nTrân trọng.\n\n-----"),
            (
                "outlook-html-reply-1258",
                "Kính gửi Văn phòng,\n\nCơ quan tôi đã nhận & sẽ báo cáo đúng hạn.\n\n-----",
            ),
            ("windows-1258-reply", "Sở A đã nhận được văn bản, sẽ thực hiện nghiêm túc."),
            ("iphone-reply", "Anh chị cho gia hạn đến 10/6 được không ạ?\n\nĐã gửi từ iPhone"),
            ("reply-to-reminders", "Đã rõ, cảm ơn.\n\n-----"),
        ],
    )
    def test_begins_with_the_senders_words(self, session: Session, name: str, words: str) -> None:
        assert self.text_of(session, name).startswith(words)

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("gmail-reply", "> đề nghị gửi báo cáo trước ngày 03/06/2024."),
            ("answers-between-lines", "Sở A xin gửi ngày 01/6.\n\n> Gui ca phu luc.\n\nVâng."),
            ("passed-on-as-answer", "Đồng ý gửi báo cáo."),
        ],
    )
    def test_keeps_the_rest_too(self, session: Session, name: str, words: str) -> None:
        assert words in self.text_of(session, name)

    @pytest.mark.parametrize("name", ["answers-between-lines", "passed-on-as-answer"])
    def test_is_not_split_where_the_quote_speaks(self, session: Session, name: str) -> None:
        text = self.text_of(session, name)
        assert "-----\n" not in text.replace("Forwarded message ---------", "")

    def test_says_what_came_with_it(self, session: Session) -> None:
        kept = receive(session, the_mail("zimbra-reply-with-file"), SETTINGS, CAME)
        assert kept is not None
        assert [(a["name"], a["size"]) for a in kept.attachments] == [
            ("Báo cáo số 12.docx", 1000), ("Phụ lục.pdf", 10),
        ]  # fmt: skip
        assert kept.attachments[1]["type"] == "application/pdf"

    def test_says_who_wrote_about_what(self, session: Session) -> None:
        kept = receive(session, the_mail("outlook-html-reply-1258"), SETTINGS, CAME)
        assert kept is not None
        assert kept.sender == "Văn thư Sở A <vanthu@so-a.example>"
        assert kept.subject == "RE: Báo cáo"

    def test_that_is_long_is_cut_and_says_so(self, session: Session) -> None:
        long = the_mail("unknown-sender") + b"dai " * TEXT
        kept = receive(session, long, SETTINGS, CAME)
        assert kept is not None
        assert len(kept.text) < TEXT + 200
        assert kept.text.endswith("]")

    def test_from_an_address_of_several_units_is_of_none(self, session: Session) -> None:
        shared = select(Contact).where(col(Contact.email).in_(["vanthu@so-c.example"]))
        for contact in session.exec(shared).all():
            contact.email = "VANTHU@so-b.example"
        kept = receive(session, the_mail("known-sender"), SETTINGS, CAME)
        assert kept is not None and kept.unit_id is None


def nested(depth: int) -> bytes:
    """Parts in parts, each a multipart."""
    heads = (
        f'Content-Type: multipart/mixed; boundary="{n}"\r\n\r\n--{n}\r\n' for n in range(depth)
    )
    return b"From: x@x.example\r\nSubject: sau\r\n" + "".join(heads).encode() + b"\r\nxin\r\n"


HOSTILE = {
    "nothing": b"",
    "a NUL": b"\0",
    "no header": b"\r\n\r\nxin",
    "ten thousand multiparts": nested(10_000),
    "mails in mails": b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
    "digests in digests": b"Content-Type: multipart/digest; boundary=a\r\n\r\n--a\r\n\r\n" * 9_000,
    "a million parts": b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"
    + b"--a\r\n" * 1_000_000,
    "a notice of empty lines": b"Content-Type: message/delivery-status\r\n\r\n"
    + b"a:b\n\n" * 500_000,
    "a header of semicolons": b'Content-Type: text/plain; x="' + b";" * 2_000_000 + b'"\r\n\r\nxin',
    "a folded header": b"Subject: " + b"=?utf-8?q?\r\n " * 200_000 + b"\r\n\r\nxin",
    "half encoded words": b"Subject: " + b"=?utf-8?q?a" * 200_000 + b"\r\n\r\nxin",
    "parameters in pieces": b"Content-Type: text/plain; "
    + b"".join(b"name*%d=a; " % n for n in range(20_000)) + b"\r\n\r\nxin",
    "references": b"References: " + b"<a@dondoc.example> " * 100_000 + b"\r\n\r\nxin",
    "tags that do not end": b"Content-Type: text/html\r\n\r\n" + b"<a " * 300_000,
    "comments that do not end": b"Content-Type: text/html\r\n\r\n" + b"<!--" * 300_000,
    "a declaration nobody knows": b"Content-Type: text/html\r\n\r\nxin <![khong[ x ]]> chao",
    "entities": b"Content-Type: text/html\r\n\r\n" + b"&#x110000;&#0;&bogus;" * 20_000,
    "lines that begin quotes": b"\r\n\r\n" + b"On a\r\n" * 200_000,
    "names of hosts as charset": b"Content-Type: text/plain; charset=punycode\r\n\r\n"
    + b"a-" * 300_000,
    "a line of dashes": b"\r\n\r\n" + b"-" * 2_000_000,
    "lines of underscores": b"\r\n\r\n" + b"_" * 400_000,
    "codes without end": b"\r\n\r\n" + b"a-" * 200_000 + b"/" + b"a/" * 100_000,
    "bad base64": b"Content-Transfer-Encoding: base64\r\n\r\nA",
    "a charset that opens": b"Content-Type: text/plain; charset=zip\r\n\r\nxin",
    "twelve megabytes": b"Subject: to\r\n\r\n" + b"x" * 78 * 160_000,
    "a bomb of a zip": b"Content-Type: application/zip; name=a.zip\r\n\r\n" + b"PK" * 1_000_000,
}  # fmt: skip


@pytest.mark.parametrize("databases", ["postgres"], indirect=True)  # refuses more than SQLite
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_mail_made_to_hurt_is_kept_and_marks_nothing(session: Session, name: str) -> None:
    kept = receive(session, HOSTILE[name], SETTINGS, CAME)
    assert kept is not None
    session.flush()
    assert marked(session) == ("", "")


@pytest.mark.parametrize("databases", ["postgres"], indirect=True)  # refuses more than SQLite
def test_a_mail_of_fifty_megabytes_is_kept_in_part(session: Session) -> None:
    head = the_mail("zimbra-reply-with-file").rpartition(b"--")[0].rpartition(b"--")[0]
    more = b'\r\nContent-Type: image/tiff; name="quet.tif"\r\n\r\n' + b"x" * 50_000_000
    kept = receive(session, head + more, SETTINGS, CAME)
    assert kept is not None
    assert kept.obligation_id is not None
    assert "So A gui bao cao kem theo." in kept.text
    assert kept.text.endswith("]")


class TestForged:
    def test_notice_names_a_mail_but_not_its_recipient(self, session: Session) -> None:
        """B's own returned mail cannot be used to mark A's."""
        raw = the_mail("postfix-unknown-user").replace(
            b"rfc822; vanthu@so-a.example", b"rfc822; vanthu@so-b.example"
        ).replace(b"rfc822;vanthu@so-a.example", b"rfc822;vanthu@so-b.example")  # fmt: skip
        receive(session, raw, SETTINGS, CAME)
        assert marked(session) == ("", "")

    def test_sender_wears_another_in_the_name(self, session: Session) -> None:
        raw = b"From: =?utf-8?q?S=E1=BB=9F_B_=3Cvanthu=40so-b.example=3E?= <x@x.example>\r\n\r\nxin"
        kept = receive(session, raw, SETTINGS, CAME)
        assert kept is not None
        assert kept.sender.endswith("<x@x.example>")
        assert kept.unit_id is None


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["cut", "drop", "double", "put", "swap"]),
        st.floats(0, 1, exclude_max=True),
        st.integers(1, 400),
        st.binary(max_size=12),
    ),
    min_size=1,
    max_size=8,
)


def changed(raw: bytes, changes: list[tuple[str, float, int, bytes]]) -> bytes:
    """A mail as a bad line, a bad program or a bad person may have left it."""
    for kind, place, length, new in changes:
        at_ = int(place * len(raw))
        here, there = raw[:at_], raw[at_ + length :]
        piece = raw[at_ : at_ + length]
        raw = {
            "cut": here, "drop": here + there, "double": here + piece * 2 + there,
            "put": here + new + raw[at_:], "swap": here + piece[::-1] + there,
        }[kind]  # fmt: skip
    return raw


@pytest.mark.parametrize("databases", ["postgres"], indirect=True)  # refuses more than SQLite
@given(name=st.sampled_from(sorted(SAMPLES)), changes=CHANGES)
@trying(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_damage_raises_or_marks_what_is_not_named(
    session: Session, name: str, changes: list[tuple[str, float, int, bytes]]
) -> None:
    raw = changed(the_mail(name), changes)
    with session.begin_nested() as attempt:
        assert receive(session, raw, SETTINGS, CAME) is not None
        bounced, dead = marked(session)
        assert bounced in ("", "a", "b", "c", "d")
        assert not bounced or bounced.encode() * 32 in raw or SAMPLES[name].bounced == bounced
        assert set(dead) <= set(bounced)
        attempt.rollback()


class TestSenders:
    @pytest.mark.parametrize(
        "written",
        [
            "Sở A <ai@khac.example>",
            '"vanthu@so-a.example" <ai@khac.example>',
            "vanthu@so-a.example <ai@khac.example>",
            "=?utf-8?q?vanthu=40so-a=2Eexample?= <ai@khac.example>",
            "<ai@khac.example>",
            "ai@khac.example",
        ],
    )
    def test_are_the_address_and_not_what_stands_before_it(self, written: str) -> None:
        raw = f"From: {written}\r\nSubject: x\r\n\r\nChào.\r\n".encode()
        assert read(raw).sender == "ai@khac.example"
