"""What the reports of a directive file must get right beyond their shape: tables, parts and rules
speak of figures that are asked, and no two figures have one code.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from models.directive_asks import RoundItem
from models.directive_file import DirectiveFile
from models.document import Document
from models.equations import equation_fault, operands
from models.errors import Fault
from models.i18n import gettext as _
from models.report_asks import CheckItem, IndicatorItem
from models.report_forms import ReportForm
from models.words import IndicatorKind

Path = tuple[str | int, ...]
JUMPING = frozenset({
    IndicatorKind.COUNT, IndicatorKind.MONEY, IndicatorKind.RATIO, IndicatorKind.SCORE,
})  # fmt: skip


class Wrong(NamedTuple):
    """A fault by its path below the part it is of."""

    path: Path
    message: str
    found: str = ""


def report_faults(doc: Document, directive: DirectiveFile) -> Iterator[Fault]:
    """What is wrong with the forms, figures and rounds of a file, each at its line."""
    for n, form in enumerate(directive.report_forms):
        for wrong in form_faults(form, directive.indicators):
            yield doc.fault(["report_forms", n, *wrong.path], wrong.message, wrong.found)
    every = directive.all_indicators()
    for wrong in _own_figures(directive.indicators, every):
        yield doc.fault(["indicators", *wrong.path], wrong.message, wrong.found)
    for n, item in enumerate(directive.rounds):
        for wrong in _round(directive, item, every):
            yield doc.fault(["rounds", n, *wrong.path], wrong.message, wrong.found)


def form_faults(form: ReportForm, beside: Sequence[IndicatorItem] = ()) -> Iterator[Wrong]:
    """What is wrong with a form, whose tables and rules may also name the file's own figures."""
    yield from _twice(("outline",), [item.code for item in form.outline])
    yield from _twice(("tables",), [item.code for item in form.tables])
    yield from _twice(("checks",), [item.code for item in form.checks])
    yield from _twice(("indicators",), [item.code for item in form.indicators])
    for wrong in _own_figures(form.indicators, form.indicators):
        yield Wrong(("indicators", *wrong.path), wrong.message, wrong.found)
    items = [*form.indicators, *beside]
    codes = [item.code for item in items]
    for n, table in enumerate(form.tables):
        for m, code in enumerate(table.indicators):
            if code not in codes:
                message = _("there is no such figure for this table; there are: {allowed}")
                text = message.format(allowed=", ".join(codes) or "—")
                yield Wrong(("tables", n, "indicators", m), text, code)
    yield from _checks(form.checks, items)


def _round(
    directive: DirectiveFile, item: RoundItem, every: Sequence[IndicatorItem]
) -> Iterator[Wrong]:
    """What is wrong with a round's own outline and rules, and with its form beside the others."""
    yield from _twice(("outline",), [one.code for one in item.outline])
    yield from _twice(("checks",), [one.code for one in item.checks])
    asked = [figure for _title, figure in directive.figures_of(item)]
    yield from _checks(item.checks, asked)
    form = directive.form_of(item)
    if form is not None:
        yield from _of_figures_not_asked(form, asked, directive.indicators)
    if form is not None and form not in directive.report_forms:
        for wrong in _own_figures(form.indicators, every):
            yield Wrong(("form",), wrong.message, wrong.found)


def _of_figures_not_asked(
    form: ReportForm, asked: Sequence[IndicatorItem], beside: Sequence[IndicatorItem]
) -> Iterator[Wrong]:
    """The rules of a form that are right in themselves, but speak of what the round leaves out."""
    wrong_in_itself = {one.path for one in _checks(form.checks, [*form.indicators, *beside])}
    for wrong in _checks(form.checks, asked):
        if wrong.path not in wrong_in_itself:
            yield Wrong(("form",), wrong.message, wrong.found)


def _twice(path: Path, codes: Sequence[str]) -> Iterator[Wrong]:
    for n, code in enumerate(codes):
        if code in codes[:n]:
            yield Wrong((*path, n), _("“{code}” stands twice").format(code=code), code)


def _own_figures(items: Sequence[IndicatorItem], every: Iterable[IndicatorItem]) -> Iterator[Wrong]:
    """Choices and parts that stand twice, and parts whose code is that of another figure."""
    codes = {item.code for item in every}
    for n, item in enumerate(items):
        yield from _twice((n, "choices"), item.choices)
        yield from _twice((n, "parts"), [part.code for part in item.parts])
        for m, part in enumerate(item.parts):
            code = f"{item.code}-{part.code}"
            if code in codes:
                message = _("the code of this part would be {code}, which another figure has")
                yield Wrong((n, "parts", m, "code"), message.format(code=code), part.code)


def _checks(checks: Sequence[CheckItem], items: Sequence[IndicatorItem]) -> Iterator[Wrong]:
    kinds = {item.code: item.kind for item in items}
    kinds |= {f"{item.code}-{part.code}": item.kind for item in items for part in item.parts}
    jumping = [code for code, kind in kinds.items() if kind in JUMPING]
    for n, check in enumerate(checks):
        here: Path = ("checks", n)
        if check.equation is not None:
            wrong = equation_fault(check.equation, operands(kinds.items()))
            if wrong:
                yield Wrong((*here, "equation"), wrong, check.equation)
        elif check.jump is not None and check.jump.of not in jumping:
            yield Wrong((*here, "jump", "of"), _not_asked(jumping), check.jump.of)
        elif check.evidence is not None and check.evidence not in kinds:
            yield Wrong((*here, "evidence"), _not_asked(kinds), check.evidence)


def _not_asked(codes: Iterable[str]) -> str:
    message = _("no such figure is asked here that the rule could speak of; there are: {allowed}")
    return message.format(allowed=", ".join(codes) or "—")
