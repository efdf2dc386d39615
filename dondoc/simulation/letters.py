"""What comes back by mail in a simulated life: a mail returned, and a person's reply.

Both go the way of real ones: as bytes, through `tasks.receiving`.
"""

from datetime import datetime

from sqlmodel import Session, col, select

from models.mail import Message
from models.round import Obligation, Round
from models.settings import settings
from models.unit import Unit
from models.words import MessageState, Purpose
from tasks import lookup, resending, undelivered
from tasks.mime import message_id
from tasks.receiving import receive

# a notice of non-delivery, RFC 3464
NOTICE = """\
From: Mail Delivery System <MAILER-DAEMON@{server}>
To: {office}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{reference}.returned@{server}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_notice"

--=_notice
Content-Type: text/plain

The mailbox is no longer in use.
--=_notice
Content-Type: message/delivery-status

Reporting-MTA: dns; {server}

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.2.1
Diagnostic-Code: smtp; 550 5.2.1 mailbox disabled

--=_notice
Content-Type: text/rfc822-headers

Message-ID: {id}

--=_notice--
"""
REPLY = """\
From: {address}
To: {office}
Subject: Re: {code}
Message-ID: <{reference}.answered@{server}>
In-Reply-To: {id}
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Đơn vị đã nhận được văn bản. Xin hỏi: số liệu tính đến hết ngày nào,
có phải gửi kèm danh sách không?
"""


def correct_an_address(session: Session, directive: str, by: str, moment: datetime) -> int:
    """The secretariat calls the first unit that no mail reaches; how many mails go out again."""
    owner = lookup.directive(session, directive)
    failed = undelivered.troubles(session, moment, owner)
    if not failed:
        return 0
    unit = session.get_one(Unit, failed[0].unit_id)
    found = resending.correct(session, unit, f"tiep-nhan@{unit.code}.example", by, moment)
    return len(found.resent)


def come_back(session: Session, directive: str, moment: datetime) -> None:
    """Of the mails that opened the newest round one is returned and one is answered."""
    owner = lookup.directive(session, directive)
    found = session.exec(
        select(Message, Obligation.code)
        .join(Obligation, col(Obligation.id) == col(Message.obligation_id))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .where(
            Round.directive_id == owner.id,
            Message.purpose == Purpose.OPEN,
            Message.state == MessageState.SENT,
            col(Obligation.answered_at).is_(None),
        )
        .order_by(col(Round.opened_at).desc(), col(Message.id))
        .limit(2)
    ).all()
    for (mail, code), form in zip(found, (NOTICE, REPLY), strict=False):
        receive(session, _written(form, mail, code), settings(), moment)


def _written(form: str, mail: Message, code: str) -> bytes:
    text = form.format(
        server=mail.to_email.partition("@")[2],
        office=settings().mail_address,
        address=mail.to_email,
        reference=mail.reference,
        code=code,
        id=message_id(mail.key, settings().mail_domain),
    )
    return text.replace("\n", "\r\n").encode()
