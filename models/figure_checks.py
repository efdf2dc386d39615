"""Stub of the rules of figures: helper RULES replaces this whole file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.asked import Asked, Known
from models.report_asks import CheckItem


@dataclass(frozen=True)
class Broken:
    """A rule that an answer breaks: its name, the field it speaks of, and what to do about it."""

    name: str
    field: str
    message: str
    soft: bool


def broken(
    checks: Sequence[CheckItem],
    asked: Sequence[Asked],
    payload: Mapping[str, Any],
    known: Known,
    has_evidence: bool,
) -> list[Broken]:
    """The rules that a report breaks."""
    return []
