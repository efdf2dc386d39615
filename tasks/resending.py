"""Sending again what did not arrive, and correcting the address it did not arrive at."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.directive import Directive
from models.errors import NotAllowed, UnknownName
from models.i18n import N_, vi
from models.i18n import gettext as _
from models.mail import Message, Received
from models.register import is_email
from models.unit import Contact, Unit
from models.vietnamese import printable, show_instant
from models.words import URGING, ContactRole, Deed, MessageState, ReceivedKind
from tasks import activities
from tasks.lookup import id_of
from tasks.outbox import RETRY_FOR
from tasks.post import TO_BE_TRIED
from tasks.reliefs import LAST_NUMBER
from tasks.undelivered import GIVEN_UP, Trouble, role_of, troubles


@dataclass(frozen=True)
class Corrected:
    """What a corrected address changed: mails that waited and go there now, mails sent again."""

    unit: str
    before: str
    after: str
    waiting: int
    resent: list[int]


def resend(
    session: Session, numbers: Collection[int], by: str, as_of: datetime
) -> Sequence[Message]:
    """Queues mails that did not arrive again, to where the unit's mail goes now, for another five
    days; under the same Message-ID, so that one who has it after all sees one mail.

    Raises UnknownName or NotAllowed, and then changes none of them.
    """
    person = in_the_name_of(by)
    wanted = [n for n in dict.fromkeys(numbers) if 0 < n <= LAST_NUMBER]
    statement = select(Message).where(col(Message.id).in_(wanted)).order_by(col(Message.id))
    # a sender may be about to take it
    locked = statement.with_for_update().execution_options(populate_existing=True)
    found = session.exec(locked).all()
    unknown = set(numbers) - {id_of(mail) for mail in found}
    if unknown:
        message = _("There is no mail {number}: `dondoc mail list` has the numbers.")
        raise UnknownName(message.format(number=min(unknown)))
    for mail in found:
        _refuse_what_has_not_failed(mail)
    _queue_again(session, found, person, as_of)
    return found


def resend_failed(
    session: Session, owner: Directive, by: str, as_of: datetime
) -> Sequence[Message]:
    """Queues again what is given up of a directive and still worth sending."""
    return resend(session, worth_sending(troubles(session, as_of, owner)), by, as_of)


def worth_sending(found: Sequence[Trouble]) -> list[int]:
    """The numbers of the mails given up that somebody still has to know; of a unit's reminders the
    last, since it names what the earlier ones did.
    """
    numbers: dict[object, int] = {}
    for trouble in sorted(found, key=lambda t: t.number):
        if trouble.state in GIVEN_UP and trouble.handled is None:
            of_unit = trouble.purpose in URGING
            numbers[("unit", trouble.unit_id) if of_unit else trouble.number] = trouble.number
    return sorted(numbers.values())


def in_the_name_of(by: str) -> str:
    """The name under which something is done; raises NotAllowed where there is none."""
    if not printable(by):
        raise NotAllowed(_("Say who does it: it stands in a person's name."))
    return printable(by)


def _refuse_what_has_not_failed(mail: Message) -> None:
    if mail.state in (*GIVEN_UP, *TO_BE_TRIED):
        return
    message = {
        MessageState.QUEUED: _("Mail {number} waits to be sent already."),
        MessageState.LEASED: _("Mail {number} is being sent now: look again in a quarter of "
                               "an hour."),
        MessageState.SENT: _("Mail {number} was sent at {moment} and has not come back: it is not "
                             "sent twice."),
        MessageState.DROPPED: _("Mail {number} was not sent because nobody owes any more what it "
                                "is about."),
    }[mail.state]  # fmt: skip
    moment = show_instant(mail.sent_at) if mail.sent_at else ""
    raise NotAllowed(message.format(number=mail.id, moment=moment))


def _queue_again(session: Session, mails: Sequence[Message], person: str, as_of: datetime) -> None:
    contacts = _contacts(session, {mail.unit_id for mail in mails})
    for mail in mails:
        before = vi(N_("sent again at the request of {by}; before: {words}"))
        mail.outcome = before.format(by=person, words=mail.outcome or "—")[:500]
        # its attempts go on rising: by them a late report of an old one is told from the newest
        mail.state, mail.sent_at = MessageState.QUEUED, None
        mail.next_at, mail.expires_at = as_of, as_of + RETRY_FOR
        if contact := contacts.get((mail.unit_id, role_of(mail))):
            mail.to_email = contact.email
        about = f"{id_of(mail)} {mail.to_email}"
        activities.note(session, Deed.RESENT, person, as_of, unit=mail.unit_id, about=about,
                        directive=mail.directive_id, obligation=mail.obligation_id)  # fmt: skip
    tried = {(mail.unit_id, mail.to_email) for mail in mails}
    for contact in contacts.values():
        if (contact.unit_id, contact.email) in tried:
            contact.bounced_at, contact.bounce = None, None
    session.flush()
    _settle(session, [id_of(mail) for mail in mails], person, as_of)


def _contacts(session: Session, units: Collection[int]) -> dict[tuple[int, ContactRole], Contact]:
    found = session.exec(select(Contact).where(col(Contact.unit_id).in_(units)))
    return {(contact.unit_id, contact.role): contact for contact in found}


def _settle(session: Session, numbers: Collection[int], person: str, as_of: datetime) -> None:
    """What came back of these mails waits for nobody any more."""
    session.exec(
        sa.update(Received)
        .where(
            col(Received.message_id).in_(numbers),
            col(Received.kind).in_((ReceivedKind.BOUNCE, ReceivedKind.DELAY)),
            col(Received.settled_at).is_(None),
        )
        .values(settled_at=as_of, settled_by=person)
    )


def correct(session: Session, unit: Unit, email: str, by: str, as_of: datetime) -> Corrected:
    """Gives a unit another address: its mails that wait go there, and what did not arrive at the
    old one and is still worth sending is sent again. The register has one address a unit, so all
    its contacts that have the old one get the new one.

    Raises NotAllowed where it is no address, or the one the unit has.
    """
    person, after = in_the_name_of(by), email.strip()
    if not is_email(after):
        raise NotAllowed(_("“{found}” is not an e-mail address").format(found=printable(email)))
    contacts = _contacts(session, {id_of(unit)})
    before = contacts[id_of(unit), ContactRole.CLERK].email
    if after == before:
        message = _("{unit} has this address already; `dondoc mail retry` sends mails again.")
        raise NotAllowed(message.format(unit=unit.name))
    missed = [t for t in troubles(session, as_of, unit=unit) if t.to_email == before]
    for contact in contacts.values():
        if contact.email == before:
            contact.email, contact.bounced_at, contact.bounce = after, None, None
    session.flush()
    waiting = _redirect(session, unit, before, after)
    still_tried = [t.number for t in missed if t.state in TO_BE_TRIED]
    again = sorted({*worth_sending(missed), *still_tried})
    resend(session, again, person, as_of)
    activities.note(
        session,
        Deed.CORRECTED,
        person,
        as_of,
        unit=unit.id,
        about=unit.name,
        before={"email": before},
        after={"email": after},
    )
    return Corrected(unit.name, before, after, waiting, again)


def _redirect(session: Session, unit: Unit, before: str, after: str) -> int:
    """Sends what waits to the new address; how many mails."""
    statement = (
        sa.update(Message)
        .where(
            col(Message.unit_id) == unit.id,
            col(Message.to_email) == before,
            col(Message.state) == MessageState.QUEUED,
        )
        .values(to_email=after)
        .execution_options(synchronize_session=False)
    )
    return session.connection().execute(statement).rowcount
