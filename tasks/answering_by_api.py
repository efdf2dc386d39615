"""An answer that another system sends: the rules of the form, and no others.

It is checked as every answer is, and then recorded as the form records it: once, over nobody
else's. What has faults is not recorded at all.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from models.answer_form import filled
from models.answers import check_answer
from models.errors import AnswerError, Fault, NotAllowed
from models.i18n import gettext as _
from models.round import Obligation
from models.secrecy import refuse_if_secret
from models.status import day_of
from models.vietnamese import show_instant
from models.words import Channel, SubmissionKind
from tasks import evidence
from tasks.answer_once import Filled, Form, Sent, Stopped, form_of, send
from tasks.asking import asks_with_known


class Overtaken(NotAllowed):
    """Another version came in since the one that the answer was built on."""


@dataclass(frozen=True)
class Given:
    """An answer as another system sends it. `payload` as `models.answers` has it; `built_on` is the
    newest version its sender knew, 0 before the first; `covers` are codes of other duties.
    """

    payload: Mapping[str, Any]
    sender: str
    built_on: int
    why: str = ""
    decline: bool = False
    covers: Collection[str] = ()


def answer(session: Session, obligation_id: int, given: Given, as_of: datetime) -> Sent:
    """Records an answer; the same again is the same answer. Raises AnswerError with every fault,
    Overtaken, SecretDocument, and NotAllowed.
    """
    refuse_if_secret([dict(given.payload), given.why])
    form = form_of(session, obligation_id)
    if faults := _faults(session, form, given, as_of):
        raise AnswerError(faults)
    done = send(session, obligation_id, _filled(session, given), as_of)
    if isinstance(done, Sent):
        return done
    raise _stopped(done)


def _faults(session: Session, form: Form, given: Given, as_of: datetime) -> list[Fault]:
    """The faults of the payload as it was sent, before a form makes its own of it."""
    kind = SubmissionKind.DECLINE if given.decline else form.kind
    id_ = form.owed.id or 0
    has_files = bool(evidence.together(session, id_))
    asks = asks_with_known(session, form.asked, id_, as_of, has_evidence=has_files)
    return check_answer(kind, given.payload, asks, day_of(as_of))


def _filled(session: Session, given: Given) -> Filled:
    ticked = {f"covers.{_id_of(session, code)}": "on" for code in given.covers}
    return Filled(
        fields=filled(given.payload) | ticked,
        sender=given.sender,
        built_on=given.built_on,
        why=given.why,
        channel=Channel.API,
        decline=given.decline,
    )


def _id_of(session: Session, code: str) -> int:
    found = session.exec(select(Obligation.id).where(Obligation.code == code)).first()
    if found is None:
        message = _("There is no task {code} that this answer could cover.")
        raise NotAllowed(message.format(code=code))
    return found


def _stopped(done: Stopped) -> Overtaken | AnswerError:
    if done.newest is not None:
        message = _(
            "Version {version} came in at {time}: read it, and send yours built on it if it is to "
            "replace that one."
        )
        return Overtaken(
            message.format(version=done.newest.version, time=show_instant(done.newest.received_at))
        )
    return AnswerError(
        [Fault(_("answer"), None, name, "", words)
         for name, said in done.faults.items() for words in said]
    )  # fmt: skip
