"""What a summary quotes of the units' reports: a few passages a part, each with its unit.

Where the report has an outline its sections say what belongs to which part; else the results are
the report's own narrative, and texts asked for as figures go where their question belongs. A duty
without an outline that a report with one stands for is quoted by the sections of that report: its
own narrative has them one below the other under their titles.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models import copied_text
from models.directive import Indicator
from models.round import (
    Obligation,
    Round,
    RoundIndicator,
    Submission,
)
from models.unit import Unit
from models.vietnamese import collapse, fold, phrase_key, show_instant
from models.words import IndicatorKind, ReportPart
from tasks.standing import standing

QUOTED = 6  # passages of a part at most
LONGEST = 400  # characters of a passage
SHORT = 80  # characters that it may take to say nothing

# the words by which a question asks for a part, and a sentence that answers several is of one
_ASKS = {
    ReportPart.LIMITATIONS: ("han che", "kho khan", "vuong mac", "ton tai"),
    ReportPart.CAUSES: ("nguyen nhan",),
    ReportPart.LESSONS: ("kinh nghiem", "bai hoc"),
    ReportPart.PROPOSALS: ("de nghi", "kien nghi", "de xuat", "phuong huong"),
}
_NOTHING = re.compile(r"(khong|chua) (co|phat sinh)\b.{0,40}|khong|nhu tren|[\W\d]*")
_WORD = re.compile(r"[^\W\d]{2}\s")
_SENTENCE_ENDS = re.compile(r"(?<=[.!?…;])\s+")


@dataclass(frozen=True)
class Passage:
    """What a unit wrote in a section of its answer."""

    part: ReportPart
    section: str
    text: str
    unit: str
    level: str
    obligation: str
    obligation_id: int
    submission: int
    version: int
    received: str

    def as_dict(self, also: Sequence[str]) -> dict[str, Any]:
        """The passage as a summary quotes it; `also` are units that say nearly the same."""
        return {
            "unit": self.unit,
            "obligation": self.obligation,
            "obligation_id": self.obligation_id,
            "submission": self.submission,
            "version": self.version,
            "received": self.received,
            "section": self.section,
            "text": shortened(self.text),
            "also": list(also),
        }


def passages(session: Session, found: Round, as_of: datetime) -> dict[str, list[dict[str, Any]]]:
    """What a round's summary quotes, by part; a part of which nobody wrote is left out."""
    return chosen(written(session, [found], as_of))


def chosen(found: Iterable[Passage]) -> dict[str, list[dict[str, Any]]]:
    """A few passages of each part: distinct, telling, and of as many levels as there are."""
    by_part: dict[ReportPart, list[Passage]] = {}
    for passage in found:
        by_part.setdefault(passage.part, []).append(passage)
    return {part.value: _choose(by_part[part]) for part in ReportPart if part in by_part}


def _choose(found: Sequence[Passage]) -> list[dict[str, Any]]:
    """The most telling of each unit before a second of any, of each level in turn."""
    groups = sorted(_alike(found), key=lambda group: -_told(group[0].text))
    quoted: list[list[Passage]] = []
    levels, units = Counter[str](), Counter[str]()
    while groups and len(quoted) < QUOTED:
        group = min(groups, key=lambda group: (units[group[0].unit], levels[group[0].level]))
        quoted.append(group)
        groups.remove(group)
        levels[group[0].level] += 1
        units[group[0].unit] += 1
    return [group[0].as_dict(_others(group)) for group in quoted]


def _others(group: Sequence[Passage]) -> list[str]:
    """The units beside the first whose text is nearly the same."""
    return [unit for unit in dict.fromkeys(p.unit for p in group) if unit != group[0].unit]


def _alike(found: Sequence[Passage]) -> list[list[Passage]]:
    """The passages in groups that say nearly the same, in the order they came; short ones only
    where they are the same but for case and marks.
    """
    copies = [
        copied_text.Passage(p.unit, "", p.section, p.text, key=key) for key, p in enumerate(found)
    ]
    same: dict[int, str] = {}
    for number, group in enumerate(copied_text.groups_of(copies)):
        same |= {member.passage.key: f"#{number}" for member in group.members}
    groups: dict[str, list[Passage]] = {}
    for key, passage in enumerate(found):
        words = re.sub(r"[\W_]+", " ", phrase_key(passage.text)).strip()
        groups.setdefault(same.get(key) or words, []).append(passage)
    return list(groups.values())


def _told(text: str) -> int:
    """How much a text tells, in characters of different words; figures and symbols tell more."""
    words = set(fold(shortened(text)).split())
    return sum(len(word) * (2 if any(map(str.isdigit, word)) else 1) for word in words)


def shortened(text: str) -> str:
    """A text that may be quoted: whole, or cut after a sentence and marked with "…"."""
    whole = collapse(text)
    if len(whole) <= LONGEST:
        return whole
    kept = ""
    for sentence in _SENTENCE_ENDS.split(whole):
        if len(kept) + len(sentence) + 1 > LONGEST:
            break
        kept = f"{kept} {sentence}".strip()
    return f"{kept or whole[:LONGEST].rsplit(' ', 1)[0]} …"


