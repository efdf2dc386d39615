"""What looks odd in a directive: for a person to look at, since it may be in the text itself."""

from collections.abc import Callable, Iterator
from datetime import date

from models.calendar import vietnam
from models.directive_file import DirectiveFile
from models.document import Document
from models.errors import Fault
from models.i18n import gettext as _
from models.register import Register
from models.timetable import timetable
from models.vietnamese import phrase_key, show_date
from models.words import Regime, label

PARTY_SYMBOL = "-{kind}/"
STATE_SYMBOL = "/{kind}-"


def anomalies(
    doc: Document, directive: DirectiveFile, register: Register | None
) -> Iterator[Fault]:
    """Everything odd, in the order of the rules; bodies are compared through the register."""
    rules: list[Callable[[Document, DirectiveFile], Iterator[Fault]]] = [
        _symbol_grammar,
        _cited_later,
        _phases_overlap,
        _review_too_early,
        _reports_open,
        _carried_by_no_round,
        _asks_nothing,
    ]
    for rule in rules:
        yield from rule(doc, directive)
    yield from _not_recipients(doc, directive, register)


def _symbol_grammar(doc: Document, directive: DirectiveFile) -> Iterator[Fault]:
    if directive.symbol is None:
        return
    form = PARTY_SYMBOL if directive.regime is Regime.PARTY else STATE_SYMBOL
    wanted = form.format(kind=directive.kind.value)
    if wanted not in directive.symbol and not _is_letter_of_state(directive):
        message = _("a {kind} of this regime has “{wanted}” in its symbol")
        text = message.format(kind=directive.kind.value, wanted=wanted)
        yield doc.fault(["symbol"], text, directive.symbol)


def _is_letter_of_state(directive: DirectiveFile) -> bool:
    # a state công văn carries no code of its type: 123/UBND-NC
    return directive.regime is Regime.STATE and directive.kind.value == "CV"


def _cited_later(doc: Document, directive: DirectiveFile) -> Iterator[Fault]:
    issued = directive.issued
    for n, cited in enumerate(directive.citations):
        if issued and cited.issued and cited.issued > issued:
            message = _("is dated {cited}, after the directive itself ({issued})")
            text = message.format(cited=show_date(cited.issued), issued=show_date(issued))
            yield doc.fault(["citations", n, "issued"], text, cited.symbol)
        if cited.flag:
            message = _("doubtful: {flag}").format(flag=cited.flag)
            yield doc.fault(["citations", n, "flag"], message, cited.symbol)


def _phases_overlap(doc: Document, directive: DirectiveFile) -> Iterator[Fault]:
    for n, later in enumerate(directive.phases):
        for earlier in directive.phases[:n]:
            begins, ended = _start(later.start), _end(earlier.end)
            if begins and ended and begins <= ended:
                message = _(
                    "phase {later} begins ({start}) before phase {earlier} has ended ({end})"
                )
                text = message.format(
                    later=later.num, start=later.start, earlier=earlier.num, end=earlier.end
                )
                yield doc.fault(["phases", n, "from"], text, later.start)


def _review_too_early(doc: Document, directive: DirectiveFile) -> Iterator[Fault]:
    for n, phase in enumerate(directive.phases):
        for name in ("preliminary_review", "final_review"):
            review = getattr(phase, name)
            latest = review and (review.on or (review.window and review.window[1]))
            if latest and _end(phase.end) and latest < _end(phase.end):
                message = _("the review ({when}) comes before its phase ends ({end})")
                text = message.format(when=review.when_text, end=phase.end)
                yield doc.fault(["phases", n, name], text, review.when_text)


def _reports_open(doc: Document, directive: DirectiveFile) -> Iterator[Fault]:
    for n, report in enumerate(directive.reports):
        if not report.to:
            yield doc.fault(["reports", n], _("the report names no recipient"), report.code)
        if not report.frequency or report.frequency_inferred:
            yield doc.fault(["reports", n], _("the report names no frequency"), report.code)


def _carried_by_no_round(doc: Document, directive: DirectiveFile) -> Iterator[Fault]:
    """Reports and reviews of the text that no round will ask for: they would be forgotten."""
    asked = {ref for item in directive.rounds for ref in item.basis}
    for n, report in enumerate(directive.reports):
        if f"reports/{report.code}" not in asked:
            yield doc.fault(["reports", n], _("no round asks for this report"), report.code)
    for n, phase in enumerate(directive.phases):
        for name in ("preliminary_review", "final_review"):
            if getattr(phase, name) and f"phases/{phase.num}/{name}" not in asked:
                message = _("no round asks for this review")
                yield doc.fault(["phases", n, name], message, str(phase.num))


def _asks_nothing(doc: Document, directive: DirectiveFile) -> Iterator[Fault]:
    """Rounds whose every date lies before the directive was issued."""
    planned = timetable(directive, vietnam())
    dated = {found.series for found in planned.rounds} | {r.code for r in planned.on_request}
    for n, item in enumerate(directive.rounds):
        if item.code not in dated:
            message = _(
                "every date of this round lies before the date of issue: it is never opened"
            )
            yield doc.fault(["rounds", n], message, item.code)


def _not_recipients(
    doc: Document, directive: DirectiveFile, register: Register | None
) -> Iterator[Fault]:
    """Bodies with a role whom the list of recipients leaves out."""
    names = [n for r in directive.recipients for n in (r.recipient, *r.expanded)]
    if not names:
        return
    known = {phrase_key(name) for name in names}
    day = directive.issue_date() or date.min
    reached = {u.code for u in register.expand_all(names, day)} if register else set[str]()
    for n, assignment in enumerate(directive.assignments):
        for phrase in [*assignment.bodies, *assignment.coordinating]:
            units = register.expand(phrase, day) if register else []
            missed = [u.name for u in units if u.code not in reached]
            if phrase_key(phrase) in known or (units and not missed):
                continue
            message = _("has the role “{role}” but is not among the recipients: {missed}")
            text = message.format(role=label(assignment.role), missed=_few(missed) or phrase)
            yield doc.fault(["assignments", n], text, phrase)


def _few(names: list[str], most: int = 3) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} … (+{len(names) - most})" if len(names) > most else shown


def _start(value: int | date | None) -> date | None:
    return date(value, 1, 1) if isinstance(value, int) else value


def _end(value: int | date | None) -> date | None:
    return date(value, 12, 31) if isinstance(value, int) else value
