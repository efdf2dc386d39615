"""Why a date is what it is: the rule, its source, the words quoted, every shift applied.

A reason is data (`Step`: a rule's name and its values), so the same reason can be stored, printed
in either language and shown in mail, page and calendar file.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from models.i18n import N_, gettext, vi
from models.words import Level, label, label_vi

_RULES: Mapping[str, str] = {
    "quote": N_("The text: “{quote}” (line {lines})."),
    "quote-only": N_("The text: “{quote}”."),
    "no-words": N_("The text does not say when."),
    "question": N_("What the text leaves open is read so: {why}"),
    "confirmed": N_("Confirmed by {by} on {on}."),
    "unconfirmed": N_("A proposed reading, not confirmed: it binds nobody yet."),
    "on": N_("Date set: {day}."),
    "after-issue": N_("{days} working days after the date of issue {day}."),
    "after": N_("{days} working days after {day}."),
    "yearly": N_("Every year on {day}."),
    "cutoff": N_("Figures from {start} to the cut-off {cutoff} ({source})."),
    "send-within": N_("To be sent within {days} working days after the cut-off."),
    "shifted": N_("{day} is a day off ({why}): moved to the next working day, {to}."),
    "shifted-back": N_("{day} is a day off ({why}): moved to the working day before, {to}."),
    "passes-over": N_("Not counted: {days} ({why})."),
    "counts-worked": N_("Counted as worked: {days} ({why})."),
    "fixed": N_("{day} is a day off ({why}), but the date is fixed by the text."),
    "computed": N_("Days off of {year} are computed: no decision is known yet."),
    "back-from": N_(
        "The province's report leaves by {day}: day {date} of the last month ({source})."
    ),
    "level-before": N_("{level}: {days} working days before, by {day}."),
    "level-after": N_("{level}: {days} working days after the cut-off, by {day}."),
    "level-on-day": N_("{level}: by {day}, the day set in the period's last month."),
    "not-before-cutoff": N_("{level}: not before the figures are cut off, so by {day}."),
    "province-sends": N_("Province's summary by {day}: day {date} of the last month ({source})."),
    "summary-after": N_("Province's summary on {day}, {days} working days after the due date."),
    "by-hand": N_("Opened on request by {by} on {on}, due {day}."),
    "in-place-of": N_("In the place of {units}, from {day} on ({ground})."),
    "passed-on": N_("Taken over from {unit}, which ended before {day} ({ground})."),
    "passed-on-due": N_("Due {day}: {days} working days after taking over."),
    "extended": N_("Extended from {before} to {day} by {by} on {on}."),
    "given-back": N_("Given back by {by} on {on}, to be sent by {day} instead of {before}."),
}

RULES = frozenset(_RULES)


@dataclass(frozen=True)
class Step:
    """One rule applied on the way to a date, with the values that fill its sentence."""

    rule: str
    values: tuple[tuple[str, str], ...] = ()

    def as_dict(self) -> dict[str, str]:
        return {"rule": self.rule, **dict(self.values)}

    def __str__(self) -> str:
        return gettext(_RULES[self.rule]).format_map(self._said(label))

    def in_vietnamese(self) -> str:
        return vi(_RULES[self.rule]).format_map(self._said(label_vi))

    def _said(self, say: Callable[[Level], str]) -> dict[str, str]:
        """The values as a sentence has them: a level is a word, not its code."""
        return {k: say(Level(v)) if k == "level" else v for k, v in self.values}


def step(rule: str, **values: object) -> Step:
    """A step of a known rule; unknown rules are a programming error and raise KeyError."""
    _RULES[rule]
    return Step(rule, tuple((name, str(value)) for name, value in values.items()))


def from_dicts(rows: Iterable[Mapping[str, str]]) -> list[Step]:
    """Steps as `Step.as_dict` wrote them."""
    return [step(row["rule"], **{k: v for k, v in row.items() if k != "rule"}) for row in rows]


def in_words(rows: Iterable[Mapping[str, str]]) -> str:
    """A stored reason in the language in force."""
    return " ".join(map(str, from_dicts(rows)))


def in_vietnamese(rows: Iterable[Mapping[str, str]]) -> str:
    """A stored reason in Vietnamese, for mail and official documents."""
    return " ".join(found.in_vietnamese() for found in from_dicts(rows))
