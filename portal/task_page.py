"""The page of one obligation: what is asked and why, the form, what was answered so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from models.answer_explanations import Explainable, explainable
from models.answer_form import WAYS, filled, own_fields, rows_shown
from models.answer_words import field_in_words
from models.i18n import N_, ngettext
from models.i18n import gettext as _
from models.reasons import from_dicts
from models.round import Draft
from models.status import COLOURS, OWED, day_of
from models.unit import Unit
from models.words import Ending, ReliefKind, Stage, SubmissionKind
from portal.pages import page
from portal.site import Here, Site
from tasks import drafts, evidence
from tasks.answer_changes import Change, changes
from tasks.answer_changes import shown as said_of
from tasks.answer_once import Form, form_of
from tasks.incorporating import Duty, duties
from tasks.links import LinkPurpose
from tasks.plan_choices import plan_choices
from tasks.prefilling import Prefilled, prefilled
from tasks.task_page import TheTask, the_task

linked = APIRouter()

WEEKDAYS = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"),
            N_("Saturday"), N_("Sunday"))  # fmt: skip
SPARE_ROWS = 3
# steps of a reason that are not about the unit's own date
NOT_THE_DATE = frozenset({
    "quote", "quote-only", "no-words", "question", "confirmed", "province-sends", "summary-after",
})  # fmt: skip
GONE = (Ending.PASSED_ON, Ending.LAPSED)


@dataclass(frozen=True)
class Shown:
    """What was typed and what is wrong with it, where a page is shown once more."""

    fields: Mapping[str, str] | None = None
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    words: Sequence[str] = ()  # what is wrong without being a field's fault
    overtaken: Sequence[Change] | None = None
    more: str = ""  # a table that gets more rows
    sheet: Sequence[str] = ()  # what is wrong with an uploaded workbook
    open: str = ""  # the part that was sent
    small: Mapping[str, str] = field(default_factory=dict)  # fields of the smaller forms


@linked.get("/t/{token}", name="task")
def task(request: Request, site: Here, token: str) -> Response:
    with site.database.read() as session:
        id_ = site.links.read(session, LinkPurpose.TASK, token, site.clock())
        return show(request, site, session, token, id_)


def show(
    request: Request, site: Site, session: Session, token: str, id_: int,
    shown: Shown | None = None,
) -> Response:  # fmt: skip
    """The page, with what was typed where it is shown once more because of that."""
    shown = shown or Shown()
    now = site.clock()
    found, form = the_task(session, id_, now), form_of(session, id_)
    draft = drafts.saved(session, id_)
    ready = _ready(session, form, now)
    begun = (
        shown.fields if shown.fields is not None else beginning(session, form, draft, now, ready)
    )
    fields = {**begun, **shown.small}
    errors = {name: list(said) for name, said in shown.errors.items()}
    wrong = bool(errors or shown.words or shown.sheet or shown.overtaken is not None)
    return page(
        request, "task", status=422 if wrong else 200, token=token, task=found, form=form,
        fields=fields, errors=errors, shown=shown, draft=draft, now=now,
        summary=_summary(form, errors), rows=_rows(form, fields, shown),
        weekday=_(WEEKDAYS[found.due.weekday()]), left=days_left(found.due, now),
        choices=_choices(session, form), ways=[_(way) for way in WAYS],
        files=evidence.together(session, id_),
        gone=found.ending in GONE, colours=COLOURS, owed=OWED, asks=_asks(), why=_why(form),
        said=_said(found, form), explained=_explained(form),
        owed_path=owed_path(site, session, found, now), duties=_duties(session, form, now),
        ready=ready, beside=_beside(ready),
    )  # fmt: skip


def beginning(
    session: Session, form: Form, draft: Draft | None, now: datetime, ready: Prefilled | None = None
) -> dict[str, str]:
    """What the fields of a form hold when it is opened: the draft, the answer that stands, figures
    that are known already, or what the unit was assigned.
    """
    if draft is not None:
        return {name: str(said) for name, said in draft.fields.items()}
    if form.standing is not None:
        return filled(form.standing.payload)
    if form.round.stage is Stage.DISSEMINATION:
        return {"received_on": day_of(now).isoformat()}
    if form.kind is SubmissionKind.REPORT:
        return filled({"values": (ready or _ready(session, form, now)).values})
    own = _choices(session, form)["own"]
    return {f"rows[{n}].measure": said for n, said in enumerate(own, start=1)}


def same_as_begun(session: Session, form: Form, fields: Mapping[str, str], now: datetime) -> bool:
    """Whether a form says no more than when it was opened."""
    draft = drafts.saved(session, form.owed.id or 0)
    return own_fields(fields) == own_fields(beginning(session, form, draft, now))


def _ready(session: Session, form: Form, now: datetime) -> Prefilled:
    """The figures that are known before the unit has written any."""
    if form.kind is not SubmissionKind.REPORT:
        return Prefilled()
    return prefilled(session, form.owed, form.asked, now)


def _beside(ready: Prefilled) -> dict[str, str]:
    """What is said beside a figure of where it comes from, by its code."""
    under = ready.below
    sums = _("Total of {n}/{all} subordinate units that reported: {total}")
    taken = _("In the report “{title}” ({directive}), version {n}: {total}")
    found = {
        code: taken.format(
            title=link.title, directive=link.directive, n=link.version,
            total=said_of(ready.values[code]),
        )
        for code, link in ready.sources.items()
    }  # fmt: skip
    return found | {
        code: sums.format(n=len(under.answered), all=under.all, total=said_of(ready.values[code]))
        for code in under.figures
        if code in ready.values
    }


def _duties(session: Session, form: Form, now: datetime) -> list[Duty]:
    """The other reports that one can be, or is already."""
    return duties(session, form.owed.id or 0, now) if form.kind is SubmissionKind.REPORT else []


def _choices(session: Session, form: Form) -> dict[str, list[str]]:
    if form.round.stage is not Stage.PLANNING:
        return {"own": [], "every": []}
    found = plan_choices(session, form.owed)
    return {"own": found.own, "every": found.every}


def _rows(form: Form, fields: Mapping[str, str], shown: Shown) -> dict[str, int]:
    """How many rows each table shows: all there are, and empty ones where they are wanted."""
    found = {}
    for table in ("rows", "evidence"):
        found[table] = max(rows_shown(fields, table), 1)
        if shown.more == table:
            found[table] += SPARE_ROWS
    return found


def _summary(form: Form, errors: Mapping[str, Sequence[str]]) -> list[tuple[str, str, str]]:
    """For each fault its field, the field in words, and what is wrong."""
    return [
        (name, words_of(name, form), message)
        for name, messages in errors.items()
        for message in messages
    ]


def _why(form: Form) -> list[str]:
    """What set the date, in a sentence or two; the whole reason stands further down."""
    steps = [*form.round.reason, *form.owed.reason]
    return [str(s) for s in from_dicts(steps) if s.rule not in NOT_THE_DATE][-2:]


def _asks() -> list[tuple[str, str, str]]:
    """What a unit may ask instead of answering: kind, title, hint."""
    return [
        (
            ReliefKind.EXTENSION,
            _("Ask for more time"),
            _("The secretariat decides; the present date holds until then."),
        ),
        (
            ReliefKind.WAIVER,
            _("Ask to be let off"),
            _("Where the task does not concern your unit; the secretariat decides."),
        ),
        ("decline", _("Decline the task"), _("Recorded as your unit's answer, with its reason.")),
    ]


def words_of(name: str, form: Form) -> str:
    """A field of the page in words; those of the other forms go by their last part."""
    own = {"sender": _("who sends"), "files": _("files"), "why": _("reason for the correction"),
           "until": _("date asked for"), "code": _("code")}  # fmt: skip
    is_own = name.startswith("explanations.")
    part = name if is_own else name.partition(":")[2] or name
    if part.startswith("covers."):
        return _("other tasks of this report")
    return own.get(part) or field_in_words(part, form.asked)


def days_left(due: date, now: datetime) -> str:
    """How far off a date is, in words."""
    days = (due - day_of(now)).days
    if days > 0:
        return ngettext("{n} day left", "{n} days left", days).format(n=days)
    if days == 0:
        return _("due today")
    return ngettext("{n} day late", "{n} days late", -days).format(n=-days)


def _explained(form: Form) -> dict[str, list[Explainable]]:
    """The soft rules by the figure beside which they are explained."""
    found: dict[str, list[Explainable]] = {}
    for one in explainable(form.asked):
        found.setdefault(one.figure, []).append(one)
    return found


def _said(found: TheTask, form: Form) -> dict[int, list[Change]]:
    """What each version says, by its number."""
    return {
        one.submission.version: changes({}, one.submission.payload, form.asked)
        for one in found.answers
    }


def owed_path(site: Site, session: Session, found: TheTask, now: datetime) -> str:
    """The path of the page of all this unit owes."""
    revoked = session.get_one(Unit, found.unit_id).links_revoked
    return site.links.unit(found.unit_id, revoked, day_of(now)).removeprefix(site.links.base)
