"""A document written from a Word template: names in braces filled in, in a sandbox.

Pure: bytes and plain data in, bytes out. `docxtpl` reads the tags; `tasks.word_language` says what
they may do. Pictures are drawn only where the template has a place for them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage

from tasks.word_file import printable, undated
from tasks.word_language import WordEnvironment

LONGEST_PROPERTY = 255  # characters; python-docx takes no more


@dataclass(frozen=True)
class Picture:
    """A picture for a document: its width in mm, what it shows in words, and how it is drawn."""

    width: float
    words: str
    draw: Callable[[], bytes]


class _Template(DocxTemplate):  # type: ignore[misc]
    """A template whose properties are ours: a file's own could hold anything."""

    def render_properties(self, context: Any, jinja_env: Any = None) -> None:
        pass


class _Drawn(InlineImage):  # type: ignore[misc]
    """A picture that is drawn when its place is reached."""

    def __init__(self, template: DocxTemplate, picture: Picture) -> None:
        self.tpl, self.picture = template, picture

    def _insert_image(self) -> str:
        part = self.tpl.current_rendering_part
        inline = part.new_pic_inline(BytesIO(self.picture.draw()), Mm(self.picture.width), None)
        inline.docPr.set("descr", self.picture.words)
        return (
            f"</w:t></w:r><w:r><w:drawing>{inline.xml}</w:drawing></w:r>"
            '<w:r><w:t xml:space="preserve">'
        )


def fill_in(
    template: bytes, values: Mapping[str, Any], author: str, title: str, day: date | None
) -> bytes:
    """The document; raises jinja2's errors where the template cannot be filled in."""
    document = _Template(BytesIO(template))
    environment = WordEnvironment()
    document.render(_with_pictures(document, values), environment)
    properties = document.docx.core_properties
    properties.author = properties.last_modified_by = printable(author)[:LONGEST_PROPERTY]
    properties.title, properties.comments = printable(title)[:LONGEST_PROPERTY], ""
    properties.language = "vi-VN"
    if day:
        properties.created = properties.modified = datetime.combine(day, time())
    written = BytesIO()
    document.save(written)
    return undated(written.getvalue())


def printed_names(template: bytes) -> set[str]:
    """The names of values that a template speaks of anywhere in its text."""
    document = _Template(BytesIO(template))
    found: set[str] = document.get_undeclared_template_variables(WordEnvironment())
    return found


def _with_pictures(document: DocxTemplate, value: Any) -> Any:
    """The values, each picture as something that a template can print."""
    if isinstance(value, Picture):
        return _Drawn(document, value)
    if isinstance(value, Mapping):
        return {name: _with_pictures(document, one) for name, one in value.items()}
    return value
