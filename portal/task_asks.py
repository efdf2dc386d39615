"""What a unit may ask instead of answering: more time, to be let off; or it declines."""

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from models.errors import NotAllowed, SecretDocument
from models.i18n import gettext as _
from models.round import Obligation
from models.typed import Unreadable, typed_day
from models.vietnamese import printable
from models.words import ReliefKind
from portal.site import Here, Site
from portal.task_answer import Errors, to_task
from portal.task_page import Shown, show
from portal.task_post import Posted, Sent
from tasks import answer_once, reliefs
from tasks.answer_once import Filled, Stopped
from tasks.links import LinkPurpose

linked = APIRouter()


@linked.post("/t/{token}/request", name="task-request")
def ask(request: Request, site: Here, token: str, sent: Sent) -> Response:
    """A request for more time (`kind` extension) or to be let off (`kind` waiver)."""
    now = site.clock()
    with site.database.read() as session:
        id_ = site.links.read(session, LinkPurpose.TASK, token, now)
    if sent["kind"] not in set(ReliefKind):
        return to_task(request, token)
    kind, until = ReliefKind(sent["kind"]), None
    wrong = _missing(kind, sent)
    if kind is ReliefKind.EXTENSION:
        try:
            until = typed_day(sent["until"])
        except Unreadable as error:
            wrong["extension:until"] = [_(str(error))]
    if wrong:
        return _again(request, site, token, id_, sent, Shown(errors=wrong, open=kind))
    try:
        with site.database.write() as session:
            code = session.get_one(Obligation, id_).code
            reliefs.ask(session, code, kind, sent["reason"], sent["sender"], now, until)
    except (NotAllowed, SecretDocument) as error:
        return _again(request, site, token, id_, sent, Shown(words=[str(error)], open=kind))
    return to_task(request, token)


def _missing(part: str, sent: Posted) -> Errors:
    names = ("reason", "sender")
    return {f"{part}:{n}": [_("must not be empty")] for n in names if not printable(sent[n])}


def _again(
    request: Request, site: Site, token: str, id_: int, sent: Posted, shown: Shown
) -> Response:
    """The page once more, with what was typed into one of its smaller forms."""
    small = {f"{shown.open}:{name}": sent[name] for name in ("reason", "sender", "until")}
    with site.database.read() as session:
        return show(request, site, session, token, id_, replace(shown, small=small))


@linked.post("/t/{token}/decline", name="task-decline")
def decline(request: Request, site: Here, token: str, sent: Sent) -> Response:
    """Records that the unit declines, with its reason."""
    now = site.clock()
    with site.database.read() as session:
        id_ = site.links.read(session, LinkPurpose.TASK, token, now)
    filled = Filled({"reason": sent["reason"]}, sent["sender"], sent.built_on, decline=True,
                    channel=sent.filled.channel)  # fmt: skip
    try:
        with site.database.write() as session:
            done = answer_once.send(session, id_, filled, now)
    except (NotAllowed, SecretDocument) as error:
        return _again(request, site, token, id_, sent, Shown(words=[str(error)], open="decline"))
    if isinstance(done, Stopped):
        wrong = {f"decline:{name}": said for name, said in done.faults.items()}
        words = [_("Another answer came in meanwhile: look at it first.")] if done.newest else []
        shown = Shown(errors=wrong, words=words, open="decline")
        return _again(request, site, token, id_, sent, shown)
    path = request.app.url_path_for("task-receipt", token=token, version=str(done.version))
    return RedirectResponse(str(path), status_code=303)
