"""Vietnamese text as people type it: search without diacritics, both tone-mark styles, dates."""

import re
import unicodedata
from datetime import date, datetime
from functools import lru_cache

import pendulum

TIMEZONE = pendulum.timezone("Asia/Ho_Chi_Minh")

_SPACES = re.compile(r"\s+")


def collapse(text: str) -> str:
    """The text in NFC with every run of white space as one space."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


_MARKS = re.compile("[\u0300-\u036f]+")  # every diacritic of Latin letters
_DIRECTIONS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """The text on one line, without what controls a terminal or turns the direction of writing: as
    a person may have typed it.
    """
    kept = (c for c in text if c.isspace() or unicodedata.category(c) != "Cc")
    return collapse("".join(c for c in kept if c not in _DIRECTIONS))


def fold(text: str) -> str:
    """A key for search: no case, no diacritics, so that uỷ, ủy and uy meet."""
    decomposed = unicodedata.normalize("NFD", collapse(text).casefold())
    return _MARKS.sub("", decomposed).replace("đ", "d")


@lru_cache(maxsize=20_000)
def phrase_key(text: str) -> str:
    """A key for names and phrases: keeps the tone but not where it is written (uỷ = ủy).

    Folding alone would make different names meet; here the marks of each word stay, in
    alphabetical order, whichever vowel carries them.
    """
    return " ".join(_word_key(word) for word in collapse(text).casefold().split(" "))


def _word_key(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word)
    letters = [c for c in decomposed if not _is_tone(c)]
    tones = sorted(c for c in decomposed if _is_tone(c))
    return unicodedata.normalize("NFC", "".join(letters)) + "".join(tones)


def _is_tone(char: str) -> bool:
    # huyền, sắc, ngã, hỏi, nặng; the hat, breve and horn belong to the letter
    return char in "\u0300\u0301\u0303\u0309\u0323"


def slugify(text: str) -> str:
    """An ascii name for files and links: "53/KH-UBND" → "53-kh-ubnd"."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")


def show_date(day: date) -> str:
    """dd/mm/yyyy, as offices write it."""
    return day.strftime("%d/%m/%Y")


def show_instant(instant: datetime) -> str:
    """Hour and date in Vietnam."""
    return instant.astimezone(TIMEZONE).strftime("%H:%M %d/%m/%Y")


def show_number(value: float) -> str:
    """1234567.5 → 1.234.567,5; whole numbers without decimals."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return text.replace(",", "\0").replace(".", ",").replace("\0", ".")


def show_percent(numerator: float, denominator: float) -> str:
    """The share as offices write it ("97,5%"); nothing to divide by gives a dash."""
    return f"{show_number(round(100 * numerator / denominator, 1))}%" if denominator else "—"
