"""What a person reads in a mail of any program: headers decoded, HTML as text, their words first.

Everything here takes whatever stands in a mail and raises nothing: what cannot be decoded is shown
with marks in its place. What comes out is fit to be stored: no NUL, which Postgres refuses, no half
of a character, nothing that makes a name read backwards.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from html import unescape

from models.vietnamese import printable

HEADER = 4_000  # characters of a header that are read
BODY = 400_000  # bytes of a text, and characters of a page, that are read

_VIETNAMESE = ("utf-8", "windows-1258")  # tried in turn where no charset is named, or a wrong one
_SLOW = ("punycode", "idna")  # codecs for names of hosts, which take hours over a page
_TURNS = re.compile(
    "[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)  # marks of direction, of order
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def decoded(data: bytes, charset: str | None = None) -> str:
    """The text of bytes in the charset named, or in one that fits."""
    for name in (charset, *_VIETNAMESE):
        try:
            if name and codecs.lookup(name).name not in _SLOW:
                return clean(data.decode(name))
        except (LookupError, UnicodeError, ValueError):  # of charsets nobody knows, and NULs
            continue
    return clean(data.decode("utf-8", "replace"))


def clean(text: str) -> str:
    """The text in NFC, lines ended by \\n, without what cannot be stored or would mislead."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    return unicodedata.normalize("NFC", _CONTROL.sub("", _TURNS.sub("", lines)))


def one_line(text: str, most: int) -> str:
    """The text on one line, at most so many characters of it."""
    return printable(clean(text))[:most]


def header(value: object) -> str:
    """A header as its reader sees it, with encoded words (RFC 2047) and bare 8-bit text decoded."""
    # the parser keeps bytes beyond ASCII as surrogates
    raw = str(value)[:HEADER].encode("utf-8", "surrogateescape")
    text = decoded(raw)
    try:
        pieces = decode_header(text)
    except (HeaderParseError, ValueError):
        return printable(text)
    return printable("".join(_piece(*piece) for piece in pieces))


def _piece(data: bytes | str, charset: str | None) -> str:
    if isinstance(data, str):
        return data
    # between encoded words the library gives text back as bytes of its own escape
    return decoded(data, charset) if charset else data.decode("raw-unicode-escape", "replace")


_LINES = frozenset(
    ("address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4",
     "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul")
)  # fmt: skip
_UNSEEN = ("script", "style", "title")
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_QUOTE_BEGINS = "\ufffc"  # stands where a page begins its quote; stripped from what is stored
_QUOTING = re.compile(r"(?i)<blockquote|gmail_quote|yahoo_quoted|divRplyFwdMsg|appendonsend")


def text_of_page(page: str) -> str:
    """The words of an HTML page; a line with a mark where it quotes, for `split_quote`."""
    pieces = _pieces(page[:BODY].replace(_QUOTE_BEGINS, ""))
    lines = (re.sub(" +", " ", line).strip() for line in "".join(pieces).split("\n"))
    return "\n".join(lines)


def _pieces(page: str) -> Iterator[str]:
    """Words, and ends of lines. Each look is for what comes next, once: the library's parser looks
    for the end of every tag that has none, which takes minutes over a page made of such.
    """
    small, at = page.lower(), 0
    while (begin := page.find("<", at)) >= 0:
        yield _words(page[at:begin])
        tag = _TAG.match(page, begin)
        if not tag and page[begin + 1 : begin + 2] not in ("!", "?", "/"):
            yield "<"
            at = begin + 1
            continue
        close = "-->" if page.startswith("<!--", begin) else ">"
        end = page.find(close, begin)
        if end < 0:
            return
        at = end + len(close)
        name = tag[1].lower() if tag else ""
        yield _line(name, page[begin:at])
        if name in _UNSEEN and page[begin + 1] != "/":
            at = small.find(f"</{name}", at)
            if at < 0:
                return
    yield _words(page[at:])


def _words(text: str) -> str:
    return re.sub(r"\s+", " ", clean(unescape(text)))


def _line(name: str, tag: str) -> str:
    """What stands for a tag: the end of a line, a blank between cells, the mark of a quote."""
    if not tag.startswith("</") and _QUOTING.search(tag):
        return f"\n{_QUOTE_BEGINS}\n"
    return "\n" if name in _LINES else " " if name in ("td", "th") else ""


# how programs introduce the mail that is answered; each must begin a line
_INTRODUCTIONS = re.compile(
    "(?:> ?)?(?:"
    + "|".join(
        (
            _QUOTE_BEGINS,
            r"-{2,} ?(?:Original Message|Original Appointment|Thư gốc|Tin nhắn gốc)\b.*",
            r"_{20,}",
            # Gmail, Apple, Thunderbird: "Vào Th 2, … đã viết:", "On … wrote:", over two lines too
            r"(?:On|Vào|Vào lúc|Ngày|Lúc)\b[^\n]{0,300}(?:\n[^\n]{0,200})?"
            r"(?:wrote|đã viết|viết|write):",
            # Outlook, Zimbra: a block of headers
            r"\*?(?:From|Từ|Người gửi)\*?: [^\n]{1,300}\n(?:[^\n]{0,300}\n)?"
            r"\*?(?:Sent|Date|To|Đã gửi|Ngày|Đến|Tới|Gửi)\b[^\n]{0,40}:",
        )
    )
    + ")",
    re.IGNORECASE,
)
_FORWARDED = re.compile(r"(?im)^(?:-+ ?(?:forwarded message|thư được chuyển tiếp)|begin forwarded)")


def split_quote(text: str) -> tuple[str, str]:
    """A person's own words, and the mail they quote below them.

    Words between quoted lines stay where they are, and so does a mail that is passed on: there the
    quote is what is said.
    """
    begin, end = _introduction(text)
    if begin == end:  # nothing introduces it: what is quoted with ">" down to the end
        begin = end = _last_words(text)
    own, rest = text[:begin], text[begin:]
    if not own.strip() or _FORWARDED.search(text, 0, end + 100) or _speaks_below(text[end:]):
        return _tidy(text), ""
    return _tidy(own), _tidy(rest)


def _introduction(text: str) -> tuple[int, int]:
    """Where the line begins and ends by which a program introduces a quote; the end, twice."""
    for begin in [0, *(at + 1 for at, char in enumerate(text) if char == "\n")]:
        if found := _INTRODUCTIONS.match(text, begin):
            return begin, found.end()
    return len(text), len(text)


def _last_words(text: str) -> int:
    """Where the last line ends that is not quoted."""
    end = len(text)
    for line in reversed(text.split("\n")):
        if line.strip() and not line.startswith(">"):
            return end
        end -= len(line) + 1
    return 0


def _speaks_below(rest: str) -> bool:
    """Whether somebody answers below or between lines quoted with ">"."""
    quoted = [line.lstrip().startswith(">") for line in rest.split("\n") if line.strip()]
    return any(quoted) and not all(quoted[quoted.index(True) :])


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text.replace(_QUOTE_BEGINS, "")).strip()
