"""The rest of the secretariat's desk: contacts, links, mail, accounts, a head's own page."""

import re
from html import unescape
from typing import ClassVar

import pytest
from sqlmodel import col, select

from models.account import Account
from models.activity import Activity
from models.mail import Message, Received
from models.round import Approval, Obligation, Round, Submission
from models.unit import Contact, Unit
from models.words import AccountRole, ContactRole, MessageState, ReceivedKind
from portal.site import Site
from tasks import passing_links
from tests.portal.test_review import id_of_unit
from tests.portal.visitor import Clock, Visitor, signed_in, visitor
from tests.tasks.office import A_REPORT, answer, at

pytestmark = pytest.mark.any_database

NEW = "vanthu@so-a-moi.example"


@pytest.fixture
def clerk(desk: Site) -> Visitor:
    return signed_in(desk, AccountRole.SECRETARIAT)


def clerk_of(site: Site, unit: str) -> Contact:
    with site.database.read() as session:
        return session.exec(
            select(Contact).where(
                Contact.unit_id == id_of_unit(site, unit), Contact.role == ContactRole.CLERK
            )
        ).one()


def fail(site: Site) -> int:
    """The task mail of Sở A did not arrive."""
    with site.database.write() as session:
        mail = session.exec(
            select(Message).where(Message.unit_id == id_of_unit(site, "so-a"))
        ).one()
        mail.state, mail.outcome = MessageState.FAILED, "550 5.1.1 no such user"
        return mail.id or 0


class TestAContact:
    def test_is_corrected_by_name_and_telephone(self, desk: Site, clerk: Visitor) -> None:
        path = f"/units/{id_of_unit(desk, 'so-a')}/contact"
        page = clerk.sends(clerk.opens(path), "/contact", clerk="Lê Văn B", clerk_telephone="0999")
        assert "The contact is corrected." in page.text
        found = clerk_of(desk, "so-a")
        assert (found.name, found.telephone) == ("Lê Văn B", "0999")
        with desk.database.read() as session:
            noted = session.exec(select(Activity).order_by(col(Activity.id).desc())).first()
            assert noted is not None
            assert noted.before is not None
            assert "Văn thư so-a" in noted.before["clerk"]

    def test_with_another_address_shows_first_what_is_sent_again(
        self, desk: Site, clerk: Visitor
    ) -> None:
        number = fail(desk)
        path = f"/units/{id_of_unit(desk, 'so-a')}/contact"
        shown = clerk.sends(clerk.opens(path), "/contact", email=NEW)
        assert "1 that did not arrive are sent again" in shown.text
        assert clerk_of(desk, "so-a").email == "vanthu@so-a.example"
        clerk.sends(shown, "/contact")
        assert clerk_of(desk, "so-a").email == NEW
        with desk.database.read() as session:
            mail = session.get_one(Message, number)
            assert (mail.state, mail.to_email) == (MessageState.QUEUED, NEW)

    @pytest.mark.parametrize("email", ["", "nobody", "a@b\r\nBcc: c@d.example"])
    def test_that_is_no_address_keeps_what_was_typed(
        self, desk: Site, clerk: Visitor, email: str
    ) -> None:
        path = f"/units/{id_of_unit(desk, 'so-a')}/contact"
        again = clerk.sends(clerk.opens(path), "/contact", status=422, email=email, head="Bà C")
        assert "is not an e-mail address" in again.text
        assert 'value="Bà C"' in again.text

    def test_that_nothing_changes_is_said(self, desk: Site, clerk: Visitor) -> None:
        path = f"/units/{id_of_unit(desk, 'so-a')}/contact"
        assert "Nothing was changed" in clerk.sends(clerk.opens(path), "/contact", status=422).text


class TestLinks:
    def test_are_taken_back_and_the_new_ones_shown_once(self, desk: Site, clerk: Visitor) -> None:
        with desk.database.read() as session:
            owed = session.exec(select(Obligation).order_by(col(Obligation.id))).first()
            assert owed is not None
            (old,) = passing_links.addresses(session, owed, desk.settings, desk.clock())
        page = clerk.opens(f"/obligations/{owed.id}")
        asked = clerk.sends(page, "/revoke")
        assert "stop working" in asked.text
        done = clerk.sends(asked, "/revoke")
        (new,) = re.findall(r'class="secret">([^<]+)<', done.text)
        assert unescape(new) != old
        assert new not in clerk.opens(f"/obligations/{owed.id}").text

    def test_of_a_unit_take_those_of_its_tasks_with_them(self, desk: Site, clerk: Visitor) -> None:
        path = f"/units/{id_of_unit(desk, 'so-a')}/contact"
        done = clerk.sends(clerk.sends(clerk.opens(path), "/revoke"), "/revoke")
        assert len(re.findall(r'class="secret">', done.text)) == 2
        with desk.database.read() as session:
            counts = session.exec(select(Obligation.links_revoked)).all()
        assert sorted(counts) == [0, 0, 1]


