"""The page of Word templates: download, upload, what is refused, going back."""

import io

import pytest
from docx import Document

from models.words import AccountRole
from portal.site import Site
from tasks import word_templates
from tasks.papers import shipped_template
from tests.portal.visitor import Visitor, signed_in

pytestmark = pytest.mark.any_database

STATE, PATH = "summary-state", "/word-templates"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def with_line(text: str) -> bytes:
    document = Document(io.BytesIO(shipped_template(STATE)))
    document.paragraphs[2].insert_paragraph_before(text)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def upload(clerk: Visitor, raw: bytes, status: int = 200) -> str:
    page = clerk.opens(PATH)
    files = {"file": ("mau.docx", raw, DOCX)}
    return clerk.sends(page, to=f"{PATH}/{STATE}", files=files, status=status).text


class TestTemplates:
    def test_are_downloaded_changed_and_used(self, desk: Site) -> None:
        clerk = signed_in(desk, AccountRole.SECRETARIAT)
        answer = clerk.opens(f"{PATH}/{STATE}")
        assert answer.content == shipped_template(STATE)
        assert answer.headers["content-type"] == DOCX
        assert 'filename="summary-state.docx"' in answer.headers["content-disposition"]
        mine = with_line("Mẫu của tỉnh")
        page = upload(clerk, mine)
        assert "The template is in force" in page
        assert "Cán bộ secretariat" in page
        assert clerk.opens(f"{PATH}/{STATE}").content == mine
        assert clerk.opens(f"{PATH}/{STATE}/shipped").content == shipped_template(STATE)

    def test_with_a_fault_is_refused_with_its_line(self, desk: Site) -> None:
        clerk = signed_in(desk, AccountRole.SECRETARIAT)
        page = upload(clerk, with_line("{{ figuers.x }}"), 422)
        assert "The template was not taken" in page
        assert "<code>{{ figuers.x }}</code>" in page
        assert "there is no “figuers”" in page
        assert "The built-in one is in force." in page
        assert "not a Word document" in upload(clerk, b"%PDF-1.4 x", 422)

    def test_an_earlier_one_can_be_used_again(self, desk: Site) -> None:
        clerk = signed_in(desk, AccountRole.SECRETARIAT)
        first, second = with_line("Một"), with_line("Hai")
        upload(clerk, first)
        upload(clerk, second)
        page = clerk.opens(PATH)
        done = clerk.sends(page, to=f"{PATH}/{STATE}/back", version="1")
        assert "The earlier template is in force again." in done.text
        assert clerk.opens(f"{PATH}/{STATE}").content == first
        assert clerk.opens(f"{PATH}/{STATE}?version=2").content == second
        clerk.sends(done, to=f"{PATH}/{STATE}/back", version="0")
        with desk.database.read() as session:
            raw = word_templates.in_force(session, desk.settings.data, STATE)
        assert raw == shipped_template(STATE)

    def test_are_for_the_secretariat_and_have_known_names(self, desk: Site) -> None:
        signed_in(desk, AccountRole.READER).opens(PATH, 403)
        clerk = signed_in(desk, AccountRole.SECRETARIAT)
        for path in ("/x", "/x/shipped", f"/{STATE}?version=7"):
            clerk.opens(f"{PATH}{path}", 404)
