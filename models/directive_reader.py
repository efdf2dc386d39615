"""Reading a directive file: every fault at once, each with its line, field and what is allowed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from models.directive_file import DirectiveFile
from models.errors import DirectiveFileError, Fault, SecretDocument
from models.i18n import N_, ngettext
from models.i18n import gettext as _
from models.secrecy import is_marked_secret

MAX_BYTES = 4 * 1024 * 1024
MAX_VALUES = 100_000


class _DatesAsText(RoundTripConstructor):
    """Leaves dates as they are written: one that does not exist is a fault of its field."""


_DatesAsText.add_constructor("tag:yaml.org,2002:timestamp", _DatesAsText.construct_yaml_str)


@dataclass(frozen=True)
class Document:
    """A parsed YAML file: plain data, and the line each field stands on (from 1)."""

    name: str
    data: Any
    lines: Mapping[tuple[str | int, ...], int]

    def line(self, path: Sequence[str | int]) -> int:
        """The line of a field, or of the nearest field around it."""
        here = tuple(path)
        while here and here not in self.lines:
            here = here[:-1]
        return self.lines.get(here, 1)

    def fault(self, path: Sequence[str | int], message: str, found: object = "") -> Fault:
        return Fault(
            self.name, self.line(path), dotted(path), "" if found is None else str(found), message
        )


def read_directive(path: Path) -> tuple[Document, DirectiveFile]:
    """A directive file, its shape checked; raises DirectiveFileError or SecretDocument."""
    document = parse(path)
    try:
        return document, DirectiveFile.model_validate(document.data)
    except ValidationError as error:
        raise DirectiveFileError(_shape_faults(document, error)) from error


def parse(path: Path) -> Document:
    """The YAML of a file; raises DirectiveFileError with the line of a syntax error."""
    name = str(path)
    text = _text(path)
    refuse_if_secret(_outside_values(text))
    try:
        data = _yaml().load(StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        message = _("this is not valid YAML: {problem}").format(problem=_problem(error))
        raise DirectiveFileError([Fault(name, line, "", "", message)]) from error
    except (YAMLError, RecursionError, ValueError) as error:
        message = _("this is not valid YAML: {problem}").format(problem=str(error).split("\n")[0])
        raise DirectiveFileError([Fault(name, None, "", "", message)]) from error
    if not isinstance(data, CommentedMap):
        message = _("the file must be a mapping of fields; run `dondoc schema` to see them")
        raise DirectiveFileError([Fault(name, 1, "", "", message)])
    lines: dict[tuple[str | int, ...], int] = {(): 1}
    plain = _Plain(name, lines).of(data, ())
    refuse_if_secret(plain)
    return Document(name, plain, lines)


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.Constructor = _DatesAsText
    return yaml


def dotted(path: Sequence[str | int]) -> str:
    """A path as people write it: rounds[2].when.on."""
    text = "".join(f"[{p + 1}]" if isinstance(p, int) else f".{p}" for p in path)
    return text.lstrip(".")


def refuse_if_secret(data: object) -> None:
    """Raises SecretDocument where a text, or any text in the data, bears a stamp of secrecy."""
    if is_marked_secret(data):
        message = _(
            "The document is marked as a state secret (Mật, Tối mật, Tuyệt mật). "
            "It is refused and no copy is kept. Handle it by the rules for secret documents."
        )
        raise SecretDocument(message)


def _outside_values(text: str) -> list[str]:
    """The comments and what stands at the margin. Indented lines belong to values, which are looked
    at once they are read: a wrapped sentence may leave "mật" alone on its last line.
    """
    lines = text.splitlines()
    return [line for line in lines if not line[:1].isspace() or line.lstrip().startswith("#")]


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        message = _("the file cannot be read: {problem}").format(problem=error.strerror)
        raise DirectiveFileError([Fault(str(path), None, "", "", message)]) from error
    if len(raw) > MAX_BYTES:
        message = _("the file is too large for a directive file")
        raise DirectiveFileError([Fault(str(path), None, "", "", message)])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = _("the file is not UTF-8; save it again with that encoding")
        raise DirectiveFileError([Fault(str(path), line, "", "", message)]) from error


def _problem(error: MarkedYAMLError) -> str:
    return " ".join((error.problem or error.context or "?").split())


class _Plain:
    """Turns ruamel's annotated data into plain data, noting the line of every field."""

    def __init__(self, name: str, lines: dict[tuple[str | int, ...], int]) -> None:
        self.name, self.lines, self.count = name, lines, 0

    def of(self, value: Any, path: tuple[str | int, ...]) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:  # aliases of aliases unfold without end
            message = _("the file is too large for a directive file")
            raise DirectiveFileError([Fault(self.name, None, "", "", message)])
        if isinstance(value, CommentedMap):
            for key in value:
                self._note(value, key, (*path, str(key)))
            return {str(key): self.of(inner, (*path, str(key))) for key, inner in value.items()}
        if isinstance(value, CommentedSeq):
            for index in range(len(value)):
                self._note(value, index, (*path, index))
            return [self.of(inner, (*path, index)) for index, inner in enumerate(value)]
        if isinstance(value, str):
            return str(value)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int):
            return int(value)
        return float(value) if isinstance(value, float) else value

    def _note(self, value: Any, key: Any, path: tuple[str | int, ...]) -> None:
        place = (value.lc.data or {}).get(key)
        if place is not None:  # what is merged in (<<) stands elsewhere and has no place here
            self.lines[path] = place[0] + 1


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
    "review_is_reporting": N_("a review is a round of the stage `reporting`"),
}


def _shape_faults(document: Document, error: ValidationError) -> list[Fault]:
    faults: dict[tuple[int | None, str], Fault] = {}
    for detail in error.errors(include_url=False):
        path = _in_file(document.data, detail)
        fault = document.fault(path, _message(detail), _found(detail))
        known = faults.setdefault((fault.line, fault.field), fault)
        if fault.message not in known.message:  # a field may be one of two things (year or day)
            both = replace(known, message=f"{known.message}; {fault.message}")
            faults[fault.line, fault.field] = both
    return sorted(faults.values(), key=lambda f: (f.line or 0, f.field))


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