class TestMail:
    def test_that_did_not_arrive_is_sent_again_once_it_was_shown_to_whom(
        self, desk: Site, clerk: Visitor
    ) -> None:
        number = fail(desk)
        page = clerk.opens("/mail")
        assert "550 5.1.1 no such user" in page.text
        shown = clerk.sends(page, "/resend", mail=[str(number)])
        assert "&lt;vanthu@so-a.example&gt;" in shown.text
        done = clerk.sends(shown, "/resend")
        assert "wait to be sent again" in done.text
        clerk.sends(shown, "/resend", status=409)
        clerk.sends(page, "/resend", status=409)

    def test_that_came_in_is_settled_once(self, desk: Site, clerk: Visitor) -> None:
        with desk.database.write() as session:
            mail = Received(
                key="<1@x.example>", kind=ReceivedKind.REPLY, received_at=at(2024, 5, 21),
                sender="ai đó <a@x.example>", subject="<i>Hỏi</i>", text="Xin hỏi", attachments=[],
            )  # fmt: skip
            session.add(mail)
        page = clerk.opens("/mail")
        assert "&lt;i&gt;Hỏi" in page.text
        assert "settled in your name" in clerk.sends(page, "/settle").text
        assert "was settled already, by" in clerk.sends(page, "/settle", status=409).text

    def test_is_shown_to_readers_without_forms(self, desk: Site) -> None:
        fail(desk)
        page = signed_in(desk, AccountRole.READER).opens("/mail")
        assert "550 5.1.1" in page.text
        assert "/mail/resend" not in page.text


class TestAccounts:
    @pytest.fixture
    def operator(self, desk: Site) -> Visitor:
        return signed_in(desk, AccountRole.OPERATOR)

    def made(self, operator: Visitor, status: int = 200, **values: str) -> str:
        given = {"login": "Nguyen.Van.A", "name": "Nguyễn Văn A", "role": "reader"} | values
        return operator.sends(operator.opens("/accounts"), "/accounts", status=status, **given).text

    def test_are_made_with_a_password_shown_once_that_signs_in(
        self, desk: Site, operator: Visitor
    ) -> None:
        (password,) = re.findall(r'class="secret">([^<]+)<', self.made(operator))
        assert password not in operator.opens("/accounts").text
        guest = visitor(desk)
        page = guest.opens("/sign-in")
        guest.client.post(
            "/sign-in",
            data={"login": "nguyen.van.a", "password": password, "next": "/requests"},
            headers={"origin": "https://testserver"},
        )
        guest.opens("/requests")
        assert page.status_code == 200

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"login": "a b"}, "cannot be a login"),
            ({"role": "king"}, "Choose a role"),
            ({"role": "unit_head"}, "act for a unit"),
            ({"role": "unit_head", "unit": "nowhere"}, "No unit is called"),
            ({"name": ""}, "Say whose account it is"),
        ],
    )
    def test_that_cannot_be_keep_what_was_typed(
        self, operator: Visitor, values: dict[str, str], words: str
    ) -> None:
        page = self.made(operator, 422, **values)
        assert words in unescape(page)
        assert f'value="{values.get("login", "Nguyen.Van.A")}"' in page

    def test_are_disabled_and_enabled(self, desk: Site, operator: Visitor) -> None:
        self.made(operator)
        page = operator.opens("/accounts")
        operator.sends(page, "/accounts/nguyen.van.a", what="disable")
        with desk.database.read() as session:
            found = session.exec(select(Account).where(Account.login == "nguyen.van.a")).one()
            assert found.disabled_at is not None
        operator.sends(page, "/accounts/nguyen.van.a", status=409, what="disable")
        operator.sends(page, "/accounts/nguyen.van.a", what="enable")
        operator.sends(page, "/accounts/nguyen.van.a", status=409, what="delete")

    def test_of_ones_own_cannot_be_disabled(self, operator: Visitor) -> None:
        page = operator.opens("/accounts")
        operator.sends(page, "/accounts/operator-None", status=409, what="disable")


class TestAHead:
    def test_sees_what_its_unit_owes_and_what_waits_for_approval(self, desk: Site) -> None:
        answer(desk.database, "kl-1/bao-cao/so-a", A_REPORT, at(2024, 5, 20))
        with desk.database.write() as session:
            given = session.exec(select(Submission.id)).one()
            session.add(
                Approval(submission_id=given or 0, asked_at=at(2024, 5, 20), digest="x" * 64,
                         expires_at=at(2024, 6, 20))
            )  # fmt: skip
        head = signed_in(desk, AccountRole.UNIT_HEAD, id_of_unit(desk, "so-a"))
        page = head.opens("/mine").text
        assert "Đơn vị so-a" in page
        assert "report, version 1" in page
        other = signed_in(desk, AccountRole.UNIT_HEAD, id_of_unit(desk, "so-b"))
        assert "Nothing waits." in other.opens("/mine").text

    def test_approves_once_in_its_own_name(self, desk: Site) -> None:
        with desk.database.write() as session:
            session.exec(select(Round)).one().needs_head = True
        answer(desk.database, "kl-1/bao-cao/so-a", A_REPORT, at(2024, 5, 20))
        head = signed_in(desk, AccountRole.UNIT_HEAD, id_of_unit(desk, "so-a"))
        (path,) = re.findall(
            r'href="(/obligations/\d+)">[^<]*</a>: report', head.opens("/mine").text
        )
        page = head.opens(path)
        done = head.sends(page, "/approve")
        assert "approved in your name" in done.text
        assert "Approved by Cán bộ unit_head" in done.text
        head.sends(page, "/approve", status=409)
        assert "Nothing waits." in head.opens("/mine").text


