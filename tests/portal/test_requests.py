"""Requests of units on the pages, and rounds that are opened on request."""

import re
from datetime import date
from typing import ClassVar

import pytest
from sqlmodel import Session, col, select

from models.mail import Message
from models.round import Obligation, Relief, Round
from models.words import AccountRole, Purpose, ReliefKind
from portal.site import Site
from tasks import reliefs
from tests.portal.test_review import id_of_unit
from tests.portal.visitor import Visitor, signed_in
from tests.tasks.office import at

pytestmark = pytest.mark.any_database

CODE = "kl-1/bao-cao/so-a"


@pytest.fixture
def clerk(desk: Site) -> Visitor:
    return signed_in(desk, AccountRole.SECRETARIAT)


@pytest.fixture
def asked(desk: Site) -> int:
    """Sở A asked for time until 20 June."""
    with desk.database.write() as session:
        kind, until = ReliefKind.EXTENSION, date(2024, 6, 20)
        found = reliefs.ask(
            session, CODE, kind, "Thiếu <b>người</b>", "văn thư", at(2024, 5, 21), until
        )
        return found.id or 0


def relief(site: Site, number: int) -> Relief:
    with site.database.read() as session:
        return session.get_one(Relief, number)


def mails(session: Session, purpose: Purpose) -> list[Message]:
    return list(session.exec(select(Message).where(Message.purpose == purpose)))


class TestARequest:
    def test_says_what_either_decision_does(self, clerk: Visitor, asked: int) -> None:
        listed = clerk.opens("/requests").text
        assert "Thiếu &lt;b&gt;người&lt;/b&gt;" in listed
        page = clerk.opens(f"/requests/{asked}").text
        assert "due on 20/06/2024" in page
        assert "stays due on 03/06/2024" in page
        assert "is told by mail" in page

    def test_granted_moves_the_date_and_tells_the_unit(
        self, desk: Site, clerk: Visitor, asked: int
    ) -> None:
        page = clerk.opens(f"/requests/{asked}")
        answer = clerk.sends(page, f"/requests/{asked}", decision="grant", words="Đồng ý.")
        assert "The request is granted" in answer.text
        assert relief(desk, asked).decided_by == "Cán bộ secretariat"
        with desk.database.read() as session:
            owed = session.exec(select(Obligation.due).where(Obligation.code == CODE)).one()
            assert owed == date(2024, 6, 20)
            assert len(mails(session, Purpose.DECISION)) == 1

    def test_is_refused_with_words_and_keeps_those_typed(
        self, desk: Site, clerk: Visitor, asked: int
    ) -> None:
        page = clerk.opens(f"/requests/{asked}")
        again = clerk.sends(page, f"/requests/{asked}", status=422, decision="refuse")
        assert 'aria-invalid="true"' in again.text
        again = clerk.sends(
            page, f"/requests/{asked}", status=422, decision="refuse", words="x" * 2_001
        )
        assert "x" * 2_001 in again.text
        clerk.sends(again, f"/requests/{asked}", decision="refuse", words="Không đủ lý do.")
        assert relief(desk, asked).granted is False

    def test_decided_meanwhile_is_shown_and_not_overwritten(
        self, desk: Site, clerk: Visitor, asked: int
    ) -> None:
        page = clerk.opens(f"/requests/{asked}")
        clerk.sends(page, f"/requests/{asked}", decision="refuse", words="Không.")
        late = clerk.sends(page, f"/requests/{asked}", status=409, decision="grant")
        assert "was decided already, by" in late.text
        assert relief(desk, asked).granted is False
        clerk.opens(f"/requests/{asked}", status=409)
        assert "refused" in clerk.opens("/requests?every=true").text

    def test_is_seen_by_who_oversees_it(self, desk: Site, asked: int) -> None:
        overseer = signed_in(desk, AccountRole.OVERSEER, id_of_unit(desk, "so-c"))
        assert "Đơn vị so-a" in overseer.opens("/requests").text
        other = signed_in(desk, AccountRole.OVERSEER, id_of_unit(desk, "so-b"))
        assert "Đơn vị so-a" not in other.opens("/requests").text


class TestARoundOnRequest:
    VALUES: ClassVar = {"series": "dot-xuat", "due": "2024-06-10", "asked_by": "Công văn 12-CV/TU"}

    def test_is_opened_after_it_was_shown_who_would_be_mailed(
        self, desk: Site, clerk: Visitor
    ) -> None:
        page = clerk.opens("/directives/kl-1/on-request")
        shown = clerk.sends(page, "/on-request", **self.VALUES)
        assert "3 units are asked, by 10/06/2024" in re.sub(r"\s+", " ", shown.text)
        assert "vanthu@so-a.example" in shown.text
        with desk.database.read() as session:
            assert len(session.exec(select(Round)).all()) == 1
        done = clerk.sends(shown, "/on-request")
        assert "The round is open" in done.text
        with desk.database.read() as session:
            rounds = session.exec(select(Round).order_by(col(Round.id))).all()
            assert [found.opened_at is not None for found in rounds] == [True, True]
            assert len(mails(session, Purpose.OPEN)) == 6

    def test_twice_is_once(self, clerk: Visitor) -> None:
        page = clerk.opens("/directives/kl-1/on-request")
        shown = clerk.sends(page, "/on-request", **self.VALUES)
        clerk.sends(shown, "/on-request")
        again = clerk.sends(shown, "/on-request", status=422)
        assert "was opened already" in again.text

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"due": "2024-05-01"}, "is no day to answer by"),
            ({"due": "soon"}, "Give the day"),
            ({"asked_by": " "}, "Say who asks"),
            ({"series": "nowhere"}, "has no round on request"),
        ],
    )
    def test_that_cannot_be_keeps_what_was_typed(
        self, clerk: Visitor, changed: dict[str, str], words: str
    ) -> None:
        page = clerk.opens("/directives/kl-1/on-request")
        again = clerk.sends(page, "/on-request", status=422, **{**self.VALUES, **changed})
        assert words in again.text
        assert f'value="{changed.get("due", "2024-06-10")}"' in again.text
