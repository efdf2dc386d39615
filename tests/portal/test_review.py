"""Appraising on the pages: what waits, everything of one obligation, accepting and giving back."""

from hashlib import sha256

import pytest
from sqlmodel import col, select

from models.mail import Message
from models.round import Appraisal, Evidence, Obligation, Submission
from models.unit import Unit
from models.words import AccountRole, Appraised, Purpose, Quality
from portal.site import Site
from tests.portal.visitor import Visitor, signed_in
from tests.tasks.office import A_REPORT, answer, at, figures

pytestmark = pytest.mark.any_database

CODE = "kl-1/bao-cao/so-a"
SENT = at(2024, 5, 20)


def id_of_unit(site: Site, code: str) -> int:
    with site.database.read() as session:
        return session.exec(select(Unit.id).where(Unit.code == code)).one() or 0


def id_of(site: Site, code: str = CODE) -> int:
    with site.database.read() as session:
        return session.exec(select(Obligation.id).where(Obligation.code == code)).one() or 0


def appraisals(site: Site) -> list[Appraisal]:
    with site.database.read() as session:
        return list(session.exec(select(Appraisal).order_by(col(Appraisal.id))))


@pytest.fixture
def answered(desk: Site) -> Site:
    """The report of Sở A came in two days ago."""
    answer(desk.database, CODE, A_REPORT, SENT)
    return desk


@pytest.fixture
def clerk(answered: Site) -> Visitor:
    return signed_in(answered, AccountRole.SECRETARIAT)


class TestWhatWaits:
    def test_is_listed_oldest_first_with_a_link_to_all_of_it(
        self, answered: Site, clerk: Visitor
    ) -> None:
        answer(answered.database, "kl-1/bao-cao/so-b", A_REPORT, at(2024, 5, 19))
        page = clerk.opens("/waiting").text
        assert page.index("Đơn vị so-b") < page.index("Đơn vị so-a")
        assert f"/obligations/{id_of(answered)}" in page

    def test_can_be_filtered(self, clerk: Visitor) -> None:
        assert "Đơn vị so-a" in clerk.opens("/waiting?directive=kl-1&stage=reporting").text
        assert "Nothing waits" in clerk.opens("/waiting?stage=planning").text
        clerk.opens("/waiting?directive=nowhere", status=404)

    def test_is_for_an_overseer_what_its_unit_oversees_and_not_its_own(
        self, answered: Site
    ) -> None:
        answer(answered.database, "kl-1/bao-cao/so-c", A_REPORT, SENT)
        overseer = signed_in(answered, AccountRole.OVERSEER, id_of_unit(answered, "so-c"))
        page = overseer.opens("/waiting").text
        assert "Đơn vị so-a" in page
        assert "Đơn vị so-c" not in page
        other = signed_in(answered, AccountRole.OVERSEER, id_of_unit(answered, "so-b"))
        assert "Nothing waits" in other.opens("/waiting").text


class TestAnObligation:
    def test_shows_what_was_answered_and_what_a_new_version_changes(
        self, answered: Site, clerk: Visitor
    ) -> None:
        answer(answered.database, CODE, figures(so_cuoc=5), at(2024, 5, 21))
        page = clerk.opens(f"/obligations/{id_of(answered)}").text
        assert "Changed since version 1" in page
        assert "<del>3</del>" in page
        assert "<ins>5</ins>" in page
        assert "Đơn vị đã hoàn thành." in page
        assert "vanthu@so-a.example" in page

    def test_shows_what_units_write_as_text(self, answered: Site, clerk: Visitor) -> None:
        answer(answered.database, CODE, A_REPORT | {"narrative": "<script>x</script>"}, SENT)
        page = clerk.opens(f"/obligations/{id_of(answered)}").text
        assert "<script>" not in page
        assert "&lt;script&gt;" in page

    def test_is_closed_to_other_units(self, answered: Site) -> None:
        own = signed_in(answered, AccountRole.UNIT_HEAD, id_of_unit(answered, "so-a"))
        own.opens(f"/obligations/{id_of(answered)}")
        own.opens(f"/obligations/{id_of(answered, 'kl-1/bao-cao/so-b')}", status=403)
        overseer = signed_in(answered, AccountRole.OVERSEER, id_of_unit(answered, "so-b"))
        overseer.opens(f"/obligations/{id_of(answered)}", status=403)

    @pytest.mark.parametrize("number", [0, -1, 99, 2**31, 2**70])
    def test_that_is_none_is_not_found(self, clerk: Visitor, number: int) -> None:
        clerk.opens(f"/obligations/{number}", status=404)

    def test_hands_out_its_files_as_downloads_to_who_may_see_it(
        self, answered: Site, clerk: Visitor
    ) -> None:
        digest = sha256(b"%PDF-1.4").hexdigest()
        place = answered.settings.data / "evidence" / digest[:2] / digest
        place.parent.mkdir(parents=True)
        place.write_bytes(b"%PDF-1.4")
        with answered.database.write() as session:
            given = session.exec(select(Submission.id)).one()
            file = Evidence(
                obligation_id=id_of(answered), submission_id=given, name='Báo "cáo".pdf',
                media="application/pdf", size=8, sha256=digest, added_at=SENT,
            )  # fmt: skip
            session.add(file)
            session.flush()
            number = file.id
        got = clerk.opens(f"/files/{number}")
        assert got.content == b"%PDF-1.4"
        assert got.headers["content-disposition"].startswith("attachment;")
        assert (
            "filename*=UTF-8''B%C3%A1o%20%22c%C3%A1o%22.pdf" in got.headers["content-disposition"]
        )
        other = signed_in(answered, AccountRole.UNIT_HEAD, id_of_unit(answered, "so-b"))
        other.opens(f"/files/{number}", status=403)
        place.unlink()
        clerk.opens(f"/files/{number}", status=404)


