"""Mails in an outbox, for tests that send them: a receipt to each of many mailboxes."""

from datetime import datetime

from sqlmodel import Session, col, select

from models.database import Database
from models.mail import Message, Stoppage
from models.words import Purpose
from tasks import outbox
from tasks.outbox import Claimed
from tests.tasks.office import at

NOW = at(2024, 5, 6)


def lease_oldest(session: Session, limit: int, as_of: datetime) -> list[Claimed]:
    """Up to so many mails that are due, leased, as a sender claims them."""
    found = outbox.oldest(session, limit, as_of)
    outbox.lease(session, [mail.id for mail in found], as_of)
    return found


def a_mail(key: str, **fields: object) -> dict[str, object]:
    """A receipt to queue."""
    return {
        "key": key,
        "purpose": Purpose.RECEIPT,
        "unit_id": 1,
        "to_name": "Sở A",
        "to_email": "vanthu@so-a.example",
        "template": "receipt",
        "context": {
            "code": "kl-1/dot/so-a",
            "title": "Báo cáo",
            "due": "01/03/2024",
            "version": 1,
            "received_at": "08:00 01/03/2024",
            "late_days": 0,
            "task_link": "https://don-doc.example/t/x",
            "declined": False,
        },
    } | fields


def queue_to(db: Database, *addresses: str, of: str = "", as_of: datetime = NOW) -> None:
    """Queues a mail to each address; its key is the address, with something before it."""
    mails = [a_mail(of + address, to_email=address, directive_id=1) for address in addresses]
    with db.write() as session:
        outbox.queue(session, mails, as_of)


def everything(db: Database) -> dict[str, Message]:
    """All mails of the outbox by their key."""
    with db.read() as session:
        return {mail.key: mail for mail in session.exec(select(Message).order_by(col(Message.id)))}


def stoppages(db: Database) -> list[Stoppage]:
    with db.read() as session:
        return list(session.exec(select(Stoppage)))
