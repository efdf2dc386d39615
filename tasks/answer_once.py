"""An answer from a form that was opened some time ago: recorded once, over nobody else's.

Two clerks at once, a button pressed twice, a page from yesterday: the form knows the version it was
built on. The same content again is the same answer; another content over a newer version is shown
beside it first.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from models.answer_figures import without_stale
from models.answer_form import TICK, Typed, faults_of, own_fields, typed
from models.asked import Asks
from models.i18n import gettext as _
from models.round import Appraisal, Evidence, Obligation, Round, Submission
from models.status import day_of
from models.vietnamese import printable
from models.words import STAGE_KIND, Appraised, Channel, SubmissionKind, Verdict
from tasks import drafts, evidence, incorporating, lookup
from tasks.answer_calls import keep_all
from tasks.answering import cover, record_answer
from tasks.asking import asks_of, asks_with_known

MOST_OF_NAME = 200  # characters of who sends
MOST_OF_REASON = 2_000  # of why an answer is corrected


@dataclass(frozen=True)
class Filled:
    """A form as it was sent: `built_on` is the newest version it showed, 0 before the first."""

    fields: Mapping[str, str]
    sender: str
    built_on: int
    why: str = ""
    channel: Channel = Channel.PAGE
    left_out: Collection[int] = ()
    decline: bool = False

    @property
    def covers(self) -> list[int]:
        """The other duties that were ticked, by the number of the obligation."""
        ticked = (TICK.fullmatch(name) for name in self.fields)
        return [] if self.decline else [int(found[1]) for found in ticked if found]


@dataclass(frozen=True)
class Sent:
    """The version that stands recorded; `again` where it had been already."""

    submission_id: int
    version: int
    again: bool = False


@dataclass(frozen=True)
class Stopped:
    """Nothing was recorded: faults by field, or another version that came in meanwhile."""

    faults: Mapping[str, list[str]] = field(default_factory=dict)
    newest: Submission | None = None


@dataclass(frozen=True)
class Form:
    """What a form of an obligation rests on: its kind, what it asks, the versions there are."""

    owed: Obligation
    round: Round
    kind: SubmissionKind
    asked: Asks
    newest: Submission | None
    standing: Submission | None
    returned: bool

    @property
    def version(self) -> int:
        return self.newest.version if self.newest else 0

    @property
    def corrects(self) -> bool:
        """Whether another version needs a reason: one stands and was not given back."""
        return self.standing is not None and not self.returned


def form_of(session: Session, obligation_id: int, *, lock: bool = False) -> Form:
    """The form of an obligation as things are; with `lock`, kept so to the end."""
    owed = session.get_one(Obligation, obligation_id, with_for_update=lock, populate_existing=True)
    found = session.get_one(Round, owed.round_id)
    kind = STAGE_KIND[found.stage]
    versions = session.exec(
        select(Submission)
        .where(Submission.obligation_id == obligation_id)
        .order_by(col(Submission.version).desc())
    ).all()
    counted = (v for v in versions if v.verdict is Verdict.ACCEPTED and v.kind == kind)
    standing = next(counted, None)
    return Form(
        owed=owed,
        round=found,
        kind=kind,
        asked=asks_of(session, owed.round_id, kind),
        newest=versions[0] if versions else None,
        standing=standing,
        returned=standing is not None and _is_returned(session, standing),
    )


def _is_returned(session: Session, submission: Submission) -> bool:
    last = session.exec(
        select(Appraisal.found)
        .where(Appraisal.submission_id == submission.id)
        .order_by(col(Appraisal.id).desc())
    ).first()
    return last is Appraised.RETURNED


def check(session: Session, obligation_id: int, filled: Filled, as_of: datetime) -> Stopped:
    """What is wrong with a form, by field, as it would be sent now. Records nothing."""
    form = form_of(session, obligation_id)
    files = _files(session, form, filled)
    return Stopped(_faults(session, form, filled, files, as_of))


def payload_of(session: Session, form: Form, filled: Filled, as_of: datetime) -> dict[str, Any]:
    """The answer that a form makes, with the names of its files."""
    return _payload(session, form, filled, _files(session, form, filled), as_of)


def _payload(
    session: Session, form: Form, filled: Filled, files: Sequence[Evidence], as_of: datetime
) -> dict[str, Any]:
    """As it would be recorded: without reasons that its figures do not need."""
    payload = _typed(form, filled, files).payload
    if "explanations" not in payload:
        return payload
    id_ = lookup.id_of(form.owed)
    asks = asks_with_known(session, form.asked, id_, as_of, has_evidence=bool(files))
    return without_stale(payload, asks)


def send(session: Session, obligation_id: int, filled: Filled, as_of: datetime) -> Sent | Stopped:
    """Records the answer of a form, or says why not; what has faults is not recorded at all.

    Raises SecretDocument and NotAllowed as `record_answer` does.
    """
    keep_all(session, _codes(session, {obligation_id, *filled.covers}))
    form = form_of(session, obligation_id, lock=True)
    files = _files(session, form, filled)
    payload = _payload(session, form, filled, files, as_of)
    if form.newest and _is_same(session, form, form.newest, payload, files):
        return _again(session, form, form.newest, filled, files, as_of)
    faults = _faults(session, form, filled, files, as_of)
    overtaken = form.version != filled.built_on
    if faults or overtaken:
        return Stopped(faults, form.newest if overtaken else None)
    recorded = record_answer(
        session, form.owed.code, payload, printable(filled.sender), as_of,
        decline=filled.decline, channel=filled.channel, why=filled.why, has_files=bool(files),
        covers=_codes(session, filled.covers),
    )  # fmt: skip
    made = session.exec(
        select(Submission).where(
            Submission.obligation_id == obligation_id, Submission.version == recorded.version
        )
    ).one()
    if not filled.decline:
        evidence.leave_out(session, obligation_id, filled.left_out, as_of)
        evidence.attach(session, lookup.id_of(made), files)
        drafts.drop(session, obligation_id)
        incorporating.share_files(session, lookup.id_of(made))
    return Sent(lookup.id_of(made), made.version)


def _again(
    session: Session, form: Form, newest: Submission, filled: Filled,
    files: Sequence[Evidence], as_of: datetime,
) -> Sent | Stopped:  # fmt: skip
    """The version that says this already; it may still be recorded for other duties."""
    id_, sender = lookup.id_of(newest), printable(filled.sender)
    if filled.covers:
        faults = _uncovered(session, form, filled, newest.payload, files, as_of)
        if not sender:
            faults["sender"] = [_("must not be empty")]
        if faults:
            return Stopped(faults)
        codes = _codes(session, filled.covers)
        also = incorporating.chosen(session, newest.obligation_id, codes, as_of)
        cover(session, id_, also, sender, as_of, channel=filled.channel, has_files=bool(files))
        incorporating.share_files(session, id_)
        drafts.drop(session, newest.obligation_id)
    return Sent(id_, newest.version, again=True)


def _codes(session: Session, ids: Collection[int]) -> list[str]:
    found = select(Obligation.code).where(col(Obligation.id).in_(ids))
    return list(session.exec(found)) if ids else []


def _uncovered(
    session: Session, form: Form, filled: Filled, payload: Mapping[str, Any],
    files: Sequence[Evidence], as_of: datetime,
) -> dict[str, list[str]]:  # fmt: skip
    """Why duties that were ticked cannot be covered, by their fields."""
    refused = incorporating.refusals(
        session, lookup.id_of(form.owed), filled.covers, payload, as_of, has_files=bool(files)
    )
    return {f"covers.{id_}": said for id_, said in refused.items()}


def _kind(form: Form, filled: Filled) -> SubmissionKind:
    return SubmissionKind.DECLINE if filled.decline else form.kind


def _files(session: Session, form: Form, filled: Filled) -> list[Evidence]:
    if filled.decline:
        return []
    return evidence.together(session, lookup.id_of(form.owed), filled.left_out)


def _typed(form: Form, filled: Filled, files: Sequence[Evidence]) -> Typed:
    fields = own_fields(filled.fields)
    return typed(_kind(form, filled), fields, form.asked, evidence.names_of(files))


def _faults(
    session: Session, form: Form, filled: Filled, files: Sequence[Evidence], as_of: datetime
) -> dict[str, list[str]]:
    kind, id_ = _kind(form, filled), lookup.id_of(form.owed)
    asks = asks_with_known(session, form.asked, id_, as_of, has_evidence=bool(files))
    found = _typed(form, filled, files)
    faults = faults_of(kind, found, asks, day_of(as_of))
    if filled.covers and not faults:
        faults = _uncovered(session, form, filled, found.payload, files, as_of)
    if not printable(filled.sender):
        faults["sender"] = [_("must not be empty")]
    only_covers = (
        form.newest is not None
        and bool(filled.covers)
        and _is_same(session, form, form.newest, without_stale(found.payload, asks), files)
    )
    if form.corrects and not (filled.decline or only_covers or printable(filled.why)):
        faults["why"] = [_("say why the answer that stands is corrected")]
    given = (("sender", filled.sender, MOST_OF_NAME), ("why", filled.why, MOST_OF_REASON))
    for name, said, most in given:
        if len(said) > most:
            message = _("is too long: at most {max_length} characters")
            faults[name] = [message.format(max_length=most)]
    return faults


def _is_same(
    session: Session,
    form: Form,
    newest: Submission,
    payload: Mapping[str, Any],
    files: Sequence[Evidence],
) -> bool:
    """Whether the newest version says this already and stands."""
    if newest.verdict is Verdict.REFUSED or newest.payload != payload:
        return False
    known = {one.sha256 for one in evidence.of_submission(session, newest)}
    return known == {one.sha256 for one in files} and not (
        newest is form.standing and form.returned
    )