class TestAReminderByHand:
    def test_is_sent_after_it_was_shown_to_whom(self, desk: Site, clerk: Visitor) -> None:
        with desk.database.read() as session:
            owed = session.exec(select(Obligation).order_by(col(Obligation.id))).all()
        page = clerk.opens(f"/obligations/{owed[0].id}")
        shown = clerk.sends(page, "/remind", obligation=[str(owed[0].id), str(owed[1].id)])
        assert "&lt;vanthu@so-a.example&gt;" in shown.text
        assert "&lt;vanthu@so-b.example&gt;" in shown.text
        with desk.database.read() as session:
            assert len(session.exec(select(Message)).all()) == 3
        done = clerk.sends(shown, "/remind")
        assert "2 tasks are urged for." in done.text
        with desk.database.read() as session:
            assert len(session.exec(select(Message)).all()) == 5
        clerk.sends(shown, "/remind", status=409)

    def test_can_be_chosen_where_the_exceptions_are(self, desk: Site, clock: Clock) -> None:
        clock.moment = at(2024, 6, 10, 9)
        operator = signed_in(desk, AccountRole.OPERATOR)
        assert 'form="remind"' not in operator.opens("/exceptions").text
        page = signed_in(desk, AccountRole.SECRETARIAT).opens("/exceptions")
        assert page.text.count('form="remind"') == 3

    def test_of_nothing_is_refused(self, desk: Site, clerk: Visitor) -> None:
        with desk.database.read() as session:
            owed = session.exec(select(Obligation).order_by(col(Obligation.id))).first()
            assert owed is not None
        page = clerk.opens(f"/obligations/{owed.id}")
        clerk.sends(page, "/remind", status=409, obligation=[])
        clerk.sends(page, "/remind", status=409, obligation=["99999", str(2**70)])


class TestWhatBecameOfAUnit:
    VALUES: ClassVar = {"what": "merge", "day": "2024-05-22", "rule": "12/NQ-HĐND"}

    def test_is_recorded_after_it_was_shown_what_passes_on(
        self, desk: Site, clerk: Visitor
    ) -> None:
        path = f"/units/{id_of_unit(desk, 'so-a')}/succession"
        shown = clerk.sends(clerk.opens(path), "/succession", successors="so-b", **self.VALUES)
        assert "1 open tasks passed on" in shown.text
        with desk.database.read() as session:
            assert session.exec(select(Unit.ends).where(Unit.code == "so-a")).one() is None
        done = clerk.sends(shown, "/succession")
        assert "is recorded." in done.text
        with desk.database.read() as session:
            assert session.exec(select(Unit.ends).where(Unit.code == "so-a")).one() is not None
        again = clerk.sends(shown, "/succession", status=422)
        assert "is recorded already" in unescape(again.text)

    def test_may_make_the_unit_that_takes_over(self, desk: Site, clerk: Visitor) -> None:
        new = {
            "new1-code": "so-d", "new1-name": "Sở D", "new1-level": "province",
            "new1-kind": "department", "new1-email": "vanthu@so-d.example",
            "new1-telephone": "0999", "new1-parent": "van-phong",
        }  # fmt: skip
        path = f"/units/{id_of_unit(desk, 'so-a')}/succession"
        values = {**self.VALUES, "what": "rename", **new}
        shown = clerk.sends(clerk.opens(path), "/succession", **values)
        assert "vanthu@so-d.example" in shown.text
        clerk.sends(shown, "/succession")
        with desk.database.read() as session:
            codes = set(session.exec(select(Obligation.code)))
        assert "kl-1/bao-cao/so-d" in codes

    @pytest.mark.parametrize(
        "changed", [{"what": ""}, {"day": "soon"}, {"successors": "nowhere"}, {"rule": ""}]
    )
    def test_that_cannot_be_keeps_what_was_typed(
        self, desk: Site, clerk: Visitor, changed: dict[str, str]
    ) -> None:
        path = f"/units/{id_of_unit(desk, 'so-a')}/succession"
        values = {**self.VALUES, "successors": "so-b", **changed}
        again = clerk.sends(clerk.opens(path), "/succession", status=422, **values)
        assert f'value="{values["successors"]}"' in again.text
        assert 'role="alert"' in again.text
