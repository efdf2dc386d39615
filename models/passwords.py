"""Passwords: which are taken, and how they are kept."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from models.errors import NotAllowed
from models.i18n import gettext as _

SHORTEST = 12
LONGEST = 200
FEWEST = 4  # different characters
# OWASP's Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one thread, so that a
# dozen people who sign in at once take no more than a small machine has
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

_IN_A_ROW = ("1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
_WORST = ("password", "matkhau", "dondoc", "qwerty", "admin", "vanphong")


def normal(password: str) -> str:
    """The password as it is kept: whichever keyboard wrote it, its accents are the same."""
    return unicodedata.normalize("NFC", password)


def refuse_weak(password: str, login: str) -> None:
    """Raises NotAllowed where a password cannot be taken, and says why.

    Length is what counts, so nothing is asked of its composition.
    """
    plain = normal(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        message = _("A password has {first} to {last} characters: take several words.")
        raise NotAllowed(message.format(first=SHORTEST, last=LONGEST))
    if len(plain.casefold().replace(login, "")) < FEWEST:
        raise NotAllowed(_("The password must not be the login."))
    if _is_among_the_worst(plain.casefold()):
        raise NotAllowed(_("This password is among the first that are guessed: take another."))


def _is_among_the_worst(plain: str) -> bool:
    period = (plain + plain).find(plain, 1)  # shorter than the whole: it repeats itself
    if len(set(plain)) < FEWEST or period < min(len(plain), SHORTEST):
        return True
    rows = (row * (LONGEST // len(row) + 2) for row in _IN_A_ROW)
    if any(plain in row or plain[::-1] in row for row in rows):
        return True
    rest = plain.strip("0123456789 !@#$.")
    return bool(rest) and any(not rest.replace(word, "") for word in _WORST)


def kept(password: str) -> str:
    """What is stored of a password."""
    return HASHER.hash(_encoded(password))


def is_right(password: str, stored: str | None) -> bool:
    """Whether a password is the stored one; it takes as long where none is stored."""
    try:
        return HASHER.verify(stored or _nobody(), _encoded(password)) and stored is not None
    except VerifyMismatchError:
        return False


def is_outdated(stored: str) -> bool:
    """Whether a password was stored with other parameters than those in force."""
    return HASHER.check_needs_rehash(stored)


def _encoded(password: str) -> bytes:
    # cut where no password is so long, before the work that its length makes
    return normal(password[: 4 * LONGEST]).encode(errors="replace")


def _nobody() -> str:
    """What no password fits, of the cost in force."""
    cost = f"m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}"
    return f"$argon2id$v=19${cost}${'A' * 22}${'A' * 43}"
