"""What came into the mailbox and waits for the secretariat: replies of people, returned mail."""

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from sqlmodel import Session, col, select

from models.delivery_status import reason
from models.directive import Directive
from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.mail import Message, Received
from models.round import Obligation
from models.unit import Contact, Unit
from models.vietnamese import printable
from models.words import Deed, ReceivedKind
from tasks import activities
from tasks.lookup import id_of
from tasks.post import came_for
from tasks.reliefs import LAST_NUMBER
from tasks.resending import in_the_name_of

FIRST_LINES = 3


@dataclass(frozen=True)
class Came:
    """A received mail as the secretariat reads it, without control characters.

    `is_contact` says whether its sender's address is one of the unit's: anybody may write to the
    mailbox, and in anybody's name.
    """

    number: int
    kind: ReceivedKind
    received_at: datetime
    unit: str
    obligation: str
    message: int | None
    sender: str
    is_contact: bool
    subject: str
    first_lines: str
    text: str
    attachments: list[str]
    reason: str
    settled_at: datetime | None
    settled_by: str | None


def received(
    session: Session,
    owner: Directive | None = None,
    every: bool = False,
    of: Message | None = None,
    number: int | None = None,
) -> list[Came]:
    """What came in about a directive, about one mail or at all, and waits, newest first; with
    `every`, also what is settled and what machines answered. `number` asks for one alone.
    """
    statement = (
        select(Received, Unit.name, Obligation.code)
        .outerjoin(Unit, col(Unit.id) == col(Received.unit_id))
        .outerjoin(Obligation, col(Obligation.id) == col(Received.obligation_id))
        .order_by(col(Received.received_at).desc(), col(Received.id).desc())
    )
    if owner is not None:
        statement = statement.where(came_for(owner))
    if of is not None:
        statement = statement.where(Received.message_id == of.id)
    if number is not None:
        statement = statement.where(Received.id == number)
    if not every:
        statement = statement.where(
            col(Received.settled_at).is_(None), Received.kind != ReceivedKind.AUTOMATIC
        )
    rows = session.exec(statement).all()
    units = {mail.unit_id for mail, _unit, _code in rows}
    addresses = {
        (unit_id, email.casefold())
        for unit_id, email in session.exec(
            select(Contact.unit_id, Contact.email).where(col(Contact.unit_id).in_(units))
        )
    }
    return [_came(mail, unit or "", code or "", addresses) for mail, unit, code in rows]


def _came(mail: Received, unit: str, code: str, addresses: set[tuple[int, str]]) -> Came:
    # the standard library would take an address in the name before it for the sender's
    address = mail.sender.rpartition("<")[2].rstrip("> ").casefold()
    returned = mail.kind in (ReceivedKind.BOUNCE, ReceivedKind.DELAY)
    return Came(
        number=id_of(mail),
        kind=mail.kind,
        received_at=mail.received_at,
        unit=unit,
        obligation=code,
        message=mail.message_id,
        sender=printable(mail.sender),
        is_contact=mail.unit_id is not None and (mail.unit_id, address) in addresses,
        subject=printable(mail.subject),
        first_lines=first_lines(mail.text),
        text="\n".join(map(printable, mail.text.splitlines())),
        attachments=[printable(str(found["name"])) for found in mail.attachments],
        reason=reason(mail.text, mail.status) if returned else "",
        settled_at=mail.settled_at,
        settled_by=mail.settled_by,
    )


def first_lines(text: str) -> str:
    """The first lines that the sender wrote: empty ones and those quoted are passed over."""
    lines = takewhile(lambda line: not line.startswith("-----"), map(str.strip, text.splitlines()))
    own = [line for line in lines if line and not line.startswith(">")]
    # a mail passed on says nothing before what it quotes
    shown = own or [line for line in map(str.strip, text.splitlines()) if line.strip("->")]
    return "\n".join(map(printable, shown[:FIRST_LINES]))


def one(session: Session, number: int) -> Came:
    """A received mail whole; raises UnknownName where there is none."""
    found = received(session, every=True, number=number) if _is_number(number) else []
    if not found:
        raise _unknown(number)
    return found[0]


def settle(session: Session, number: int, by: str, as_of: datetime) -> Received:
    """Notes in a person's name that a received mail has been seen to.

    Raises UnknownName where there is none, NotAllowed where that was noted before.
    """
    person = in_the_name_of(by)
    found = session.get(Received, number, with_for_update=True) if _is_number(number) else None
    if found is None:
        raise _unknown(number)
    if found.settled_at is not None:
        message = _("Received mail {number} was settled already, by {by}.")
        raise NotAllowed(message.format(number=number, by=found.settled_by))
    found.settled_at, found.settled_by = as_of, person
    session.flush()
    about = f"{number} {printable(found.subject)}"
    activities.note(session, Deed.SETTLED, person, as_of, unit=found.unit_id, about=about,
                    obligation=found.obligation_id)  # fmt: skip
    return found


def _is_number(number: int) -> bool:
    return 0 < number <= LAST_NUMBER


def _unknown(number: int) -> UnknownName:
    message = _("No received mail has number {number}: `dondoc mail received` lists them.")
    return UnknownName(message.format(number=number))
