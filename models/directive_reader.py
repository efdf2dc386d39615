"""Reading a directive file: every fault at once, each with its line, field and what is allowed."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from models.directive_file import DirectiveFile
from models.document import Document, parse, read_bytes
from models.errors import DirectiveFileError, Fault
from models.i18n import N_, ngettext
from models.i18n import gettext as _


def read_directive(path: Path) -> tuple[Document, DirectiveFile]:
    """A directive file, its shape checked; raises DirectiveFileError or SecretDocument."""
    return read_raw(str(path), read_bytes(path, DirectiveFileError))


def read_raw(name: str, raw: bytes) -> tuple[Document, DirectiveFile]:
    """The directive file of these bytes, as `read_directive` reads it from a folder."""
    document = parse(name, raw, DirectiveFileError)
    try:
        return document, DirectiveFile.model_validate(document.data)
    except ValidationError as error:
        raise DirectiveFileError(_shape_faults(document, error)) from error


# --- what pydantic found, in the user's words -------------------------------------------------

_MESSAGES = {
    "missing": N_("this field is required"),
    "extra_forbidden": N_("there is no such field here; allowed: {allowed}"),
    "string_type": N_("must be text: put it between quotes"),
    "int_type": N_("must be a whole number"),
    "int_parsing": N_("must be a whole number"),
    "int_from_float": N_("must be a whole number"),
    "float_type": N_("must be a number"),
    "float_parsing": N_("must be a number"),
    "bool_type": N_("must be true or false"),
    "bool_parsing": N_("must be true or false"),
    "list_type": N_("must be a list: start each item with a hyphen"),
    "tuple_type": N_("must be a list: start each item with a hyphen"),
    "too_long": N_("has too many items: at most {max_length}"),
    "model_type": N_("must be a mapping of fields"),
    "model_attributes_type": N_("must be a mapping of fields"),
    "dict_type": N_("must be a mapping of fields"),
    "string_unicode": N_("must be text: put it between quotes"),
    "string_too_short": N_("must not be empty"),
    "string_too_long": N_("is too long: at most {max_length} characters"),
    "string_pattern_mismatch": N_("has a wrong form; it must match {pattern}"),
    "enum": N_("is not one of the allowed words: {expected}"),
    "literal_error": N_("is not one of the allowed words: {expected}"),
    "greater_than": N_("must be greater than {gt}"),
    "greater_than_equal": N_("must be at least {ge}"),
    "less_than_equal": N_("must be at most {le}"),
    "union_tag_not_found": N_(
        "is no rule known; write one of: on, working_days, every, month_day, on_request, text"
    ),
    "union_tag_invalid": N_(
        "is no rule known here; write one of: on, working_days, every, month_day, on_request"
    ),
}
_DATE = N_("must be a date that exists, written 2024-02-26")
_VALUES = {
    "bodies_or_same_bodies_as": N_("name either the `bodies` or `same_bodies_as`"),
    "units_or_units_of": N_("say who is asked: `units` (names) or `units_of` (assignments)"),
    "when_or_question": N_("give either `when` (the text says it) or `question` (it does not)"),
    "ladder_day_twice": N_("each day of the ladder stands once"),
    "one_limit": N_("give one of: after_cutoff, before_province, on_day"),
    "before_province_needs_a_date": N_(
        "limits that count back need `province_sends_on`, the day the province's report leaves"
    ),
    "review_is_reporting": N_("a review is a round of the stage `reporting`"),
    "form_is_reporting": N_("only a round of the stage `reporting` has a form or an outline"),
    "emulation_is_reporting": N_("only a round of the stage `reporting` has `emulation`"),
    "emulation_name_twice": N_("each block and each form of commendation has a name of its own"),
    "choice_has_choices": N_("give `choices` with an indicator of kind `choice`, and only there"),
    "score_has_points": N_("give `points` with an indicator of kind `score`, and only there"),
    "parts_of_a_number": N_("only a count or an amount of money has `parts`"),
    "one_check": N_("give one of: equation, jump, evidence"),
}


def _shape_faults(document: Document, error: ValidationError) -> list[Fault]:
    faults: dict[tuple[int | None, str], Fault] = {}
    for detail in error.errors(include_url=False):
        path = _in_file(document.data, detail)
        fault = _unread_words(document, path, detail) or document.fault(
            path, _message(detail), _found(detail)
        )
        known = faults.setdefault((fault.line, fault.field), fault)
        if fault.message not in known.message:  # a field may be one of two things (year or day)
            both = replace(known, message=f"{known.message}; {fault.message}")
            faults[fault.line, fault.field] = both
    return sorted(faults.values(), key=lambda f: (f.line or 0, f.field))


def _unread_words(document: Document, path: list[str | int], detail: ErrorDetails) -> Fault | None:
    """A question that leaves its reading to its `words`, which are none of those known."""
    if detail["type"] != "missing" or path[:1] != ["questions"] or len(path) != 3:
        return None
    question = document.data["questions"][path[1]]
    if path[2] not in ("proposed", "why") or "words" not in question:
        return None
    message = _("no reading is known for these words; write `proposed` and `why` yourself")
    return document.fault([*path[:2], "words"], message, question["words"])


def _in_file(data: Any, detail: ErrorDetails) -> list[str | int]:
    """The error's path without the names of union members, which do not stand in the file."""
    path: list[str | int] = []
    for key in detail["loc"]:
        present = (isinstance(data, dict) and key in data) or (
            isinstance(data, list) and isinstance(key, int) and key < len(data)
        )
        if present:
            data = data[key]
            path.append(key)
    if detail["type"] == "missing" and isinstance(data, dict):
        path.append(detail["loc"][-1])
    return path


