"""An office's own words for mails: what they replace, what they may say, what they never reach."""

from pathlib import Path

import pytest
from jinja2.exceptions import SecurityError, TemplateNotFound, TemplateSyntaxError, UndefinedError

from dondoc.environment import environment
from models.errors import MailTemplateError, UnknownName
from tasks.mail_files import MAX_BYTES, mail_files
from tasks.mail_language import TooMuch, by_task, dialled
from tasks.mail_samples import SAMPLES
from tasks.mail_templates import Words, library, mail_templates

RECEIPT = SAMPLES["receipt"]["late"]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """An empty folder for own words."""
    return tmp_path / "templates"


def put(folder: Path, name: str, text: str) -> Path:
    """Writes a file of the folder."""
    file = folder / "email" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def written(folder: Path, mail: str = "receipt", variant: str = "late") -> Words:
    """A mail of the samples in the words of the folder."""
    return library(mail_files(folder)).mail(mail).render(**SAMPLES[mail][variant])


def line(folder: Path, text: str) -> str:
    """What a line of text becomes in the folder's receipt."""
    put(folder, "receipt/body.txt", text)
    return written(folder).text


class TestOwnWords:
    def test_stand_for_the_built_in_ones_and_what_is_lacking_stays(self, own: Path) -> None:
        built_in = written(own)
        put(own, "receipt/subject.txt", "Đã nhận: {{ title }}\n")
        words = written(own)
        assert words.subject == "Đã nhận: Xác nhận tiếp nhận và quán triệt Kế hoạch"
        assert words.text == built_in.text
        assert words.subject in words.html  # as its title
        assert written(own, "refusal", "overdue") == written(own / "none", "refusal", "overdue")

    def test_of_a_shared_file_are_in_every_mail(self, own: Path) -> None:
        put(own, "_footer.txt", "Mọi vướng mắc xin liên hệ số 0000 000 001.\n")
        for mail, samples in SAMPLES.items():
            words = written(own, mail, next(iter(samples)))
            assert "0000 000 001" in words.text
            assert "0000 000 001" in words.html
            assert "tự động" not in words.text + words.html

    def test_may_bring_a_file_of_their_own_to_include(self, own: Path) -> None:
        put(own, "_contact.txt", "Đầu mối: {{ to_name }}")
        assert line(own, 'Kính gửi. {% include "email/_contact.txt" %}') == (
            "Kính gửi. Đầu mối: Sở Y tế"
        )

    def test_are_those_of_the_settings(self, own: Path) -> None:
        put(own, "receipt/body.txt", "Đã nhận lúc {{ received_at }}.")
        with environment({"DONDOC_TEMPLATES": str(own)}):
            assert (
                mail_templates("receipt").render(**RECEIPT).text == "Đã nhận lúc 08:00 01/03/2024."
            )
        assert mail_templates("receipt").render(**RECEIPT).text.startswith("Kính gửi")

    def test_of_a_process_are_those_it_began_with(self, own: Path) -> None:
        file = put(own, "receipt/body.txt", "Một")
        with environment({"DONDOC_TEMPLATES": str(own)}):
            before = mail_templates("receipt").render(**RECEIPT).text
            file.write_text("Hai", "utf-8")
            assert mail_templates("receipt").render(**RECEIPT).text == before == "Một"

    def test_saved_by_windows_are_read(self, own: Path) -> None:
        file = put(own, "receipt/body.txt", "")
        file.write_bytes("\ufeffKính gửi\r\n{{ code }}\r\n".encode())
        assert written(own).text == "Kính gửi\n53-kh-ubnd/tiep-nhan/so-y-te"

    def test_never_reach_pages_or_documents(self, own: Path) -> None:
        for name in ("pages/board.html", "documents/summary.md"):
            file = own / name
            file.parent.mkdir(parents=True)
            file.write_text("x", "utf-8")
        with environment({"DONDOC_TEMPLATES": str(own)}), pytest.raises(MailTemplateError):
            mail_templates("receipt")

    def test_a_mail_that_is_none_is_named_with_the_nearest(self) -> None:
        with pytest.raises(UnknownName, match="reminder"):
            mail_templates("remnider")


class TestHtml:
    EVIL = "<script>alert(1)</script>"

    @pytest.mark.parametrize(
        "text",
        [
            "{{ title }}",
            '{{ "<b>" ~ title }}',
            "{{ title | upper }}",
            '{{ [title, title] | join("<i>") }}',
            '{% include "email/_line.txt" %}',
            '{% include ["email/_line.txt"] %}',
        ],
    )
    def test_shows_words_as_words(self, own: Path, text: str) -> None:
        put(own, "_line.txt", "{{ title }}")
        put(own, "receipt/body.html", text)
        mail = library(mail_files(own)).mail
        try:
            html = mail("receipt").html.render(**RECEIPT | {"title": self.EVIL})
        except TemplateSyntaxError:  # a list of files to take in cannot be told from its look
            assert "[" in text
            return
        assert "<" not in html
        assert "script" in html.casefold()

    @pytest.mark.parametrize(
        "text", ["{{ title | safe }}", "{% autoescape false %}{% endautoescape %}"]
    )
    def test_cannot_be_made_of_a_unit_s_words(self, own: Path, text: str) -> None:
        put(own, "receipt/body.html", text)
        with pytest.raises(TemplateSyntaxError):
            written(own)


