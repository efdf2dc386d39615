"""What the buttons of an answer's form do: save the draft, send, look at the changes first."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from models.answer_form import own_fields, without_row
from models.errors import NotAllowed, SecretDocument, UnknownName
from models.i18n import gettext as _
from models.round import Evidence, Submission
from models.vietnamese import show_instant
from models.words import Verdict
from portal.pages import page
from portal.site import Here, Site
from portal.task_page import Shown, same_as_begun, show
from portal.task_post import Posted, Sent
from tasks import answer_once, drafts, evidence
from tasks.answer_changes import changes
from tasks.answer_once import Form, Stopped, form_of, payload_of
from tasks.evidence_guard import FileRefused
from tasks.incorporating import Duty, duties
from tasks.links import LinkPurpose
from tasks.task_page import the_task

linked = APIRouter()

Errors = dict[str, list[str]]


@linked.post("/t/{token}", name="task-answer")
def answer(request: Request, site: Here, token: str, sent: Sent) -> Response:
    """A form that names no button of its own carries no answer and changes nothing."""
    with site.database.read() as session:
        id_ = site.links.read(session, LinkPurpose.TASK, token, site.clock())
    button, _colon, number = sent["do"].partition(":")
    try:
        match button:
            case "draft":
                return _draft(request, site, token, id_, sent)
            case "send" | "confirm":
                return _send(request, site, token, id_, sent)
            case "more" | "remove" | "edit":
                return _other_rows(request, site, token, id_, sent, number)
    except (SecretDocument, NotAllowed) as error:
        return again(request, site, token, id_, sent, Shown(words=[str(error)]))
    return to_task(request, token)


def to_task(request: Request, token: str) -> Response:
    path = request.app.url_path_for("task", token=token)
    return RedirectResponse(str(path), status_code=303)


def again(
    request: Request, site: Site, token: str, id_: int, sent: Posted, shown: Shown
) -> Response:
    """The page once more, with everything that was typed."""
    fields = shown.fields if shown.fields is not None else _tidy(sent)
    with site.database.read() as session:
        return show(request, site, session, token, id_, replace(shown, fields=fields))


def _tidy(sent: Posted) -> dict[str, str]:
    """The fields of the answer with rows as its faults count them, and those of the form itself."""
    kept = {name: sent[name] for name in ("sender", "via") if sent[name]}
    return own_fields(sent.fields) | kept | {f"drop.{id_}": "on" for id_ in sent.left_out}


def _other_rows(
    request: Request, site: Site, token: str, id_: int, sent: Posted, number: str
) -> Response:
    """More rows, one less, or the form again; nothing is recorded."""
    table, _dash, row = number.partition("-")
    if row.isdecimal() and len(row) < 4:
        fields = without_row(sent.fields, table, int(row))
        return again(request, site, token, id_, sent, Shown(_tidy(Posted(fields)), open="answer"))
    return again(request, site, token, id_, sent, Shown(more=table, open="answer"))


def _draft(request: Request, site: Site, token: str, id_: int, sent: Posted) -> Response:
    now = site.clock()
    wrong = add_files(site, id_, sent)
    with site.database.write() as session:
        evidence.leave_out(session, id_, sent.left_out, now)
        # a scanner that presses the button of a form it has not filled in leaves nothing
        if not same_as_begun(session, form_of(session, id_), sent.fields, now):
            drafts.save(session, id_, own_fields(sent.fields), now)
    if wrong:
        return again(request, site, token, id_, sent, Shown(errors=wrong, open="answer"))
    return to_task(request, token)


def add_files(site: Site, id_: int, sent: Posted) -> Errors:
    """Adds the files that were chosen to the draft; what is wrong with those refused."""
    wrong: list[str] = []
    for upload in sent.files:
        name = str(upload.filename)
        try:
            stored = evidence.store(site.settings.data, upload.file)
            with site.database.write() as session:
                evidence.add(session, id_, name, stored, site.clock())
        except (FileRefused, SecretDocument) as error:
            wrong.append(f"{name[:120]}: {error}")
    return {"files": wrong} if wrong else {}


def _send(request: Request, site: Site, token: str, id_: int, sent: Posted) -> Response:
    """Records the answer where it has no fault; a correction is looked at before."""
    wrong = add_files(site, id_, sent)
    filled = sent.filled
    with site.database.read() as session:
        faults = wrong | dict(answer_once.check(session, id_, filled, site.clock()).faults)
        # looked at after the check: a version that came in before it, the same answer by another
        # portal, made it find a correction without a reason, and is seen here
        form = form_of(session, id_)
        fresh = filled.built_on == form.version
        if fresh and not faults and form.corrects and sent["do"] != "confirm":
            found = review(request, site, session, token, form, sent)
            if found is not None:
                return found
        if faults and fresh:
            return again(request, site, token, id_, sent, Shown(errors=faults, open="answer"))
    with site.database.write() as session:
        done = answer_once.send(session, id_, filled, site.clock())
        if isinstance(done, Stopped):
            shown = _stopped(session, id_, sent, done, site.clock())
    if isinstance(done, Stopped):
        return again(request, site, token, id_, sent, shown)
    path = request.app.url_path_for("task-receipt", token=token, version=str(done.version))
    return RedirectResponse(str(path), status_code=303)


def _stopped(session: Session, id_: int, sent: Posted, done: Stopped, now: datetime) -> Shown:
    """The faults, and how the form differs from a version that came in meanwhile."""
    words, overtaken = [], None
    if done.newest is not None:
        form = form_of(session, id_)
        after = payload_of(session, form, sent.filled, now)
        overtaken = changes(done.newest.payload, after, form.asked)
        words.append(_overtaken(done.newest))
    return Shown(errors=done.faults, words=words, overtaken=overtaken, open="answer")


def _overtaken(newest: Submission) -> str:
    message = _(
        "Since you opened the form, {sender} sent version {version} at {time}. Yours was not "
        "recorded: look at what differs, and send it again if it is to replace that one."
    )
    return message.format(
        sender=newest.sender, version=newest.version, time=show_instant(newest.received_at)
    )


def review(
    request: Request, site: Site, session: Session, token: str, form: Form, sent: Posted,
    payload: Mapping[str, Any] | None = None, *, decline: bool = False,
) -> Response | None:  # fmt: skip
    """What would be recorded, beside the answer that stands; nothing where they are the same."""
    before = form.standing.payload if form.standing else {}
    now, id_ = site.clock(), form.owed.id or 0
    after = payload if payload is not None else payload_of(session, form, sent.filled, now)
    files = _files_change(session, id_, sent)
    found = changes(before, after, form.asked)
    if not found and not any(files) and payload is None:
        return None
    return page(
        request, "task_review", token=token, task=the_task(session, id_, now), form=form,
        found=found, files=files, fields=_tidy(sent), sender=sent["sender"], why=sent["why"],
        decline=decline, served=[] if decline else _served(session, id_, sent, now),
    )  # fmt: skip


def _served(session: Session, id_: int, sent: Posted, now: datetime) -> list[Duty]:
    """The duties for which the next version is recorded as well: ticked, or taken from it."""
    ticked = sent.filled.covers
    return [duty for duty in duties(session, id_, now) if duty.follows or duty.id in ticked]


def _files_change(
    session: Session, id_: int, sent: Posted
) -> tuple[Sequence[Evidence], Sequence[Evidence]]:
    """The files that come in with the next version, and those that are left out."""
    added = [f for f in evidence.of_draft(session, id_) if f.id not in sent.left_out]
    return added, [f for f in evidence.of_standing(session, id_) if f.id in sent.left_out]


@linked.get("/t/{token}/receipt/{version}", name="task-receipt")
def receipt(request: Request, site: Here, token: str, version: int) -> Response:
    """The number under which a version was recorded, and when."""
    with site.database.read() as session:
        id_ = site.links.read(session, LinkPurpose.TASK, token, site.clock())
        return receipt_page(request, site, session, token, id_, version)


def receipt_page(
    request: Request, site: Site, session: Session, token: str, id_: int, version: int,
    words: str = "",
) -> Response:  # fmt: skip
    """The receipt; `words` say what is wrong with the code that was given for it."""
    found = the_task(session, id_, site.clock())
    given = next((a for a in found.answers if a.submission.version == version), None)
    if given is None or given.submission.verdict is Verdict.REFUSED:
        raise UnknownName(_("There is no such page."))
    status = 422 if words else 200
    return page(
        request, "task_done", status=status, token=token, task=found, given=given, words=words
    )
