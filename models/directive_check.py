"""What a directive file must get right beyond its shape: a fault stops registration.

What only looks odd is in `models.anomalies`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from models import report_forms
from models.anomalies import anomalies
from models.directive_asks import Periodic, RoundItem, When, YearlyOn
from models.directive_file import DirectiveFile
from models.directive_reader import read_directive
from models.directive_text import MeasureItem, NormItem, Quoted
from models.document import Document
from models.emulation_check import emulation_bodies, emulation_faults
from models.errors import DirectiveFileError, Fault
from models.i18n import gettext as _
from models.periods import how_many
from models.register import Register
from models.report_check import report_faults
from models.report_regimes import known
from models.secrecy import refuse_if_secret
from models.timetable import resolve
from models.vietnamese import collapse
from models.words import Role


@dataclass(frozen=True)
class Checked:
    """A directive file that may be registered, and the anomalies to look at."""

    document: Document
    directive: DirectiveFile
    anomalies: tuple[Fault, ...]


def check_file(path: Path, register: Register | None = None, text: str | None = None) -> Checked:
    """Reads and checks a file; raises DirectiveFileError with every fault, or SecretDocument.

    With a register, every body must be known to it; with the text, every quote must stand in it.
    """
    refuse_if_secret(text)
    return check(*read_directive(path), register, text)


def check(
    document: Document,
    directive: DirectiveFile,
    register: Register | None = None,
    text: str | None = None,
) -> Checked:
    """Checks a file that was read; raises DirectiveFileError with every fault."""
    faults = [*_faults(document, directive)]
    if register is not None:
        faults += _unknown_bodies(document, directive, register)
    if text is not None:
        faults += quote_faults(document, directive, text)
    if faults:
        raise DirectiveFileError(sorted(faults, key=lambda f: (f.line or 0, f.field)))
    return Checked(document, directive, tuple(anomalies(document, directive, register)))


# --- faults --------------------------------------------------------------------------------------


def _faults(doc: Document, directive: DirectiveFile) -> Iterator[Fault]:
    yield from _twice(doc, directive)
    yield from _dangling(doc, directive)
    yield from _rounds(doc, directive)
    yield from _named_like_a_period(doc, directive)
    yield from emulation_faults(doc, directive)
    yield from report_faults(doc, directive)
    if directive.issued is None and directive.issue_date() is None:
        yield doc.fault(
            ["issued"],
            _("fill in the date, or add a question about `issued` that proposes one (`on: …`)"),
        )
    if directive.code != doc.data.get("code"):
        yield doc.fault(["code"], _("must be text: put it between quotes"))


def _twice(doc: Document, directive: DirectiveFile) -> Iterator[Fault]:
    lists: dict[str, list[str]] = {
        "targets": [t.num for t in directive.targets],
        "assignments": [a.id for a in directive.assignments],
        "reports": [r.code for r in directive.reports],
        "phases": [str(p.num) for p in directive.phases],
        "recipients": [str(r.num) for r in directive.recipients],
        "indicators": [i.code for i in directive.indicators],
        "report_forms": [f.code for f in directive.report_forms],
        "questions": [q.id for q in directive.questions],
        "rounds": [r.code for r in directive.rounds],
        "report_regimes": [r.code for r in directive.report_regimes],
    }
    for name, codes in lists.items():
        counts = Counter(codes)
        for index, code in enumerate(codes):
            if counts[code] > 1 and code in codes[:index]:
                yield doc.fault([name, index], _("“{code}” stands twice").format(code=code), code)
    yield from _numbers_twice(doc, directive, MeasureItem)
    yield from _numbers_twice(doc, directive, NormItem)


def _numbers_twice(
    doc: Document, directive: DirectiveFile, kind: type[MeasureItem] | type[NormItem]
) -> Iterator[Fault]:
    seen: set[str] = set()
    for path, part in quoted_parts(directive):
        if path[:1] == ("measures",) and isinstance(part, kind):
            if part.num in seen:
                message = _("“{code}” stands twice").format(code=part.num)
                yield doc.fault([*path, "num"], message, part.num)
            seen.add(part.num)


def _dangling(doc: Document, directive: DirectiveFile) -> Iterator[Fault]:
    """References that name nothing."""
    assignments = {a.id for a in directive.assignments}
    measures = {m.num for m in directive.all_measures()}
    targets = {t.num for t in directive.targets}
    questions = {q.id for q in directive.questions}
    indicators = {i.code for i in directive.all_indicators()}
    forms = set(report_forms.known(directive.report_forms))

    def check(path: Sequence[str | int], name: str | None, known: set[str]) -> Iterator[Fault]:
        if name is not None and name not in known:
            allowed = ", ".join(sorted(known)) or "—"
            message = _("names nothing in this file; there are: {allowed}").format(allowed=allowed)
            yield doc.fault(path, message, name)

    for n, assignment in enumerate(directive.assignments):
        here: list[str | int] = ["assignments", n]
        yield from check([*here, "same_bodies_as"], assignment.same_bodies_as, assignments)
        if assignment.same_bodies_as in assignments and not directive.bodies_of(assignment):
            yield doc.fault([*here, "same_bodies_as"], _("this chain leads to no bodies"))
        for m, number in enumerate(assignment.measures):
            yield from check([*here, "measures", m], number, measures)
    for n, report in enumerate(directive.reports):
        yield from check(["reports", n, "senders_of"], report.senders_of, assignments)
    for n, indicator in enumerate(directive.indicators):
        yield from check(["indicators", n, "target"], indicator.target, targets)
        yield from check(["indicators", n, "question"], indicator.question, questions)
    for n, item in enumerate(directive.rounds):
        for m, code in enumerate(item.units_of):
            yield from check(["rounds", n, "units_of", m], code, assignments)
        yield from check(["rounds", n, "form"], item.form, forms)
        for m, code in enumerate(item.indicators):
            yield from check(["rounds", n, "indicators", m], code, indicators)
        for m, code in enumerate(item.also_questions):
            yield from check(["rounds", n, "also_questions", m], code, questions)
        yield from check(["rounds", n, "question"], item.question, questions)
        yield from _refs(doc, directive, ["rounds", n, "basis"], item.basis)
    for n, question in enumerate(directive.questions):
        yield from _refs(doc, directive, ["questions", n, "about"], question.about)


def _refs(
    doc: Document, directive: DirectiveFile, path: list[str | int], refs: list[str]
) -> Iterator[Fault]:
    codes = {
        "rounds": {r.code for r in directive.rounds},
        "indicators": {i.code for i in directive.indicators},
    }
    for index, ref in enumerate(refs):
        head, _slash, rest = ref.partition("/")
        field = not rest and head in DirectiveFile.model_fields
        if not (field or rest in codes.get(head, set()) or resolve(directive, ref)):
            message = _(
                "names nothing in this file; write for example assignments/A1 or reports/R1"
            )
            yield doc.fault([*path, index], message, ref)


def _rounds(doc: Document, directive: DirectiveFile) -> Iterator[Fault]:
    for n, item in enumerate(directive.rounds):
        question = directive.question(item.question or "")
        if question and not isinstance(question.proposed, When):
            message = _("question {question} proposes no date, so the round has none")
            yield doc.fault(["rounds", n, "question"], message.format(question=question.id))
        yield from _years(doc, directive, n, item)
        for m, code in enumerate(item.units_of):
            assignment = directive.assignment(code)
            if assignment and (assignment.role is Role.REQUEST or not assignment.binding):
                message = _("assignment {code} is a request and binds nobody")
                yield doc.fault(["rounds", n, "units_of", m], message.format(code=code), code)
            if assignment and assignment.internal:
                message = _("assignment {code} is internal to the units: nothing is sent up")
                yield doc.fault(["rounds", n, "units_of", m], message.format(code=code), code)


def _rule(directive: DirectiveFile, n: int, item: RoundItem) -> tuple[object, list[str | int]]:
    """When a round falls, and where the file says so: in the round or in its question."""
    for m, question in enumerate(directive.questions):
        if question.id == item.question:
            return question.proposed, ["questions", m, "proposed"]
    return item.when, ["rounds", n, "when"]


def _years(doc: Document, directive: DirectiveFile, n: int, item: RoundItem) -> Iterator[Fault]:
    """Years in the wrong order and periods that no year has: they would give no round."""
    rule, where = _rule(directive, n, item)
    if isinstance(rule, Periodic | YearlyOn) and rule.last < rule.first:
        yield doc.fault([*where, "last"], _("the last year is before the first"), rule.last)
    if isinstance(rule, Periodic):
        yield from _regime(doc, directive, rule, where)
        count = how_many(rule.every)
        for m, number in enumerate(rule.only):
            if number > count:
                message = _("a year has only {count} of these periods").format(count=count)
                yield doc.fault([*where, "only", m], message, number)


def _regime(
    doc: Document, directive: DirectiveFile, rule: Periodic, where: list[str | int]
) -> Iterator[Fault]:
    """A regime nobody knows, one without such a period, one that leaves the date open."""
    regimes = known(directive.report_regimes)
    regime = regimes.get(rule.regime)
    if regime is None:
        message = _("there is no report regime of this name; known: {known}")
        yield doc.fault([*where, "regime"], message.format(known=", ".join(regimes)), rule.regime)
    elif rule.every not in regime.every:
        message = _("the regime {regime} has no such period; it has: {known}")
        text = message.format(regime=regime.code, known=", ".join(regime.every))
        yield doc.fault([*where, "every"], text, rule.every)
    elif rule.send_within is None and not regime.limits:
        message = _("the regime {regime} sets no limits: say here within how many working days")
        yield doc.fault([*where, "send_within"], message.format(regime=regime.code))


def _named_like_a_period(doc: Document, directive: DirectiveFile) -> Iterator[Fault]:
    """A round whose code another series gives to one of its periods: one would hide the other."""
    for n, item in enumerate(directive.rounds):
        rule, _where = _rule(directive, n, item)
        if isinstance(rule, Periodic | YearlyOn):
            period = re.compile(rf"{item.code}-\d{{4}}(-(\d\d|q\d|h\d|9t))?")
            for m, other in enumerate(directive.rounds):
                if period.fullmatch(other.code):
                    message = _("is the code of a period of the round {round}")
                    text = message.format(round=item.code)
                    yield doc.fault(["rounds", m, "code"], text, other.code)


def _unknown_bodies(doc: Document, directive: DirectiveFile, register: Register) -> Iterator[Fault]:
    message = _("the register of units has no unit or group of this name")
    for n, item in enumerate(directive.rounds):
        for m, phrase in enumerate(item.units):
            if not register.knows(phrase):
                yield doc.fault(["rounds", n, "units", m], message, phrase)
        if item.overseer and not register.knows(item.overseer):
            yield doc.fault(["rounds", n, "overseer"], message, item.overseer)
    yield from emulation_bodies(doc, directive, register)
    used = {code for item in directive.rounds for code in item.units_of}
    for n, assignment in enumerate(directive.assignments):
        if assignment.id in used:
            for m, phrase in enumerate(assignment.bodies):
                if not register.knows(phrase):
                    yield doc.fault(["assignments", n, "bodies", m], message, phrase)


def quote_faults(doc: Document, directive: DirectiveFile, text: str) -> Iterator[Fault]:
    """Quotes that do not stand in the text, or not on the lines they give."""
    lines = text.splitlines()
    whole = collapse(text)
    for path, part in quoted_parts(directive):
        if part.quote is None:
            continue
        quote = collapse(part.quote)
        if quote not in whole:
            yield doc.fault([*path, "quote"], _("these words do not stand in the text"), quote[:60])
        elif part.lines:
            first, last = min(part.lines), max(part.lines)
            if quote not in collapse(" ".join(lines[first - 1 : last])):
                message = _("these words do not stand on lines {first}–{last} of the text")
                text_ = message.format(first=first, last=last)
                yield doc.fault([*path, "lines"], text_, quote[:60])


def quoted_parts(part: Quoted) -> Iterator[tuple[tuple[str | int, ...], Quoted]]:
    """Every part that may carry a quote, with its path in the file."""
    yield (), part
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        key = field.alias or name
        inner = value if isinstance(value, list) else [value]
        for index, found in enumerate(inner):
            if isinstance(found, Quoted):
                here = (key, index) if isinstance(value, list) else (key,)
                for path, deeper in quoted_parts(found):
                    yield (*here, *path), deeper