def written(session: Session, rounds: Sequence[Round], as_of: datetime) -> list[Passage]:
    """Every text of the answers that stand in some rounds, by part, in the order of units."""
    found: list[Passage] = []
    for one in rounds:
        asked = _texts_asked(session, one)
        outline = _by_code(one.outline)
        taken = {} if outline else _taken(session, one)
        for answer, payload in _answers(session, one, as_of):
            sections, below = taken.get(answer.submission, ({}, outline))
            for part, section, text in _parts({**payload, **sections}, below, asked):
                found += [
                    replace(answer, part=part, section=section, text=told)
                    for told in _paragraphs(text)
                    if _tells(told)
                ]
    return found


def _by_code(outline: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {item["code"]: item for item in outline}


def parts_of(session: Session, found: Round) -> set[ReportPart]:
    """The parts of a summary that a round's reports may speak to."""
    asked = {part for label in _texts_asked(session, found).values() for part in parts_asked(label)}
    return asked | {ReportPart(item["part"]) for item in found.outline}


def _paragraphs(text: str) -> list[str]:
    """A text whole where it may be quoted so, else its paragraphs; a heading of a list is none."""
    if len(collapse(text)) <= LONGEST:
        return [text]
    lines = (line.strip().lstrip("-+*• ") for line in text.splitlines())
    return [line for line in lines if line and not line.endswith(":")]


def _texts_asked(session: Session, found: Round) -> dict[str, str]:
    """The label of each indicator of a round that asks for a text, by code."""
    return dict(
        session.exec(
            select(Indicator.code, Indicator.label)
            .join(RoundIndicator, col(RoundIndicator.indicator_id) == col(Indicator.id))
            .where(RoundIndicator.round_id == found.id, Indicator.kind == IndicatorKind.TEXT)
            .order_by(col(RoundIndicator.position))
        ).all()
    )


def _answers(
    session: Session, found: Round, as_of: datetime
) -> Iterator[tuple[Passage, Mapping[str, Any]]]:
    """The answers that stand, each as a passage without text, and its payload."""
    last = standing(as_of, col(Round.id) == found.id)
    rows = session.exec(
        select(Submission, Obligation.code, Unit.name, Unit.level)
        .join(last, last.c.id == col(Submission.id))
        .join(Obligation, col(Obligation.id) == col(Submission.obligation_id))
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .order_by(col(Unit.id))
    )
    for submission, code, unit, level in rows:
        bare = Passage(
            part=ReportPart.RESULTS,
            section="",
            text="",
            unit=unit,
            level=level,
            obligation=code,
            obligation_id=submission.obligation_id,
            submission=submission.id or 0,
            version=submission.version,
            received=show_instant(submission.received_at),
        )
        yield bare, submission.payload


def _taken(
    session: Session, found: Round
) -> dict[int, tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]]:
    """The sections of the reports that answers to a round were taken from, with their outline."""
    source, duty = aliased(Submission), aliased(Obligation)
    rows = session.exec(
        select(Submission.id, source.payload, Round.outline)
        .join(Obligation, col(Obligation.id) == col(Submission.obligation_id))
        .join(source, col(source.id) == col(Submission.taken_from_id))
        .join(duty, col(duty.id) == col(source.obligation_id))
        .join(Round, col(Round.id) == col(duty.round_id))
        .where(Obligation.round_id == found.id)
    )
    return {
        id_: ({"sections": payload["sections"]}, _by_code(outline))
        for id_, payload, outline in rows
        if id_ is not None and payload.get("sections")
    }


def _parts(
    payload: Mapping[str, Any], outline: Mapping[str, Mapping[str, Any]], asked: Mapping[str, str]
) -> Iterator[tuple[ReportPart, str, str]]:
    """The texts of an answer: to which part of the summary each belongs, its section, its words."""
    for code, text in (payload.get("sections") or {}).items():
        if code in outline:
            yield ReportPart(outline[code]["part"]), outline[code]["title"], str(text)
    if not outline and payload.get("narrative"):
        yield ReportPart.RESULTS, "", str(payload["narrative"])
    values = payload.get("values") or {}
    for code, label in asked.items():
        if values.get(code):
            yield from _by_question(label, str(values[code]))


def _by_question(label: str, text: str) -> Iterator[tuple[ReportPart, str, str]]:
    """An answer to a question; where that asks for several parts in one, each sentence where its
    own words belong, else to the part asked for first.
    """
    first, *others = parts_asked(label) or [ReportPart.RESULTS]
    if not others:
        yield first, label, text
        return
    said: dict[ReportPart, list[str]] = {}
    for sentence in _SENTENCE_ENDS.split(collapse(text)):
        part = next((p for p in others if _place(sentence, p) >= 0), first)
        said.setdefault(part, []).append(sentence)
    for part, sentences in said.items():
        yield part, label, " ".join(sentences)


def parts_asked(label: str) -> list[ReportPart]:
    """The parts of a summary that a question asks for, in the order of its words."""
    places = {part: _place(label, part) for part in _ASKS}
    return sorted((part for part in places if places[part] >= 0), key=lambda part: places[part])


_folded = lru_cache(maxsize=1_000)(fold)  # each sentence is looked at for every part


def _place(text: str, part: ReportPart) -> int:
    """Where a text first has words of a part; -1 where it has none."""
    folded = _folded(text)
    return min((at for word in _ASKS[part] if (at := folded.find(word)) >= 0), default=-1)


def _tells(text: str) -> bool:
    """Whether a text says anything: "Không có" and a word alone do not."""
    if len(text) > SHORT and _WORD.search(text):
        return True
    folded = fold(text).rstrip(".! ")
    return " " in folded and not _NOTHING.fullmatch(folded)
