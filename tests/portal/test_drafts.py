"""Registering a directive from the browser, from the upload to the timers."""

from dataclasses import replace
from pathlib import Path

import pytest
from httpx import Response
from sqlmodel import Session, col, select

from models.activity import Activity
from models.database import Database
from models.directive import Directive, DirectiveDraft
from models.mail import Message
from models.round import Round
from models.settings import Settings
from models.words import AccountRole
from portal.site import Site
from tests.portal.visitor import Clock, Visitor, forms, signed_in
from tests.tasks.office import ISSUED, OFFICE, SO_A, SO_B, at, know, open_

pytestmark = pytest.mark.any_database

FILE = """\
format: dondoc/directive/1
code: kl-9
symbol: 9-KL/TU
kind: KL
regime: party
issuer: Tỉnh ủy
province: Thử Nghiệm
issued: 2024-02-26
subject: thử nghiệm
assignments:
- {id: A1, bodies: [Các sở], role: implement, quote: "đầu tháng 6 phải báo cáo"}
questions:
- {id: q-han, about: [assignments/A1], asks: Hạn gửi là ngày nào?, why: Lấy ngày 03/6.,
   proposed: {on: 2024-06-03}}
- {id: q-nam, about: [assignments/A1], asks: Báo cáo năm nào?, why: Hằng năm.,
   proposed: {every: year, first: 2024, last: 2025}}
rounds:
- {code: bao-cao, stage: reporting, title: Báo cáo, asks: Đề nghị gửi báo cáo.,
   basis: [assignments/A1], units_of: [A1], question: q-han}
- {code: bao-cao-nam, stage: reporting, title: Báo cáo năm, asks: Đề nghị gửi báo cáo năm.,
   basis: [assignments/A1], units_of: [A1], question: q-nam}
""".encode()
NAME = "kl-9.yaml"


@pytest.fixture
def site(db: Database, tmp_path: Path, clock: Clock) -> Site:
    """A small province, and no directive."""
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B)
    return Site(db, Settings(data=tmp_path), clock)


@pytest.fixture
def clerk(site: Site) -> Visitor:
    return signed_in(site, AccountRole.SECRETARIAT)


def uploaded(clerk: Visitor, raw: bytes = FILE, status: int = 200, name: str = NAME) -> Response:
    files = {"file": (name, raw, "application/yaml")}
    return clerk.sends(clerk.opens("/drafts"), "/drafts", files=files, status=status)


def questions_of(page: Response) -> list[str]:
    """The questions that a page's form asks to be confirmed."""
    marker = 'name="question" value="'
    return [part.partition('"')[0] for part in page.text.split(marker)[1:]]


def count(session: Session, table: type) -> int:
    return len(session.exec(select(table)).all())


class TestAnUploadedFile:
    def test_binds_nothing_and_shows_its_dates_and_questions(
        self, site: Site, clerk: Visitor
    ) -> None:
        page = uploaded(clerk)
        assert "9-KL/TU" in page.text
        assert "đầu tháng 6 phải báo cáo" in page.text  # the words
        assert "on 03/06/2024" in page.text  # the reading
        assert questions_of(page) == ["q-han", "q-nam"]
        assert "not confirmed" in page.text
        with site.database.read() as session:
            assert count(session, Directive) == count(session, Message) == 0
            assert session.exec(select(DirectiveDraft.name)).one() == NAME

    def test_with_faults_is_kept_and_every_fault_named_with_its_line(
        self, site: Site, clerk: Visitor
    ) -> None:
        faulty = FILE.replace(b"issued: 2024-02-26", b"issued: 2024-02-31").replace(
            b"kind: KL", b"kind: XX"
        )
        page = uploaded(clerk, faulty)
        assert "must be a date that exists" in page.text
        assert "is not one of the allowed words" in page.text
        assert not any(form.action.endswith("/issue") for form in forms(page))
        mended = clerk.sends(page, "/file", files={"file": (NAME, FILE, "text/yaml")})
        assert any(form.action.endswith("/issue") for form in forms(mended))

    def test_that_is_no_yaml_is_kept_and_shown_escaped(self, clerk: Visitor) -> None:
        page = uploaded(clerk, b"code: [<script>alert(1)</script>", name="<b>x.yaml")
        assert "not valid YAML" in page.text
        assert "<script>" not in page.text
        assert "<b>x" not in page.text

    @pytest.mark.parametrize(
        "raw", [FILE + b"\n# M\xe1\xba\xacT\n", b"x: [\nT\xe1\xbb\x90I M\xe1\xba\xacT\n"]
    )
    def test_that_is_a_state_secret_is_refused_and_not_kept(
        self, site: Site, clerk: Visitor, raw: bytes
    ) -> None:
        page = uploaded(clerk, raw, status=422)
        assert "state secret" in page.text
        with site.database.read() as session:
            assert count(session, DirectiveDraft) == count(session, Activity) == 0

    @pytest.mark.parametrize(
        "raw", [b"", b"\xff\xfe\x00", b"a: \x00", b"x" * (4 * 1024 * 1024 + 1)]
    )
    def test_that_is_no_text_is_refused_in_words(
        self, site: Site, clerk: Visitor, raw: bytes
    ) -> None:
        page = uploaded(clerk, raw, status=422)
        assert "The file was not kept" in page.text
        with site.database.read() as session:
            assert count(session, DirectiveDraft) == 0


