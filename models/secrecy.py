"""State secrets stay out: a document marked Mật, Tối mật or Tuyệt mật is refused.

Luật Bảo vệ bí mật nhà nước: such documents never enter e-mail or this program.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from models.errors import SecretDocument
from models.i18n import gettext as _

_LEVEL = r"(?:tuyệt\s*mật|tối\s*mật|mật)"
_STAMP = re.compile(
    # a line that is a stamp and no more, with the copy's letter where it has one: "TUYỆT MẬT (A)"
    rf"^\W*(?:(?:độ|mức\s+độ|dấu\s+(?:chỉ\s+)?(?:độ\s+)?)\s*mật\s*:?\s*)?{_LEVEL}"
    r"\W*(?:\([a-zđ0-9]\)\W*)?$"
    # a degree of secrecy that is named, as "Độ mật: B - Tối mật"
    rf"|\b(?:độ|mức\s+độ)\s+mật\s*:\s*(?:[a-c]\s*[-–]\s*)?{_LEVEL}\b",
    re.IGNORECASE,
)
# capitals that end a line, after a number or the mere word for a document: "53/KH-UBND - MẬT"
_STAMPED = re.compile(
    r"(?:\d/[\w-]*\w|^\W*(?i:văn\s+bản|tài\s+liệu))\s*[-–]?\s*(?:TUYỆT\s+|TỐI\s+)?MẬT\W*$"
)
_SPACED = re.compile(r"(?<!\w)(?:\w ){2,}\w(?!\w)")  # letters set apart: T Ố I   M Ậ T
_KEYS = re.compile(r"^(secrecy|secret|do[_ -]?mat|độ mật)$", re.IGNORECASE)
_OPEN = {"", "no", "none", "không", "khong", "thường", "false", "null"}


def is_marked_secret(data: object) -> bool:
    """Whether any text in the data is a secrecy stamp, or a secrecy field is filled in."""
    lines = (_nfc(line) for text in _texts(data) for line in text.splitlines())
    fields = (_nfc(str(value)).strip().casefold() for value in _secrecy_fields(data))
    return any(map(_is_stamp, lines)) or any(value not in _OPEN for value in fields)


def _is_stamp(line: str) -> bool:
    close = _SPACED.sub(lambda spaced: spaced[0].replace(" ", ""), line)
    return any(_STAMP.search(text) or _STAMPED.search(text) for text in {line, close})


def refuse_if_secret(data: object) -> None:
    """Raises SecretDocument where a text, or any text in the data, bears a stamp of secrecy."""
    if is_marked_secret(data):
        message = _(
            "The document is marked as a state secret (Mật, Tối mật, Tuyệt mật). "
            "It is refused and no copy is kept. Handle it by the rules for secret documents."
        )
        raise SecretDocument(message)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, Sequence):
        for value in data:
            yield from _texts(value)


def _secrecy_fields(data: object) -> Iterator[object]:
    if isinstance(data, Mapping):
        for key, value in data.items():
            if _KEYS.match(_nfc(str(key))):
                yield "" if value is None else value
            yield from _secrecy_fields(value)
    elif isinstance(data, Sequence) and not isinstance(data, str):
        for value in data:
            yield from _secrecy_fields(value)
