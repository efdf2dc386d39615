"""The papers of a summary: Word, PDF and HTML from its frozen figures. Pure: no database, no clock.

`words` are the office's own over what the figures give: those of the form (`FORM_WORDS`: issuer,
heading, superior, reports_to, capacity, signer, place, symbol, regime, subject, addressed, copies,
closing; lines of a list apart), `opening`, and the paragraphs of a part by its name.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from models.words import PaperKind, Regime
from tasks.mail_files import TEMPLATES
from tasks.paper_charts import charts_of
from tasks.paper_content import Content, content_of
from tasks.paper_form import form_of, title_of
from tasks.paper_values import never_lost, template_values
from tasks.word_file import Face
from tasks.word_form import FORMS, TEXT_WIDTH, rule_under, ruled
from tasks.word_template import Picture, fill_in, printed_names

NAMES = {Regime.STATE: "summary-state", Regime.PARTY: "summary-party"}
RULE_SIZE = 4  # points of the blanks that a rule is made of


def paper(
    figures: Mapping[str, Any],
    annex: Mapping[str, Any],
    kind: PaperKind,
    *,
    number: str = "",
    signed_on: date | None = None,
    template: bytes | None = None,
    words: Mapping[str, str] | None = None,
) -> bytes:
    """One file of a summary; `template` is the office's own Word file, for DOCX alone."""
    found = content_of(figures, number, signed_on, words or {})
    match kind:
        case PaperKind.DOCX:
            return _docx(found, annex, signed_on, template)
        case PaperKind.PDF:
            from tasks.paper_html import pdf

            return pdf(found, annex, signed_on)
        case PaperKind.HTML:
            from tasks.paper_html import html

            return html(found, annex).encode()
        case PaperKind.XLSX:
            raise ValueError("tasks.annex_workbook writes the workbook")


def template_name(figures: Mapping[str, Any], words: Mapping[str, str] | None = None) -> str:
    """The name of the Word template that a summary is written from."""
    return NAMES[form_of(figures, "", None, words or {}).regime]


@cache
def shipped_template(name: str) -> bytes:
    """The Word file of that name as we ship it."""
    return (TEMPLATES / f"documents/{name}.docx").read_bytes()


def _docx(
    found: Content, annex: Mapping[str, Any], day: date | None, template: bytes | None
) -> bytes:
    form = found.form
    values = word_values(found, annex)
    return fill_in(
        template or shipped_template(NAMES[form.regime]),
        never_lost(values, printed_names(template)) if template else values,
        form.issuer,
        title_of(form),
        day,
    )


def word_values(found: Content, annex: Mapping[str, Any]) -> dict[str, Any]:
    """What a Word template prints: the texts, the rules under names, and the charts."""
    form = FORMS[found.form.regime]
    charts: dict[str, Any] = {"timeliness": None, "targets": None}
    for at, chart in enumerate(charts_of(found.figures, annex), 1):
        picture = Picture(chart.width, chart.words, chart.png)
        charts[chart.name] = {"picture": picture, "caption": f"Biểu đồ {at}. {chart.title}"}
    return template_values(found) | {
        "charts": charts,
        "rule_of_body": _rule(found.form.body, form.body),
        "rule_of_subject": _rule(found.form.subject, Face(14, bold=True), TEXT_WIDTH),
    }


def _rule(text: str, face: Face, width: float | None = None) -> str:
    length = rule_under(text, face, width) if width else rule_under(text, face)
    return ruled(length, RULE_SIZE)