class TestSandbox:
    """Whoever edits a mail's words edits words."""

    @pytest.mark.parametrize(
        "text",
        [
            '{{ "".__class__ }}',
            "{{ directive.__class__.__mro__ }}",
            '{{ directive["__class__"] }}',
            '{{ [directive] | map(attribute="__class__") | first }}',
            "{{ urgency.__globals__ }}",
            "{{ self._TemplateReference__context }}",
        ],
    )
    def test_shows_nothing_of_python(self, own: Path, text: str) -> None:
        with pytest.raises((SecurityError, UndefinedError)):
            line(own, text)

    @pytest.mark.parametrize(
        "text",
        [
            '{{ "a" * 10**9 }}',
            "{{ 9 ** 9 ** 9 }}",
            '{{ "a".ljust(1000000000) }}',
            '{{ "a" | center(1000000000) }}',
            '{{ "%1000000000d" % 1 }}',
            '{{ "%1000000000d" | format(1) }}',
            "{{ range(1000000000) }}",
            "{{ lipsum(100000) }}",
            "{{ directive.update(symbol=1) }}",
            "{% set a = 'a' %}",
            "{% macro m() %}{% endmacro %}",
            "{% for a in faults recursive %}{{ loop(faults) }}{% endfor %}",
            '{% import "email/_footer.txt" as f %}',
            '{% include "email/" ~ title %}',
            '{% include "email/_footer.html" %}',
            '{% extends "email/_base.html" %}',
            "{% do faults.append(1) %}",
            "{{ title | attr('x') }}",
        ],
    )
    def test_knows_no_word_that_a_mail_does_not_need(self, own: Path, text: str) -> None:
        with pytest.raises(TemplateSyntaxError):
            line(own, text)

    @pytest.mark.parametrize(
        "text",
        [
            "{% for a in LONG %}" * 2 + "{% endfor %}" * 2,
            "{% for a in directive %}" * 7 + "{{ title }}" + "{% endfor %}" * 7,
            '{{ LONG | list | join("' + "b" * 40_000 + '") }}',
        ],
    )
    def test_grows_to_no_more_than_a_mail(self, own: Path, text: str) -> None:
        long = "a" * 20_000
        with pytest.raises(TooMuch):
            line(own, text.replace("LONG", f'"{long}"'))

    def test_ends_where_files_include_each_other(self, own: Path) -> None:
        put(own, "_a.txt", '{% include "email/_a.txt" %}')
        with pytest.raises(RecursionError):
            line(own, '{% include "email/_a.txt" %}')

    @pytest.mark.parametrize("name", ["../secret.txt", "email/../../secret.txt", "/etc/a.txt"])
    def test_includes_nothing_from_elsewhere(self, own: Path, name: str) -> None:
        (own.parent / "secret.txt").write_text("x", "utf-8")
        with pytest.raises(TemplateNotFound):
            line(own, f'{{% include "{name}" %}}')


class TestFolder:
    def faults(self, folder: Path) -> list[str]:
        return [fault.message for fault in mail_files(folder).faults]

    def test_of_a_misspelt_name_says_which_is_right(self, own: Path) -> None:
        put(own, "remnider/body.txt", "x")
        put(own, "receipt/body.htm", "x")
        put(own, "receipt/subjekt.txt", "x")
        (own / "receipt").mkdir()
        (own / "receipt/body.txt").write_text("x", "utf-8")
        found = {Path(f.where).relative_to(own).as_posix(): f for f in mail_files(own).faults}
        nearest = {
            "email/remnider/body.txt": "email/reminder/body.txt",
            "email/receipt/body.htm": "email/receipt/body.html",
            "email/receipt/subjekt.txt": "email/receipt/subject.txt",
            "receipt/body.txt": "email/receipt/body.txt",
        }
        assert {name: right for name, right in nearest.items() if right in found[name].message} == (
            nearest
        )

    def test_that_is_not_there_is_told(self, own: Path) -> None:
        assert len(self.faults(own)) == 1

    def test_holds_what_editors_and_git_leave(self, own: Path) -> None:
        for name in (".git/config", "email/receipt/body.txt~", "email/.body.txt.swp"):
            file = own / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("x", "utf-8")
        assert self.faults(own) == []

    def test_leads_nowhere_else(self, own: Path, tmp_path: Path) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("secret", "utf-8")
        put(own, "receipt/body.txt", "x").unlink()
        (own / "email/receipt/body.txt").symlink_to(secret)
        (own / "email/reminder").symlink_to(tmp_path)
        (own / "email/_all.txt").symlink_to(tmp_path / "none")
        files = mail_files(own)
        assert len(files.faults) == 3
        assert "secret" not in "".join(files.sources.values())

    def test_may_link_within_itself(self, own: Path) -> None:
        put(own, "receipt/body.txt", "Một")
        (own / "email/refusal").mkdir()
        (own / "email/refusal/body.txt").symlink_to(own / "email/receipt/body.txt")
        assert written(own, "refusal", "overdue").text == "Một"

    @pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a" * (MAX_BYTES + 1)])
    def test_of_a_file_that_is_no_text_says_so(self, own: Path, content: bytes) -> None:
        put(own, "receipt/body.txt", "").write_bytes(content)
        assert len(self.faults(own)) == 1


class TestLateUnits:
    def test_stand_by_task_and_due_date(self) -> None:
        late = SAMPLES["reminder"]["late-units"]["late"]
        found = [(task["due"], len(task["units"])) for task in by_task(late[::-1])]
        assert found == [("29/02/2024", 3), ("01/03/2024", 1)]

    @pytest.mark.parametrize(
        ("telephone", "expected"),
        [
            ("0000 000 001", "0000000001"),
            ("(0237) 3852.246, 3852.247", "02373852246"),
            ("+84 237 385 2246", "+842373852246"),
            ("0912.345.678; 0987 654 321", "0912345678"),
            ("máy lẻ 12", ""),
            ("", ""),
        ],
    )
    def test_are_dialled_by_their_first_number(self, telephone: str, expected: str) -> None:
        assert dialled(telephone) == expected