def _found(detail: ErrorDetails) -> str:
    if detail["type"] in ("missing", "extra_forbidden"):
        return ""
    found = detail["input"]
    return str(found)[:80] if isinstance(found, str | int | float) else type(found).__name__


def _message(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind.startswith(("date_", "datetime_")):
        return _(_DATE)
    if kind == "value_error":
        code = str(context.get("error", ""))
        return _(_VALUES[code]) if code in _VALUES else _(_DATE)
    if kind == "extra_forbidden":
        return _(_MESSAGES[kind]).format(allowed=", ".join(_allowed_fields(detail["loc"])))
    if kind not in _MESSAGES:
        return str(detail["msg"])
    if "expected" in context:  # pydantic lists the words in English: "'a', 'b' or 'c'"
        context = {**context, "expected": str(context["expected"]).replace("' or '", "', '")}
    return _(_MESSAGES[kind]).format(**context)


def _allowed_fields(loc: Sequence[str | int]) -> list[str]:
    """The fields the part at `loc` may have, from the schema."""
    schema = _schema()
    node = schema
    for key in loc[:-1]:
        node = _step_into(schema, node, key)
    return sorted(_deref(schema, node).get("properties", {}))


@cache
def _schema() -> dict[str, Any]:
    return DirectiveFile.model_json_schema()


def _deref(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while True:
        options = [o for o in node.get("anyOf", []) if o.get("type") != "null"]
        if "$ref" in node:
            node = schema["$defs"][re.sub(r".*/", "", node["$ref"])]
        elif len(options) == 1:
            node = options[0]
        else:
            return node


def _step_into(schema: dict[str, Any], node: dict[str, Any], key: str | int) -> dict[str, Any]:
    if key in schema["$defs"]:  # the name of a union member
        return dict(schema["$defs"][key])
    node = _deref(schema, node)
    if isinstance(key, int):
        return dict(node.get("items", {}))
    return dict(node.get("properties", {}).get(key, node))


def count_faults(faults: Sequence[Fault]) -> str:
    """ "3 faults", in the language in force."""
    return ngettext("{n} fault", "{n} faults", len(faults)).format(n=len(faults))
