"""Why a mail did not arrive, in a clerk's words: from the codes that mail servers give.

Sources: RFC 3463 (enhanced status codes, "5.1.1": class, subject, detail), with what RFC 4954, 6531
and 7505 added to its registry; RFC 5321, 4.2.3 for the reply codes where there is none.
"""

import re

from models.i18n import N_, gettext

STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_REPLY = re.compile(r"(?:^|;\s*)([45]\d\d)(?=[\s-]|$)")

_NO_MAILBOX = N_("there is no such mailbox")
_NO_DOMAIN = N_("there is no such mail domain")
_MOVED = N_("the mailbox has moved and left no new address")
_ADDRESS = N_("the address is refused")
_MALFORMED = N_("the address is written wrongly")
_OURS = N_("the office's own address is refused; tell the operator")
_LOGIN = N_("the office's login is refused; tell the operator")
_LOCKED = N_("the mailbox is locked")
_FULL = N_("the mailbox is full")
_TOO_LARGE = N_("the mail is too large")
_FULL_OR_LARGE = N_("the mailbox is full or the mail too large")
_DISK_FULL = N_("the receiving server has no room left")
_PAUSES = N_("the receiving server is out of service for now")
_SILENT = N_("the receiving server does not answer")
_LOOP = N_("the mail went round in circles between servers")
_EXPIRED = N_("it could not be handed over within the time allowed")
_UNREADABLE = N_("the receiving server cannot take a mail of this form; tell the operator")
_LATER = N_("the receiving server asks to send again later")
_POLICY = N_("the receiving server refuses it by its policy")
_FAULT = N_("the receiving server has a fault")

# by subject and detail, whatever the class; what is not there, by class and subject
_BY_STATUS = {
    "1.1": _NO_MAILBOX, "1.2": _NO_DOMAIN, "1.3": _MALFORMED, "1.6": _MOVED, "1.7": _OURS,
    "1.8": _OURS, "1.10": _ADDRESS, "2.1": _LOCKED, "2.2": _FULL, "2.3": _TOO_LARGE,
    "3.1": _DISK_FULL, "3.2": _PAUSES, "3.4": _TOO_LARGE, "4.1": _SILENT, "4.2": _SILENT,
    "4.4": _NO_DOMAIN, "4.5": _PAUSES, "4.6": _LOOP, "4.7": _EXPIRED, "6.7": _UNREADABLE,
    "7.8": _LOGIN, "7.9": _LOGIN,
}  # fmt: skip
_BY_SUBJECT = {
    "5.1": _ADDRESS, "4.3": _PAUSES, "5.3": _FAULT, "4.4": _SILENT, "5.4": _SILENT,
    "4.6": _UNREADABLE, "5.6": _UNREADABLE, "4.7": _LATER, "5.7": _POLICY,
}  # fmt: skip
_BY_REPLY = {
    "421": _PAUSES, "450": _LATER, "451": _LATER, "452": _DISK_FULL, "530": _LOGIN, "534": _LOGIN,
    "535": _LOGIN, "550": _ADDRESS, "551": _MOVED, "552": _FULL_OR_LARGE, "553": _MALFORMED,
}  # fmt: skip


def reason(words: str, status: str | None = None) -> str:
    """What the server's words mean, in the reader's language; empty where they hold no known code.

    `status` is the enhanced status code of a mail returned, where its report gave one.
    """
    found = _of_status(status or "") or _of_status(words) or _of_reply(words)
    return gettext(found) if found else ""


def _of_status(text: str) -> str | None:
    found = STATUS.search(text)
    if not found:
        return None
    kind, subject, detail = found.groups()
    if (kind, subject, detail) == ("5", "4", "1"):  # Exchange Online says it of unknown users
        return _ADDRESS
    return _BY_STATUS.get(f"{subject}.{detail}") or _BY_SUBJECT.get(f"{kind}.{subject}")


def _of_reply(text: str) -> str | None:
    found = _REPLY.search(text)
    return _BY_REPLY.get(found[1]) if found else None