class TestConfirming:
    def test_is_in_ones_own_name_and_survives_a_mended_file(
        self, site: Site, clerk: Visitor
    ) -> None:
        page = uploaded(clerk)
        first, *others = questions_of(page)
        page = clerk.sends(page, "/confirm", question=[first])
        assert questions_of(page) == others
        assert "Cán bộ secretariat" in page.text
        mended = FILE.replace(b"format:", b"# mended\nformat:", 1)
        page = clerk.sends(page, "/file", files={"file": (NAME, mended, "text/yaml")})
        assert questions_of(page) == others

    def test_of_a_file_that_was_replaced_meanwhile_is_refused(
        self, site: Site, clerk: Visitor
    ) -> None:
        page = uploaded(clerk)
        mended = FILE + b"\n# mended\n"
        clerk.sends(page, "/file", files={"file": (NAME, mended, "text/yaml")})
        answer = clerk.sends(page, "/confirm", status=409, question=questions_of(page))
        assert "replaced the file meanwhile" in answer.text
        clerk.sends(page, "/issue", status=409)
        with site.database.read() as session:
            assert count(session, Directive) == 0


class TestIssuing:
    def test_registers_confirms_and_sets_the_timers(self, site: Site) -> None:
        asked: list[str] = []
        site = replace(site, set_timers=lambda code: not asked.append(code))
        clerk = signed_in(site, AccountRole.SECRETARIAT)
        page = uploaded(clerk)
        page = clerk.sends(page, "/confirm", question=questions_of(page))
        page = clerk.sends(page, "/issue")
        assert "timers are set" in page.text
        assert asked == ["kl-9"]
        with site.database.read() as session:
            assert session.exec(select(Directive.symbol)).one() == "9-KL/TU"
            assert all(session.exec(select(Round.binding)))
            deeds = session.exec(select(Activity.deed).order_by(col(Activity.id))).all()
        assert {"registered", "confirmed"} <= set(deeds)

    def test_says_which_mails_leave_at_once_and_asks_whether_that_is_meant(
        self, site: Site, clerk: Visitor, clock: Clock
    ) -> None:
        page = uploaded(clerk)
        page = clerk.sends(page, "/confirm", question=questions_of(page))
        assert "leave at once" not in page.text
        clock.moment = at(2024, 5, 28, 9)
        page = clerk.opens(page.request.url.path)
        assert "2 mails leave at once and cannot be called back" in page.text
        clerk.sends(page, "/issue", status=409)
        with site.database.read() as session:
            assert count(session, Directive) == 0
        clerk.sends(page, "/issue", at_once="yes")
        with site.database.read() as session:
            assert count(session, Directive) == 1

    def test_twice_is_once(self, site: Site, clerk: Visitor) -> None:
        page = uploaded(clerk)
        clerk.sends(page, "/issue")
        again = clerk.sends(page, "/issue")
        assert "`dondoc up` sets the timers" in again.text
        with site.database.read() as session:
            assert count(session, Directive) == 1

    def test_leaves_what_is_open_to_be_confirmed_later(self, site: Site, clerk: Visitor) -> None:
        clerk.sends(uploaded(clerk), "/issue")
        with site.database.read() as session:
            assert not all(session.exec(select(Round.binding)))
        page = clerk.opens("/directives/kl-9/questions")
        clerk.sends(page, "/questions", status=409)
        page = clerk.sends(page, "/questions", question=questions_of(page))
        assert "Nothing is open" in page.text
        with site.database.read() as session:
            assert all(session.exec(select(Round.binding)))

    def test_is_not_done_with_a_file_that_has_faults(self, site: Site, clerk: Visitor) -> None:
        page = uploaded(clerk)
        faulty = clerk.sends(page, "/file", files={"file": (NAME, b"code: x", "text/yaml")})
        mark = forms(faulty)[1].fields["mark"][0]
        clerk.sends(page, "/issue", status=409, mark=mark)


class TestTheMails:
    def test_are_those_that_will_go_out(self, site: Site, clerk: Visitor) -> None:
        page = uploaded(clerk)
        number = str(page.url).rsplit("/", 1)[1].partition("?")[0]
        listed = clerk.opens(f"/drafts/{number}/mails")
        assert f"/drafts/{number}/mails?round=bao-cao" in listed.text
        shown = clerk.opens(f"/drafts/{number}/mails?round=bao-cao")
        page = clerk.sends(page, "/confirm", question=questions_of(page))
        clerk.sends(page, "/issue")
        with site.database.write() as session:
            open_(session, "kl-9", "bao-cao", ISSUED)
            first = session.exec(select(Message).order_by(col(Message.id))).first()
            assert first is not None
            assert first.to_email in shown.text
        assert "Đề nghị gửi báo cáo." in shown.text

    def test_stand_alone_and_may_do_nothing(self, clerk: Visitor) -> None:
        page = uploaded(clerk)
        number = str(page.url).rsplit("/", 1)[1].partition("?")[0]
        mail = clerk.opens(f"/drafts/{number}/mails/bao-cao")
        policy = mail.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
        assert "<html" in mail.text
        clerk.opens(f"/drafts/{number}/mails/nowhere", status=404)
