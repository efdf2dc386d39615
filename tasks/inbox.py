"""The office's mailbox, read over IMAP: every mail once, and none taken away.

What was read gets a mark of ours, after the row is committed: killed in between, the mail is read
again and is the same row. The mark is a keyword, not "seen", so that people who use the mailbox
keep their own sight of what is new, and what they opened first is read all the same. Only a server
without keywords (Exchange) has its mails marked as seen, and there those opened first are missed.
"""

import imaplib
import ssl
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta

from imap_tools import AND
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from sqlmodel import col, select

from models.database import Database
from models.errors import ServiceError
from models.i18n import gettext as _
from models.mail import Message
from models.settings import Settings, is_loopback
from tasks.incoming import SIZE
from tasks.receiving import receive

KEYWORD = "DonDoc"
STARTTLS_PORT = 143
TIMEOUT = 60  # seconds for one answer of the server
BATCH = 50  # mails marked at once
MOST = 2_000  # mails a run; the next goes on
FAILURES = 5  # mails that cannot be kept before a run gives up
TROUBLE = (OSError, imaplib.IMAP4.error, ImapToolsError)


def read_mailbox(db: Database, settings: Settings, as_of: datetime) -> dict[str, int]:
    """Keeps every mail that is new in the mailbox; how many of each kind.

    Raises ServiceError where the mailbox cannot be read, or where a mail could not be kept: that is
    said when the others have been, and it is read again by the next run.
    """
    since = _first_mail(db)
    if not settings.imap_host or since is None:
        return {}
    mailbox = _open(settings)
    try:
        return _read_new(mailbox, since, db, settings, as_of)
    except TROUBLE as error:
        raise _problem(
            _("The mailbox at {host}:{port} broke off: {problem}. The next run goes on."),
            settings,
            error,
        ) from error
    finally:
        _close(mailbox)


def _first_mail(db: Database) -> date | None:
    """The day of the first mail in the outbox: what came before can be no answer."""
    with db.read() as session:
        first = session.exec(select(Message.queued_at).order_by(col(Message.id)).limit(1)).first()
    return first.date() - timedelta(days=1) if first else None


def _read_new(
    mailbox: BaseMailBox, since: date, db: Database, settings: Settings, as_of: datetime
) -> dict[str, int]:
    keeps_keywords = rb"\*" in b" ".join(mailbox.client.response("PERMANENTFLAGS")[1])
    mark = KEYWORD if keeps_keywords else r"\Seen"
    unread = {"no_keyword": KEYWORD} if keeps_keywords else {"seen": False}
    uids = mailbox.uids(AND(date_gte=since, **unread), charset=None)[:MOST]
    kept: Counter[str] = Counter()
    failures: list[Exception] = []
    for first in range(0, len(uids), BATCH):
        done = []
        for uid in uids[first : first + BATCH]:
            try:
                kept.update(_keep(mailbox, uid, db, settings, as_of))
                done.append(uid)
            except TROUBLE:
                raise
            except Exception as error:  # one mail must not keep the others out
                failures.append(error)
        _mark(mailbox, done, mark)
        if len(failures) >= FAILURES:
            break
    if failures:
        # not the error itself: it quotes the mail, and flows' logs hold no personal data
        problem = _("{count} mails could not be kept ({problem}). The next run tries them again.")
        kind = type(failures[0]).__name__
        raise ServiceError(problem.format(count=len(failures), problem=kind)) from None
    return dict(kept)


def _keep(
    mailbox: BaseMailBox, uid: str, db: Database, settings: Settings, as_of: datetime
) -> list[str]:
    """Keeps one mail, in a transaction of its own; the kind of it where it is new."""
    found = _fetch(mailbox, uid)
    if found is None:
        return []
    raw, arrived = found
    with db.write() as session:
        kept = receive(session, raw, settings, min(arrived or as_of, as_of))
        return [kept.kind.value] if kept else []


def _fetch(mailbox: BaseMailBox, uid: str) -> tuple[bytes, datetime | None] | None:
    """A mail's bytes, of a big one the first, and when it arrived; None where it is gone."""
    asked = f"(INTERNALDATE BODY.PEEK[]<0.{SIZE + 1}>)"
    _ok, answer = mailbox.client.uid("FETCH", uid, asked)
    for part in answer:
        if isinstance(part, tuple):
            local = imaplib.Internaldate2tuple(part[0])
            arrived = datetime.fromtimestamp(time.mktime(local), UTC) if local else None
            return part[1], arrived
    return None


def _mark(mailbox: BaseMailBox, uids: list[str], mark: str) -> None:
    """Marks mails as read by us. The library's own way also expunges, which takes mails away."""
    if uids:
        mailbox.client.uid("STORE", ",".join(uids), "+FLAGS.SILENT", f"({mark})")


def _open(settings: Settings) -> BaseMailBox:
    """The folder of the mailbox, open. TLS and its certificate are required except on loopback."""
    try:
        mailbox = _connect(settings)
    except ssl.SSLCertVerificationError as error:
        raise _problem(
            _(
                "The certificate of the mailbox's server {host}:{port} is not trusted ({problem})."
                " If it is the office's own, name its authority in DONDOC_IMAP_CA."
            ),
            settings,
            error.verify_message,
        ) from error
    except TROUBLE as error:
        raise _problem(
            _(
                "The mailbox's server {host}:{port} does not answer: {problem}."
                " Check DONDOC_IMAP_HOST and DONDOC_IMAP_PORT."
            ),
            settings,
            error,
        ) from error
    try:
        return _log_in(mailbox, settings)
    except ServiceError:
        _close(mailbox)
        raise


def _connect(settings: Settings) -> BaseMailBox:
    host, port = settings.imap_host, settings.imap_port
    if is_loopback(host) and settings.imap_ca is None:
        return MailBoxUnencrypted(host, port, TIMEOUT)
    try:
        context = ssl.create_default_context(cafile=settings.imap_ca)
    except OSError as error:
        message = _(
            "{file}, named in DONDOC_IMAP_CA, holds no certificates that can be read: {problem}"
        )
        raise ServiceError(message.format(file=settings.imap_ca, problem=error)) from error
    if port == STARTTLS_PORT:
        return MailBoxStartTls(host, port, TIMEOUT, context)
    return MailBox(host, port, TIMEOUT, ssl_context=context)


def _log_in(mailbox: BaseMailBox, settings: Settings) -> BaseMailBox:
    user, password = settings.imap_user, settings.imap_password
    log_in = mailbox.login if (user + password).isascii() else mailbox.login_utf8
    try:
        log_in(user, password, initial_folder=None)
        mailbox.folder.set(settings.imap_folder)
    except MailboxFolderSelectError as error:
        raise _problem(
            _("The mailbox at {host}:{port} has no folder {problem}. Set DONDOC_IMAP_FOLDER."),
            settings,
            settings.imap_folder,
        ) from error
    except TROUBLE as error:
        raise _problem(
            _(
                "The mailbox's server {host}:{port} refuses the login: {problem}."
                " Check DONDOC_IMAP_USER and DONDOC_IMAP_PASSWORD."
            ),
            settings,
            error,
        ) from error
    return mailbox


def _problem(message: str, settings: Settings, problem: object) -> ServiceError:
    words = message.format(host=settings.imap_host, port=settings.imap_port, problem=problem)
    return ServiceError(words)


def _close(mailbox: BaseMailBox) -> None:
    try:
        mailbox.logout()
    except TROUBLE:
        mailbox.client.shutdown()
