"""A YAML file as plain data that knows its lines: read within bounds, state secrets refused."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from models.errors import Fault, InputError
from models.i18n import gettext as _
from models.secrecy import refuse_if_secret

MAX_BYTES = 4 * 1024 * 1024
MAX_VALUES = 100_000
MAX_DEPTH = 200  # of brackets


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


def read_bytes(path: Path, error: type[InputError]) -> bytes:
    """What a file holds; raises `error` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as problem:
        message = _("the file cannot be read: {problem}").format(problem=problem.strerror)
        raise error([Fault(str(path), None, "", "", message)]) from problem


def parse(name: str, raw: bytes, error: type[InputError]) -> Document:
    """The YAML of a file called `name`; raises `error` with the line of what is wrong with it."""
    text = _text(name, raw, error)
    if _depth(text) > MAX_DEPTH:
        raise error([Fault(name, None, "", "", _("brackets stand too deep in one another"))])
    refuse_if_secret(_outside_values(text))
    try:
        data = _yaml().load(StringIO(text))
    except MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = mark.line + 1 if mark else None
        message = _("this is not valid YAML: {problem}").format(problem=_problem(problem))
        raise error([Fault(name, line, "", "", message)]) from problem
    except (YAMLError, RecursionError, ValueError) as problem:
        words = str(problem).split("\n")[0]
        message = _("this is not valid YAML: {problem}").format(problem=words)
        raise error([Fault(name, None, "", "", message)]) from problem
    if not isinstance(data, CommentedMap):
        raise error([Fault(name, 1, "", "", _("the file must be a mapping of fields"))])
    lines: dict[tuple[str | int, ...], int] = {(): 1}
    try:
        plain = _Plain(lines).of(data, ())
    except (OverflowError, RecursionError) as problem:  # aliases of aliases unfold without end
        raise error([Fault(name, None, "", "", _("the file is too large"))]) from problem
    refuse_if_secret(plain)
    return Document(name, plain, lines)


def _depth(text: str) -> int:
    """How deep brackets stand in one another at most; the parser would take minutes over many."""
    deepest = depth = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth = depth + 1 if bracket in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.Constructor = _DatesAsText
    return yaml


def dotted(path: Sequence[str | int]) -> str:
    """A path as people write it: rounds[2].when.on."""
    text = "".join(f"[{p + 1}]" if isinstance(p, int) else f".{p}" for p in path)
    return text.lstrip(".")


def _outside_values(text: str) -> list[str]:
    """The comments and what stands at the margin. Indented lines belong to values, which are looked
    at once they are read: a wrapped sentence may leave "mật" alone on its last line.
    """
    lines = text.splitlines()
    return [line for line in lines if not line[:1].isspace() or line.lstrip().startswith("#")]


def _text(name: str, raw: bytes, error: type[InputError]) -> str:
    if len(raw) > MAX_BYTES:
        raise error([Fault(name, None, "", "", _("the file is too large"))])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        message = _("the file is not UTF-8; save it again with that encoding")
        raise error([Fault(name, line, "", "", message)]) from problem


def _problem(error: MarkedYAMLError) -> str:
    return " ".join((error.problem or error.context or "?").split())


def _joined(text: str) -> str:
    """The text with the two halves of a character, as JSON escapes write it, made one."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


class _Plain:
    """Turns ruamel's annotated data into plain data, noting the line of every field."""

    def __init__(self, lines: dict[tuple[str | int, ...], int]) -> None:
        self.lines, self.count = lines, 0

    def of(self, value: Any, path: tuple[str | int, ...]) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            raise OverflowError
        if isinstance(value, CommentedMap):
            for key in value:
                self._note(value, key, (*path, str(key)))
            return {str(key): self.of(inner, (*path, str(key))) for key, inner in value.items()}
        if isinstance(value, CommentedSeq):
            for index in range(len(value)):
                self._note(value, index, (*path, index))
            return [self.of(inner, (*path, index)) for index, inner in enumerate(value)]
        if isinstance(value, str):
            return _joined(str(value))
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int):
            return int(value)
        return float(value) if isinstance(value, float) else value

    def _note(self, value: Any, key: Any, path: tuple[str | int, ...]) -> None:
        place = (value.lc.data or {}).get(key)
        if place is not None:  # what is merged in (<<) stands elsewhere and has no place here
            self.lines[path] = place[0] + 1