class TestAccepting:
    def test_keeps_the_mark_in_ones_own_name(self, answered: Site, clerk: Visitor) -> None:
        page = clerk.opens(f"/obligations/{id_of(answered)}")
        page = clerk.sends(page, "/appraise", found="accepted", quality="good", words="Tốt.")
        assert "The submission is accepted." in page.text
        (found,) = appraisals(answered)
        assert (found.found, found.quality) == (Appraised.ACCEPTED, Quality.GOOD)
        assert found.by == "Cán bộ secretariat"
        assert "Nothing waits" in clerk.opens("/waiting").text

    def test_without_a_mark_is_asked_for_one_and_keeps_what_was_typed(
        self, answered: Site, clerk: Visitor
    ) -> None:
        page = clerk.opens(f"/obligations/{id_of(answered)}")
        again = clerk.sends(page, "/appraise", status=409, found="accepted", words="Khá tốt")
        assert "Choose a mark" in again.text
        assert "Khá tốt" in again.text
        assert not appraisals(answered)

    def test_of_what_a_new_version_replaced_meanwhile_is_refused(
        self, answered: Site, clerk: Visitor
    ) -> None:
        page = clerk.opens(f"/obligations/{id_of(answered)}")
        answer(answered.database, CODE, figures(so_cuoc=5), at(2024, 5, 22, 8))
        again = clerk.sends(
            page, "/appraise", status=409, found="returned", words="Thiếu số liệu", quality="good"
        )
        assert "is not the newest" in again.text
        assert "Thiếu số liệu" in again.text
        assert not appraisals(answered)

    def test_is_not_for_an_overseer_of_other_rounds_nor_of_its_own_answer(
        self, answered: Site
    ) -> None:
        answer(answered.database, "kl-1/bao-cao/so-c", A_REPORT, SENT)
        overseer = signed_in(answered, AccountRole.OVERSEER, id_of_unit(answered, "so-c"))
        page = overseer.opens(f"/obligations/{id_of(answered)}")
        own = id_of(answered, "kl-1/bao-cao/so-c")
        assert "/appraise" not in overseer.opens(f"/obligations/{own}").text
        form = {"found": "accepted", "quality": "good", "submission": "2"}
        overseer.sends(page, "/appraise", found="accepted", quality="good")
        csrf = page.text.split('name="csrf" value="')[1].partition('"')[0]
        forged = overseer.client.post(
            f"/obligations/{own}/appraise",
            data={**form, "csrf": csrf},
            headers={"origin": "https://testserver"},
        )
        assert forged.status_code == 403
        assert len(appraisals(answered)) == 1


class TestGivingBack:
    def test_mails_the_unit_and_asks_again_by_the_new_date(
        self, answered: Site, clerk: Visitor
    ) -> None:
        page = clerk.opens(f"/obligations/{id_of(answered)}")
        page = clerk.sends(
            page, "/appraise", found="returned", words="Thiếu quý I", until="2024-06-14"
        )
        assert "given back; the unit is told" in page.text
        assert "14/06/2024" in page.text
        with answered.database.read() as session:
            mail = session.exec(select(Message).where(Message.purpose == Purpose.RETURN)).one()
            assert mail.to_email == "vanthu@so-a.example"

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"words": ""}, "Say what is to be mended"),
            ({"words": "Thiếu", "until": "2024-05-01"}, "gives no more time"),
            ({"words": "Thiếu", "until": "31/02"}, "is no date"),
            ({"words": "T" * 2_001}, "too long"),
        ],
    )
    def test_that_cannot_be_is_said_beside_what_was_typed(
        self, answered: Site, clerk: Visitor, values: dict[str, str], words: str
    ) -> None:
        page = clerk.opens(f"/obligations/{id_of(answered)}")
        again = clerk.sends(page, "/appraise", status=409, found="returned", **values)
        assert words in again.text
        assert values["words"] in again.text
        assert not appraisals(answered)
