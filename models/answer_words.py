"""The fields of an answer as a unit knows them, for faults, receipts and changes."""

from models.answer_explanations import explainable, labels_of
from models.asked import Asks
from models.i18n import N_
from models.i18n import gettext as _

_FIELD_WORDS = {
    "received_on": N_("date of receipt"),
    "brought_to_staff": N_("how it was made known"),
    "rows": N_("rows of the plan"),
    "measure": N_("measure"),
    "number": N_("number of the measure or target"),
    "product": N_("product"),
    "who": N_("who is in charge"),
    "by": N_("date of completion"),
    "percent": N_("degree of completion (%)"),
    "narrative": N_("results"),
    "evidence": N_("evidence"),
    "values": N_("figures"),
    "sections": N_("sections of the report"),
    "explanations": N_("explanations of figures"),
    "file": N_("file"),
    "nothing_to_report": N_("nothing to report"),
    "issued_as": N_("document issued"),
    "reason": N_("reason"),
    "numerator": N_("numerator"),
    "denominator": N_("denominator"),
    "document": N_("document"),
    "issued": N_("date of issue"),
    "decline": N_("reason for declining"),
    "why": N_("reason for the correction"),
}


def field_in_words(field: str, asks: Asks) -> str:
    """A field of an answer as the unit knows it: "rows[2].by" → "rows of the plan 2, date of …"."""
    first, _dot, rest = field.partition(".")
    if rest and first == "sections":
        return next((item.title for item in asks.outline if item.code == rest), rest)
    if rest and first == "explanations":
        found = next((one.words for one in explainable(asks) if one.name == rest), rest)
        return _("explanation – {rule}").format(rule=found)
    labels = labels_of(asks)
    words = []
    for part in field.split("."):
        name, _bracket, number = part.partition("[")
        word = labels.get(name) or (_(_FIELD_WORDS[name]) if name in _FIELD_WORDS else name)
        words.append(f"{word} {number[:-1]}" if number else word)
    shown = words[1:] if field.startswith("values.") else words
    return ", ".join(shown)
