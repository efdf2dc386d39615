"""The links in the mails: each opens what its mail is about, and for its unit alone."""

import re
from datetime import date, timedelta

import pytest
from sqlmodel import Session, col, select

from models.calendar import vietnam
from models.database import Database
from models.mail import Message
from models.round import Obligation, Round
from models.settings import Settings
from models.unit import Unit
from models.words import Purpose, ReliefKind
from tasks import lookup
from tasks.composing import Composer
from tasks.links import TASK_DAYS, BadLink, LinkPurpose, Links, take_back
from tasks.lookup import id_of
from tasks.reliefs import ask, decide
from tasks.reminding import remind
from tests.tasks.office import A_REPORT, answer, at, issue, mails, open_, owed, report_file
from tests.tasks.reading import parsed, part

SETTINGS = Settings(portal_url="https://don-doc.tinh.example")
LINK = re.compile(r"https://don-doc\.tinh\.example/([tuc])/([\w.-]+?)(?:\.ics)?(?=[\s\"])")
NOW = at(2024, 5, 7)
CODE = "kl-1/bao-cao/so-a"


def links(session: Session, *messages: Message) -> list[list[tuple[str, str]]]:
    """The links of each mail: those of the text, which are those of the HTML."""
    contents = Composer(session, SETTINGS).compose(messages)
    found = []
    for message in messages:
        mail = parsed(contents[id_of(message)])
        in_text, in_html = (LINK.findall(part(mail, kind)) for kind in ("text/plain", "text/html"))
        assert sorted(in_text) == sorted(in_html)
        found.append(in_text)
    return found


def opened(session: Session, found: list[tuple[str, str]]) -> dict[str, list[int]]:
    """What the links of a mail open, by kind."""
    purposes = {"t": LinkPurpose.TASK, "u": LinkPurpose.UNIT, "c": LinkPurpose.CALENDAR}
    read: dict[str, list[int]] = {}
    for kind, token in found:
        id_ = Links.of(SETTINGS).read(session, purposes[kind], token, NOW)
        read.setdefault(kind, []).append(id_)
    return read


class TestLinks:
    def test_of_a_task_open_it_all_its_unit_owes_and_its_calendar(self, asking: Database) -> None:
        """One by one and from the form of many."""
        with asking.read() as session:
            both = mails(session, Purpose.OPEN)
            assert links(session, *both) == [links(session, mail)[0] for mail in both]
            for mail, found in zip(both, links(session, *both), strict=True):
                id_, unit = mail.obligation_id, mail.unit_id
                assert opened(session, found) == {"t": [id_], "u": [unit], "c": [unit]}

    def test_of_receipt_refusal_and_decision_open_the_task(self, asking: Database) -> None:
        with asking.write() as session:
            until = date(2024, 6, 20)
            asked = ask(session, CODE, ReliefKind.EXTENSION, "Thiếu người.", "x", NOW, until)
            decide(session, id_of(asked), True, "Chánh Văn phòng", "", vietnam(), NOW)
        answer(asking, CODE, {}, NOW)
        answer(asking, CODE, A_REPORT, NOW)
        with asking.read() as session:
            id_, unit = owed(session, CODE).id, lookup.unit(session, "so-a").id
            for purpose in (Purpose.DECISION, Purpose.REFUSAL, Purpose.RECEIPT):
                (found,) = links(session, *mails(session, purpose))
                assert opened(session, found) == {"t": [id_], "u": [unit]}

    def test_of_a_reminder_open_each_task_and_none_of_other_units(self, asking: Database) -> None:
        with asking.write() as session:
            issue(session, report_file("kl-2"))
            open_(session, "kl-2", "bao-cao", at(2024, 5, 6))
            remind(session, vietnam(), at(2024, 6, 7, 8, 30))
        with asking.read() as session:
            for mail in mails(session, Purpose.REMINDER, Purpose.ESCALATION):
                mine = select(Obligation.id).where(Obligation.unit_id == mail.unit_id)
                (found,) = links(session, mail)
                read = opened(session, found)
                assert sorted(read.pop("t", [])) == sorted(session.exec(mine))
                assert read == {"u": [mail.unit_id]}
            (letter,) = mails(session, Purpose.ESCALATION)
            assert len(letter.context["late"]) == 4

    def test_are_the_same_whenever_the_mail_is_written(self, asking: Database) -> None:
        with asking.read() as session:
            (first, _second) = mails(session, Purpose.OPEN)
            assert links(session, first) == links(session, first)

    def test_of_a_task_live_half_a_year_beyond_its_date_and_its_round(
        self, asking: Database
    ) -> None:
        with asking.read() as session:
            (first, _second) = mails(session, Purpose.OPEN)
            token = next(token for kind, token in links(session, first)[0] if kind == "t")
            closes = session.exec(select(Round.closes)).one()
            last = closes + timedelta(days=TASK_DAYS)
            read = Links.of(SETTINGS).read
            evening = at(last.year, last.month, last.day, 23, 59)
            assert read(session, LinkPurpose.TASK, token, evening) == first.obligation_id
            with pytest.raises(BadLink):
                read(session, LinkPurpose.TASK, token, evening + timedelta(minutes=1))

    @pytest.mark.parametrize("kind", ["t", "u"])
    def test_taken_back_open_nothing_and_the_next_mail_has_new_ones(
        self, asking: Database, kind: str
    ) -> None:
        with asking.write() as session:
            (first, _second) = mails(session, Purpose.OPEN)
            (before,) = links(session, first)
            owner = Obligation if kind == "t" else Unit
            id_ = first.obligation_id if kind == "t" else first.unit_id
            take_back(session, session.exec(select(owner).where(col(owner.id) == id_)).one())
        with asking.read() as session:
            (first, _second) = mails(session, Purpose.OPEN)
            (after,) = links(session, first)
            revoked = {"t": {"t"}, "u": {"u", "c"}}[kind]
            assert {k for (k, token), new in zip(before, after, strict=True)
                    if (k, token) != new} == revoked  # fmt: skip
            opened(session, after)
            with pytest.raises(BadLink):
                opened(session, [link for link in before if link[0] in revoked])
