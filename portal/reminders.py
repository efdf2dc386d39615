"""Reminding at once of chosen tasks, after a look at who would be mailed."""

from collections.abc import Sequence
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlmodel import Session, col, select

from models.errors import NotAllowed
from models.i18n import gettext as _
from models.mail import Message
from models.round import Obligation
from portal.access import Let, admit
from portal.deeds import Consequence, ask_first, undone
from portal.pages import page
from portal.site import Here
from tasks.reliefs import LAST_NUMBER
from tasks.reminding_by_hand import remind_now

office = APIRouter(dependencies=[Depends(admit)])

MOST = 2_000  # tasks reminded of at once


@office.post("/remind", name="remind")
def remind(
    request: Request,
    site: Here,
    admitted: Let,
    obligation: Annotated[list[int], Form()] = [],  # noqa: B006 FastAPI copies it
    confirmed: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Shows who would be mailed; done only when the form of that page comes back."""
    if not 0 < len(obligation) <= MOST:
        raise NotAllowed(_("Choose the tasks to remind of: at most {n}.").format(n=MOST))
    by, moment = admitted.viewer.name, site.clock()
    if confirmed:
        with site.database.write() as session:
            count = remind_now(session, _codes(session, obligation), by, moment)
        return page(request, "reminded", admitted, count=count)
    with undone(site.database) as session:
        before = newest(session)
        count = remind_now(session, _codes(session, obligation), by, moment)
        mailed = mailed_since(session, before)
    words = [
        _("{n} of the {m} chosen tasks are urged for; what is answered, or was urged for by hand "
          "today, is passed over.").format(n=count, m=len(set(obligation))),
        _("Each unit gets one mail; it leaves in working hours."),
    ]  # fmt: skip
    consequence = Consequence(_("Send a reminder now"), words, _("Send the reminders"), mailed)
    fields = {"obligation": [str(number) for number in obligation]}
    return ask_first(request, admitted, consequence, fields, request.app.url_path_for("post"))


def newest(session: Session) -> int:
    """The number of the newest mail."""
    return session.scalar(sa.select(sa.func.max(col(Message.id)))) or 0


def mailed_since(session: Session, number: int) -> list[str]:
    """Whom the mails queued after that one go to."""
    found = session.exec(select(Message).where(col(Message.id) > number).order_by(col(Message.id)))
    return [f"{mail.to_name} <{mail.to_email}>" for mail in found]


def _codes(session: Session, numbers: Sequence[int]) -> list[str]:
    known = [number for number in numbers if 0 < number <= LAST_NUMBER]
    return list(session.exec(select(Obligation.code).where(col(Obligation.id).in_(known))))
