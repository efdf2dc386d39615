"""The head's approval: in a round with `needs_head` an accepted answer counts once it is given.

It is given with a code that is mailed to the head's registered address, or from the head's account.
Of the newest accepted version alone: what a newer one supersedes is never approved. The code is
stored nowhere: it follows from the installation's key, the submission and the moment it was asked
for, and is worked out anew when its mail is written.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.round import Appraisal, Approval, Obligation, Round, Submission
from models.settings import Settings, settings
from models.unit import Contact, Unit
from models.vietnamese import printable, show_date, show_instant
from models.words import (
    AccountRole,
    Appraised,
    ContactRole,
    Deed,
    Ending,
    Purpose,
    Verdict,
    label_vi,
)
from tasks import activities, attempts, outbox
from tasks.accounts import Refused, Viewer
from tasks.keys import keys
from tasks.lookup import id_of
from tasks.reliefs import LAST_NUMBER

VALID = timedelta(hours=72)
TRIES = 5  # of one code
BETWEEN = timedelta(minutes=5)  # two codes for the same answer


@dataclass(frozen=True)
class _Waiting:
    """An answer that waits for its head, locked with the obligation it is of."""

    approval: Approval
    submission: Submission
    owed: Obligation


def wait_for_head(session: Session, submission_id: int, as_of: datetime) -> None:
    """An answer that has been accepted waits for its head from now on, who is mailed a code; where
    no address of the head is registered, nobody is.
    """
    found = Approval(submission_id=submission_id, asked_at=as_of, digest="", expires_at=as_of)
    session.add(found)
    session.flush()
    waiting = _lock(session, submission_id)
    head = _head(session, waiting.owed)
    if head is not None:
        _mail_code(session, waiting, head, as_of)


def ask(session: Session, submission_id: int, as_of: datetime) -> None:
    """Mails a new code to the head; the one before is dead. Raises NotAllowed where no address of
    the head is registered, or the last code is of the last minutes.
    """
    waiting = _lock(session, submission_id)
    head = _head(session, waiting.owed)
    if head is None:
        message = _(
            "{unit}: no address of its head is registered. Ask the secretariat to register one."
        )
        raise NotAllowed(message.format(unit=session.get_one(Unit, waiting.owed.unit_id).name))
    before = waiting.approval
    if before.digest and as_of < before.asked_at + BETWEEN:
        message = _("A code was sent at {moment}: a new one can be asked for five minutes later.")
        raise NotAllowed(message.format(moment=show_instant(before.asked_at)))
    _mail_code(session, waiting, head, as_of)


def approve_by_code(
    session: Session, submission_id: int, code: str, address: str, as_of: datetime
) -> Approval | Refused:
    """Approves an answer with the code that its head was mailed.

    A wrong code is refused and not raised, since the try has to be committed. After five of them a
    new code has to be asked for, and guessing is paused as at signing in.
    """
    waiting = _lock(session, submission_id)
    found, ours = waiting.approval, {f"approval:{waiting.owed.id}": TRIES}
    limits = ours | attempts.by_address(address)
    until = attempts.paused(session, limits, as_of)
    if until is not None:
        return Refused(attempts.too_many(until), until)
    if not found.digest or found.tries >= TRIES or found.expires_at <= as_of:
        return Refused(_("There is no code that is good any more: ask for a new one."))
    if not _is_right(found, "".join(code.split())):
        found.tries += 1
        attempts.failed(session, limits, as_of)
        session.flush()
        message = _("The code is wrong. Tries left with it: {n}.")
        return Refused(message.format(n=TRIES - found.tries))
    attempts.forget(session, ours)
    head = _head(session, waiting.owed)
    name = printable(head.name) if head else ""
    return _approve(session, waiting, name or label_vi(ContactRole.HEAD), None, as_of)


def approve_by_account(
    session: Session, submission_id: int, viewer: Viewer, as_of: datetime
) -> Approval:
    """Approves an answer as the head of its unit who is signed in; raises NotAllowed for others."""
    waiting = _lock(session, submission_id)
    if viewer.role is not AccountRole.UNIT_HEAD or viewer.unit_id != waiting.owed.unit_id:
        raise NotAllowed(_("Only the head of the unit approves its answers."))
    return _approve(session, waiting, viewer.name, viewer.account_id, as_of)


def waited_for(session: Session, obligation_id: int) -> Approval | None:
    """The approval that the newest answer to an obligation waits for; None where it does not."""
    newest = select(sa.func.max(col(Submission.id))).where(*_accepted(obligation_id))
    statement = select(Approval).where(
        Approval.submission_id == newest.scalar_subquery(), col(Approval.approved_at).is_(None)
    )
    return session.exec(statement).first()


def digits(session: Session, obligation_id: int, version: int, of: Settings) -> str | None:
    """The code for the mail to a head; None where nothing waits for it any more."""
    found = waited_for(session, obligation_id)
    if found is None or session.get_one(Submission, found.submission_id).version != version:
        return None
    for key in keys(of.data):
        code = _code(key, found.submission_id, found.asked_at)
        if hmac.compare_digest(_digest(key, found.submission_id, code), found.digest):
            return f"{code[:3]} {code[3:]}"
    return None


def _lock(session: Session, submission_id: int) -> _Waiting:
    """What waits, kept from others until the end; raises where the answer does not wait."""
    given = session.get(Submission, submission_id) if 0 < submission_id <= LAST_NUMBER else None
    if given is None:
        raise UnknownName(_("There is no answer {number}.").format(number=submission_id))
    fresh = {"populate_existing": True}
    lock = select(Obligation).where(Obligation.id == given.obligation_id).with_for_update()
    owed = session.exec(lock.execution_options(**fresh)).one()
    waiting = select(Approval).where(Approval.submission_id == submission_id)
    found = session.exec(waiting.execution_options(**fresh)).first()
    if found is None:
        raise NotAllowed(_("This answer needs no approval of the head."))
    if found.approved_at is not None:
        message = _("This answer was approved already, by {by}.")
        raise NotAllowed(message.format(by=found.approved_by))
    _refuse_what_is_over(session, given, owed)
    return _Waiting(found, given, owed)


def _refuse_what_is_over(session: Session, given: Submission, owed: Obligation) -> None:
    newest = session.exec(
        select(sa.func.max(col(Submission.id))).where(*_accepted(given.obligation_id))
    ).one()
    if newest != given.id:
        raise NotAllowed(_("A newer version has come in: it is the one to approve."))
    last = session.exec(
        select(Appraisal.found)
        .where(Appraisal.submission_id == given.id)
        .order_by(col(Appraisal.id).desc())
    ).first()
    if last is Appraised.RETURNED:
        raise NotAllowed(_("This answer was given back: send a mended version first."))
    if owed.ending in (Ending.PASSED_ON, Ending.LAPSED):
        raise NotAllowed(_("{code}: nothing is asked any more.").format(code=owed.code))


def _accepted(obligation_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(Submission.obligation_id) == obligation_id,
        col(Submission.verdict) == Verdict.ACCEPTED,
    )


def _head(session: Session, owed: Obligation) -> Contact | None:
    wanted = select(Contact).where(
        Contact.unit_id == owed.unit_id, Contact.role == ContactRole.HEAD
    )
    return session.exec(wanted).first()


def _approve(
    session: Session, waiting: _Waiting, by: str, account: int | None, as_of: datetime
) -> Approval:
    found, given, owed = waiting.approval, waiting.submission, waiting.owed
    found.approved_at, found.approved_by = as_of, by
    if owed.answered_at is None:
        owed.answered_at = as_of
    session.flush()
    activities.note(
        session, Deed.APPROVED, by, as_of, account=account, unit=owed.unit_id,
        directive=session.get_one(Round, owed.round_id).directive_id, obligation=owed.id,
        about=owed.code, after={"version": given.version, "by": "account" if account else "code"},
    )  # fmt: skip
    return found


def _mail_code(session: Session, waiting: _Waiting, head: Contact, as_of: datetime) -> None:
    found, given, owed = waiting.approval, waiting.submission, waiting.owed
    key = keys(settings().data)[0]
    number = id_of(given)
    found.asked_at, found.expires_at, found.tries = as_of, as_of + VALID, 0
    found.digest = _digest(key, number, _code(key, number, as_of))
    asking = session.get_one(Round, owed.round_id)
    context = {
        "to_head": True,
        "code": owed.code,
        "title": asking.title,
        "due": show_date(owed.due),
        "received_at": show_instant(given.received_at),
        "version": given.version,
        "sender": printable(given.sender),
        "expires_at": show_instant(found.expires_at),
    }
    mail = {
        "key": f"obligation:{owed.id}:{Purpose.APPROVAL}:{given.version}:{_stamp(as_of)}",
        "purpose": Purpose.APPROVAL,
        "unit_id": owed.unit_id,
        "directive_id": asking.directive_id,
        "obligation_id": owed.id,
        "to_name": head.name,
        "to_email": head.email,
        "template": Purpose.APPROVAL.value,
        "context": context,
    }
    session.flush()
    outbox.queue(session, [mail], as_of)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S%f")


def _code(key: str, submission_id: int, asked_at: datetime) -> str:
    """Six digits that only who has the key can tell."""
    about = f"dondoc.approval.code:{submission_id}:{_stamp(asked_at)}"
    return f"{int.from_bytes(hmac.digest(key.encode(), about.encode(), 'sha256')) % 1_000_000:06}"


def _digest(key: str, submission_id: int, code: str) -> str:
    about = f"dondoc.approval.digest:{submission_id}:{code}"
    return hmac.digest(key.encode(), about.encode(errors="replace"), "sha256").hex()


def _is_right(found: Approval, code: str) -> bool:
    # every key is tried, in the same time: one that has been rotated still made good codes
    made = [_digest(key, found.submission_id, code[:6]) for key in keys(settings().data)]
    same = [hmac.compare_digest(digest, found.digest) for digest in made]
    return any(same) and len(code) == 6
