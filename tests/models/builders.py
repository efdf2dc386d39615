"""The smallest directive file and register, with parts replaced, added or left out."""

from collections.abc import Callable, Iterable
from typing import Any

from ruamel.yaml import YAML

from models.directive_file import DirectiveFile
from models.errors import Fault
from models.register import Register, build
from models.timetable import PlannedRound

FaultsOf = Callable[..., tuple[Fault, ...]]

ASSIGNMENT = """
  - id: A1
    bodies: [Sở A]
    role: implement
    quote: Sở A tổ chức thực hiện"""

PARTS: dict[str, str | None] = {
    "format": "dondoc/directive/1",
    "code": "thu",
    "symbol": "1-KL/TU",
    "kind": "KL",
    "regime": "party",
    "issuer": "Ban Thường vụ Tỉnh ủy",
    "province": "Thử Nghiệm",
    "issued": "2024-02-26",
    "subject": "thử nghiệm",
    "assignments": ASSIGNMENT,
}
ROUND: dict[str, str | None] = {
    "code": "dot",
    "stage": "reporting",
    "title": "Báo cáo",
    "asks": "Đề nghị gửi báo cáo.",
    "basis": "[assignments/A1]",
    "units_of": "[A1]",
    "when": "{on: 2024-06-03}",
}
QUESTION: dict[str, str | None] = {
    "id": "han",
    "about": "[rounds/dot]",
    "asks": "Ngày nào?",
    "proposed": "{on: 2024-06-03}",
    "why": "Văn bản không nêu ngày.",
    "confirmed": "no",
}
UNIT = {
    "code": "so-a",
    "name": "Sở A",
    "kind": "department",
    "level": "province",
    "groups": "so",
    "email": "vanthu@so-a.example",
    "telephone": "0000 000 001",
}


def file_text(**parts: str | None) -> str:
    """The minimal file as YAML; a part given replaces its own or is added, None leaves it out."""
    given = (PARTS | parts).items()
    return "".join(f"{name}: {value}\n" for name, value in given if value is not None)


def item(base: dict[str, str | None], **fields: str | None) -> str:
    """One item of a list of the file, as YAML."""
    given = (base | fields).items()
    return "\n  - " + "\n    ".join(f"{name}: {v}" for name, v in given if v is not None)


def a_round(**fields: str | None) -> str:
    return item(ROUND, **fields)


def asked_by(question: str = "han", **fields: str | None) -> str:
    """A round whose date rests on a question."""
    return item(ROUND, when=None, question=question, **fields)


def a_question(**fields: str | None) -> str:
    return item(QUESTION, **fields)


def directive(**parts: str | None) -> DirectiveFile:
    """The minimal file as the model that rules read."""
    return DirectiveFile.model_validate(YAML(typ="safe").load(file_text(**parts)))


def line_of(text: str, words: str) -> int:
    """The line (from 1) on which the words first stand."""
    return text[: text.index(words)].count("\n") + 1


def places(faults: Iterable[Fault]) -> list[tuple[int | None, str]]:
    """Where faults are: line and field."""
    return [(fault.line, fault.field) for fault in faults]


def values_of(found: PlannedRound, rule: str) -> list[dict[str, str]]:
    """The values of every step of a round's reason that applies a rule."""
    return [dict(step.values) for step in found.reason if step.rule == rule]


def units(*rows: dict[str, Any], groups: dict[str, str] | None = None) -> Register:
    """A register of units; each row fills in what differs from a department "Sở A"."""
    phrases = [{"phrase": p, "members": m} for p, m in (groups or {}).items()]
    return build([UNIT | row for row in rows], phrases)
