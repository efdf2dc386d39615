"""What the secretariat does about a unit: its contact corrected, its links taken back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session, col, select

from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.round import Approval, Obligation, Round, Submission
from models.unit import Unit
from models.words import ContactRole
from portal.access import Admitted, Let, admit
from portal.deeds import Consequence, ask_first, back, notice, undone
from portal.pages import page
from portal.site import Here, Site
from tasks import contacts, passing_links
from tasks.contacts import Person
from tasks.owing import all_owed
from tasks.reliefs import LAST_NUMBER

office = APIRouter(dependencies=[Depends(admit)])

Line = Annotated[str, Form(max_length=2_000)]
Word = Annotated[str, Form(max_length=10)]


def unit_of(session: Session, id: int) -> Unit:
    """A unit by its number; raises UnknownName."""
    found = session.get(Unit, id) if 0 < id <= LAST_NUMBER else None
    if found is None:
        raise UnknownName(_("There is no such unit."))
    return found


@office.get("/units/{id}/contact", name="contact")
def contact_page(request: Request, site: Here, admitted: Let, id: int) -> Response:
    return _contact(request, site, admitted, id)


@office.post("/units/{id}/contact", name="contact-change")
def contact(
    request: Request,
    site: Here,
    admitted: Let,
    id: int,
    email: Line = "",
    clerk: Line = "",
    clerk_telephone: Line = "",
    head: Line = "",
    head_telephone: Line = "",
    confirmed: Word = "",
) -> Response:
    typed = {
        "email": email, "clerk": clerk, "clerk_telephone": clerk_telephone,
        "head": head, "head_telephone": head_telephone,
    }  # fmt: skip
    people = {
        ContactRole.CLERK: Person(clerk, clerk_telephone),
        ContactRole.HEAD: Person(head, head_telephone),
    }
    by, moment = admitted.viewer.name, site.clock()
    try:
        with undone(site.database) as session:
            unit = unit_of(session, id)
            corrected = contacts.change(session, unit, people, email, by, moment)
    except NotAllowed as error:
        return _contact(request, site, admitted, id, typed, str(error))
    if corrected is not None and not confirmed:
        words = [
            _("{unit} has the address {after} in place of {before}.").format(**vars(corrected)),
            _("{n} mails that wait go there; {m} that did not arrive are sent again.").format(
                n=corrected.waiting, m=len(corrected.resent)
            ),
        ]
        consequence = Consequence(_("Correct the address"), words, _("Correct it"))
        cancel = request.app.url_path_for("contact", id=id)
        return ask_first(request, admitted, consequence, typed, cancel)
    with site.database.write() as session:
        contacts.change(session, unit_of(session, id), people, email, by, moment)
    return back(request, "contact", "corrected", id=id)


def _contact(
    request: Request,
    site: Site,
    admitted: Admitted,
    id: int,
    typed: dict[str, str] | None = None,
    fault: str = "",
) -> HTMLResponse:
    with site.database.read() as session:
        unit = unit_of(session, id)
        found = contacts.of_unit(session, unit)
        clerk, head = found.get(ContactRole.CLERK), found.get(ContactRole.HEAD)
        now = {
            "email": clerk.email if clerk else "",
            "clerk": clerk.name if clerk else "",
            "clerk_telephone": clerk.telephone if clerk else "",
            "head": head.name if head else "",
            "head_telephone": head.telephone if head else "",
        }
        return page(
            request, "contact", admitted, 422 if fault else 200, unit=unit, typed=typed or now,
            fault=fault, clerk=clerk,
            done=notice(request, {"corrected": _("The contact is corrected.")}),
        )  # fmt: skip


@office.post("/units/{id}/revoke", name="unit-revoke")
def revoke_of_unit(
    request: Request, site: Here, admitted: Let, id: int, confirmed: Word = ""
) -> Response:
    if not confirmed:
        with site.database.read() as session:
            name = unit_of(session, id).name
        words = [
            _("Every link of {unit} stops working: to its page, its calendar and all its tasks."),
            _("New links stand in the next mails; you see those of its page once, to pass on."),
        ]
        return _ask_to_revoke(
            request, admitted, [words[0].format(unit=name), words[1]],
            request.app.url_path_for("contact", id=id),
        )  # fmt: skip
    return _revoked(request, site, admitted, Unit, id)


@office.post("/obligations/{id}/revoke", name="task-revoke")
def revoke_of_task(
    request: Request, site: Here, admitted: Let, id: int, confirmed: Word = ""
) -> Response:
    if not confirmed:
        words = [
            _("The links to this one task stop working."),
            _("A new one stands in the next mails; you see it once, to pass on."),
        ]
        cancel = request.app.url_path_for("obligation", id=id)
        return _ask_to_revoke(request, admitted, words, cancel)
    return _revoked(request, site, admitted, Obligation, id)


def _ask_to_revoke(
    request: Request, admitted: Admitted, words: list[str], cancel: str
) -> HTMLResponse:
    consequence = Consequence(_("Take links back"), words, _("Take them back"))
    return ask_first(request, admitted, consequence, {}, cancel)


def _revoked(
    request: Request,
    site: Site,
    admitted: Admitted,
    table: type[Unit] | type[Obligation],
    id: int,
) -> HTMLResponse:
    """Takes links back and shows the new ones in the answer: they may stand in no address."""
    by, moment = admitted.viewer.name, site.clock()
    with site.database.write() as session:
        owner: Unit | Obligation | None = (
            session.get(table, id) if 0 < id <= LAST_NUMBER else None  # type: ignore[assignment]
        )
        if owner is None:
            raise UnknownName(_("There is no such task or unit."))
        passing_links.revoke(session, owner, by, moment)
        found = passing_links.addresses(session, owner, site.settings, moment)
        title = owner.name if isinstance(owner, Unit) else owner.code
    return page(request, "new_links", admitted, links=found, owner=title)


@office.get("/mine", name="mine")
def mine(request: Request, site: Here, admitted: Let) -> Response:
    unit_id = admitted.viewer.unit_id
    assert unit_id is not None  # the database sees to it for heads
    with site.database.read() as session:
        return page(
            request, "mine", admitted, owed=all_owed(session, unit_id, site.clock()),
            waiting=_to_approve(session, unit_id),
        )  # fmt: skip


def _to_approve(session: Session, unit_id: int) -> list[tuple[int, str, str, int]]:
    """The answers of a unit that wait for its head: obligation, title, kind, version."""
    rows = session.exec(
        select(Obligation.id, Round.title, Submission.kind, Submission.version)
        .join(Submission, col(Submission.obligation_id) == col(Obligation.id))
        .join(Approval, col(Approval.submission_id) == col(Submission.id))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .where(Obligation.unit_id == unit_id, col(Approval.approved_at).is_(None))
        .order_by(col(Approval.id))
    )
    return [(id_ or 0, title, kind, version) for id_, title, kind, version in rows]
