"""Files of a task's page: evidence taken by its content, hostile ones refused; the form as a
workbook and back.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from models.words import Channel
from portal.site import Site
from tasks import evidence
from tasks.evidence import clean_name, path_of
from tasks.evidence_guard import DOCX, JPG, PDF, XLSX, FileRefused, media_of
from tasks.workbook_read import read_workbook
from tests.portal.units import (
    PROGRESSED,
    TASK,
    accepted,
    files_of,
    path_to,
    state,
    versions,
)
from tests.portal.visitor import forms, visitor
from tests.tasks.forms import filled

pytestmark = pytest.mark.any_database

A_PDF = b"%PDF-1.4\n%%EOF\n"
A_PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
PART = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def types(*kinds: str) -> str:
    inner = "".join(f'<Override PartName="/a{n}" ContentType="{k}"/>' for n, k in enumerate(kinds))
    return f"<Types>{inner}</Types>"


def relation(kind: str, mode: str = "External") -> str:
    target = "https://evil.example/x"
    one = f'<Relationship Type="{PART}/{kind}" Target="{target}" TargetMode="{mode}"/>'
    return f"<Relationships>{one}</Relationships>"


def a_docx(**parts: str | bytes) -> bytes:
    """A small document; `_` stands for a slash and `__` for a dot in the names of its parts."""
    named = {name.replace("__", ".").replace("_", "/"): body for name, body in parts.items()}
    return a_zip({"[Content_Types].xml": types(MAIN), "word/document.xml": "<d/>", **named})


def a_zip(parts: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


class TestWhatAFileIs:
    @pytest.mark.parametrize(
        ("raw", "media"), [(A_PDF, PDF), (b"\xff\xd8\xff\xe0", JPG), (a_docx(), DOCX)]
    )
    def test_is_told_by_its_content(self, raw: bytes, media: str) -> None:
        assert media_of(raw) == media

    def test_a_link_that_a_person_follows_may_lead_out(self) -> None:
        assert media_of(a_docx(word__rels=relation("hyperlink"))) == DOCX

    @pytest.mark.parametrize(
        "raw",
        [
            b"MZ\x90\x00",
            b"<html><script>alert(1)</script>",
            b"GIF89a",
            b" %PDF-1.4",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            b"PK\x03\x04",
            a_docx() + b"x",
            a_docx()[:-30],
            a_zip({"a.txt": "a"}),
            a_zip({"[Content_Types].xml": types("text/plain")}),
            a_zip({"[Content_Types].xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><Types>&b;</Types>"}),
            a_docx(word_vbaProject__bin="x"),
            a_docx(word_embeddings_oleObject1__bin="x"),
            a_docx(word__rels=relation("attachedTemplate")),
            a_docx(word__rels=relation("oleObject", "external")),
            a_docx(word__rels="<Relationships>"),
            a_docx(word_big__xml=b"0" * 2_000_000),
            a_zip({"[Content_Types].xml": types(MAIN, "application/x.macroEnabled.main+xml")}),
            a_zip({f"{n}": "" for n in range(2_100)}),
        ],
    )
    def test_is_refused_where_it_is_another_or_could_act(self, raw: bytes) -> None:
        with pytest.raises(FileRefused):
            media_of(raw)

    def test_parts_that_share_bytes_are_refused(self) -> None:
        raw = bytearray(a_docx(word_a__xml="a" * 100, word_b__xml="b" * 100))
        first = raw.find(b"PK\x01\x02")
        second = raw.find(b"PK\x01\x02", first + 4)
        raw[second + 42 : second + 46] = raw[first + 42 : first + 46]
        with pytest.raises(FileRefused):
            media_of(bytes(raw))


class TestTheNameOfAFile:
    @pytest.mark.parametrize(
        ("name", "media", "kept"),
        [
            ("../../etc/passwd", PDF, "passwd.pdf"),
            ("C:\\Users\\a\\Báo cáo.PDF", PDF, "Báo cáo.PDF"),
            ("a\r\nSet-Cookie: x.pdf", PDF, "a Set-Cookie_ x.pdf"),
            ("a\u202efdp.exe", PDF, "afdp.exe.pdf"),
            ("...", XLSX, "tep.xlsx"),
            ("x" * 300 + ".jpeg", JPG, "x" * 120 + ".jpeg"),
        ],
    )
    def test_has_no_path_and_its_true_ending(self, name: str, media: str, kept: str) -> None:
        assert clean_name(name, media) == kept


class TestEvidence:
    def test_stays_with_the_draft_and_is_sent_with_the_answer(self, small: Site) -> None:
        found, path = visitor(small), path_to(small, TASK["thuc-hien"])
        page = found.opens(path)
        given = [("files", ("Biên bản.pdf", A_PDF)), ("files", ("ảnh.png", A_PNG))]
        found.sends(page, files=given, do="draft", percent="100")
        page = visitor(small).opens(path)
        assert page.text.count("not sent yet") == 2
        found.sends(page, do="send", **PROGRESSED | {"percent": "100"})
        [said] = accepted(small, TASK["thuc-hien"])
        assert said["evidence"] == [{"file": "Biên bản.pdf"}, {"file": "ảnh.png"}]
        stored = files_of(small, TASK["thuc-hien"])
        assert all(one.submission_id for one in stored)
        assert path_of(small.settings.data, stored[0].sha256).read_bytes() == A_PDF

    def test_is_kept_where_the_answer_has_faults(self, small: Site) -> None:
        found = visitor(small)
        page = found.opens(path_to(small, TASK["thuc-hien"]))
        given = {"files": ("a.pdf", A_PDF)}
        page = found.sends(page, files=given, status=422, do="send", percent="100")
        assert "a.pdf" in page.text
        found.sends(page, do="send", **PROGRESSED | {"percent": "100"})
        assert accepted(small, TASK["thuc-hien"])[0]["evidence"] == [{"file": "a.pdf"}]

    def test_sent_twice_is_one_file_of_one_answer(self, small: Site) -> None:
        found = visitor(small)
        page = found.opens(path_to(small, TASK["thuc-hien"]))
        for _press in range(2):
            found.sends(page, files={"files": ("a.pdf", A_PDF)}, do="send", **PROGRESSED)
        assert len(versions(small, TASK["thuc-hien"])) == 1
        assert len(files_of(small, TASK["thuc-hien"])) == 1

    def test_of_the_version_before_stays_unless_it_is_left_out(self, small: Site) -> None:
        found, path = visitor(small), path_to(small, TASK["thuc-hien"])
        page = found.opens(path)
        given = [("files", ("a.pdf", A_PDF)), ("files", ("b.png", A_PNG))]
        found.sends(page, files=given, do="send", **PROGRESSED)
        first = files_of(small, TASK["thuc-hien"])[0]
        drop = {f"drop.{first.id}": "on"}
        page = found.sends(found.opens(path), do="send", why="Nhầm", sender="A", **drop)
        assert "left out: a.pdf" in page.text
        found.sends(page, do="confirm")
        assert accepted(small, TASK["thuc-hien"])[1]["evidence"] == [{"file": "b.png"}]
        assert [f.name for f in files_of(small, TASK["thuc-hien"])] == ["a.pdf", "b.png", "b.png"]

    def test_is_taken_out_of_the_draft(self, small: Site) -> None:
        found, path = visitor(small), path_to(small, TASK["thuc-hien"])
        found.sends(found.opens(path), files={"files": ("a.pdf", A_PDF)}, do="draft")
        [one] = files_of(small, TASK["thuc-hien"])
        found.sends(found.opens(path), do="draft", **{f"drop.{one.id}": "on"})
        assert files_of(small, TASK["thuc-hien"]) == []

    @pytest.mark.parametrize(
        ("name", "raw"),
        [("a.pdf", b"MZ\x90"), ("a.docx", a_docx(word_vbaProject__bin="x")), ("a.pdf", b"")],
    )
    def test_that_is_hostile_is_refused_by_its_name(
        self, small: Site, name: str, raw: bytes
    ) -> None:
        found = visitor(small)
        page = found.opens(path_to(small, TASK["thuc-hien"]))
        before = state(small)
        page = found.sends(page, files={"files": (name, raw)}, status=422, do="send", **PROGRESSED)
        assert 'id="files-error"' in page.text
        assert forms(page)[0].fields["narrative"] == [PROGRESSED["narrative"]]
        assert state(small) == before
        assert not list(Path(small.settings.data).glob("evidence/*/*"))

    def test_has_its_caps(self, small: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        found, path = visitor(small), path_to(small, TASK["thuc-hien"])
        monkeypatch.setattr(evidence, "MOST_FILES", 2)
        given = [("files", (f"{n}.pdf", A_PDF + bytes([n]))) for n in range(3)]
        page = found.sends(found.opens(path), files=given, status=422, do="draft")
        assert "at most 2 files" in page.text
        monkeypatch.setattr(evidence, "MOST_FILES", 20)
        monkeypatch.setattr(evidence, "MOST_OF_ALL", 40)
        given = [("files", ("x.pdf", A_PDF + b"x"))]
        assert (
            "MB together"
            in found.sends(found.opens(path), files=given, status=422, do="draft").text
        )
        monkeypatch.setattr(evidence, "MOST_OF_FILE", 10)
        assert (
            "larger than"
            in found.sends(found.opens(path), files=given, status=422, do="draft").text
        )
        assert len(files_of(small, TASK["thuc-hien"])) == 2

    def test_is_downloaded_by_its_own_unit_and_never_shown(self, small: Site) -> None:
        found, path = visitor(small), path_to(small, TASK["thuc-hien"])
        found.sends(found.opens(path), files={"files": ("Tệp 1.pdf", A_PDF)}, do="draft")
        [one] = files_of(small, TASK["thuc-hien"])
        answer = found.opens(f"{path}/evidence/{one.id}")
        assert answer.content == A_PDF
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert "filename*=UTF-8''T%E1%BB%87p%201.pdf" in answer.headers["content-disposition"]
        found.opens(f"{path_to(small, 'kl-1/thuc-hien/so-b')}/evidence/{one.id}", 404)
        found.opens(f"{path}/evidence/{2**40}", 404)


class TestTheWorkbook:
    def form(self, small: Site, cells: dict[str, object], task: str = TASK["thuc-hien"]) -> bytes:
        found = visitor(small).opens(f"{path_to(small, task)}/form.xlsx")
        assert found.headers["content-disposition"].startswith("attachment; ")
        return filled(found.content, cells)

    def cells(self, small: Site, task: str) -> dict[str, str]:
        """Where each field stands in the form of a task."""
        raw = self.form(small, {}, task)
        with small.database.read() as session:
            return dict(read_workbook(session, raw, small.links, small.clock()).sheet.cells)

    def test_is_looked_at_before_it_is_recorded(self, small: Site) -> None:
        at, task = self.cells(small, TASK["thuc-hien"]), TASK["thuc-hien"]
        raw = self.form(small, {at["percent"]: 40, at["narrative"]: "Đang làm"})
        found, path = visitor(small), path_to(small, task)
        before = state(small)
        page = found.sends(found.opens(path), to="/workbook", files={"files": ("f.xlsx", raw)})
        assert "Đang làm" in page.text
        assert state(small) == before
        found.sends(page, do="confirm", sender="Lê Thị A")
        [version] = versions(small, task)
        assert (version.channel, version.payload["percent"]) == (Channel.WORKBOOK, 40)

    def test_shows_what_it_changes_in_the_last_version(self, small: Site) -> None:
        found, path = visitor(small), path_to(small, TASK["thuc-hien"])
        found.sends(found.opens(path), do="send", **PROGRESSED)
        at = self.cells(small, TASK["thuc-hien"])
        raw = self.form(small, {at["percent"]: 90, at["why"]: "Số mới"})
        page = found.sends(found.opens(path), to="/workbook", files={"files": ("f.xlsx", raw)})
        assert "62,5" in page.text
        assert PROGRESSED["narrative"] not in page.text.split("<form")[0]
        assert forms(page)[0].fields["why"] == ["Số mới"]
        found.sends(page, do="confirm", sender="Lê Thị A")
        assert [p["percent"] for p in accepted(small, TASK["thuc-hien"])] == [62.5, 90]

    def test_with_faults_is_told_cell_by_cell(self, small: Site) -> None:
        at = self.cells(small, TASK["bao-cao"])
        raw = self.form(small, {at["narrative"]: "x", at["values.so-cuoc"]: "ba"}, TASK["bao-cao"])
        found, before = visitor(small), state(small)
        page = found.opens(path_to(small, TASK["bao-cao"]))
        page = found.sends(page, to="/workbook", files={"files": ("f.xlsx", raw)}, status=422)
        assert f"{at['values.so-cuoc']}: must be a number" in page.text
        assert state(small) == before

    @pytest.mark.parametrize("raw", [b"", b"MZ", a_docx()])
    def test_that_is_none_of_ours_is_refused(self, small: Site, raw: bytes) -> None:
        found = visitor(small)
        page = found.opens(path_to(small, TASK["bao-cao"]))
        found.sends(page, to="/workbook", files={"files": ("f.xlsx", raw)}, status=422)

    def test_of_another_task_is_refused(self, small: Site) -> None:
        raw = self.form(small, {}, "kl-1/thuc-hien/so-b")
        found = visitor(small)
        page = found.opens(path_to(small, TASK["thuc-hien"]))
        page = found.sends(page, to="/workbook", files={"files": ("f.xlsx", raw)}, status=422)
        assert "another task (kl-1/thuc-hien/so-b)" in page.text

    def test_may_decline(self, small: Site) -> None:
        at = self.cells(small, TASK["bao-cao"])
        raw = self.form(small, {at["decline"]: "Không thuộc ngành."}, TASK["bao-cao"])
        found = visitor(small)
        page = found.opens(path_to(small, TASK["bao-cao"]))
        page = found.sends(page, to="/workbook", files={"files": ("f.xlsx", raw)})
        found.sends(page, to="/decline", sender="Lê Thị A")
        assert accepted(small, TASK["bao-cao"]) == [{"reason": "Không thuộc ngành."}]
