"""What a Word template may print of a summary, by name; `docs/secretariat.md` lists it."""

from collections.abc import Mapping, Set
from typing import Any

from models.words import ReportPart
from tasks import paper_tables as tables
from tasks.paper_content import APPENDICES, TEXTS, Content


def template_values(found: Content) -> dict[str, Any]:
    """All that a Word template may print, by name."""
    form, figures = found.form, found.figures
    parts = {part.name: [one.text for one in part.paragraphs] for part in found.parts}
    causes = next(part for part in found.parts if part.name == ReportPart.CAUSES)
    return parts | {
        "lessons": [one.text for one in causes.lessons],
        "superior": form.superior,
        "body": form.body,
        "number": form.number,
        "place_and_date": form.place_and_date,
        "title": found.title,
        "subject": form.subject,
        "addressed": form.addressed,
        "replaces": _replaced(found) if found.replaces else None,
        "opening": list(found.opening),
        "tables": [{"title": one.title, "rows": one.rows} for one in found.tables],
        "targets": list(found.targets),
        "rounds": list(found.rounds),
        "closing": form.closing,
        "copies": list(form.copies),
        "capacity": list(form.capacity),
        "signer": form.signer,
        "appendices": {name: None for name, _title, _make in APPENDICES}
        | {
            one.name: {"label": one.label, "title": one.title, "note": one.note, "rows": one.rows}
            for one in found.appendices
        },
        "issuer": form.issuer,
        "directive": figures["directive"],
        "round": figures["round"],
        "tally": figures["tally"],
        "as_of": figures["as_of"],
    }


def _replaced(found: Content) -> dict[str, Any]:
    before = found.figures["replaces"]
    return {
        "text": found.replaces,
        "number": before["number"],
        "signed": before["signed"],
        "changes": [row["text"] for row in tables.change_rows(found.figures)],
    }


def never_lost(values: Mapping[str, Any], printed: Set[str]) -> dict[str, Any]:
    """The values for a template that does not print of itself which report is replaced: said in
    front of the first text that it prints, with the changes below.
    """
    before = values["replaces"]
    if not before or "replaces" in printed:
        return dict(values)
    place = next((name for name in TEXTS if name in printed), "opening")
    sentence = before["text"].partition(";")[0].rstrip(".") + "."
    changes = [f"- {text}" for text in before["changes"]]
    said = [f"{sentence} Nội dung thay đổi:", *changes] if changes else [sentence]
    return {**values, place: [*said, *values[place]]}
