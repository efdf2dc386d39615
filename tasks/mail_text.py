"""What a person reads in a mail of any program: headers decoded, HTML as text, their words first.

Everything here takes whatever stands in a mail and raises nothing: what cannot be decoded is shown
with marks in its place. What comes out is fit to be stored: no NUL, which Postgres refuses, no half
of a character, nothing that makes a name read backwards.
"""

import codecs
import re
import unicodedata
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header
from html.parser import HTMLParser

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


class _Page(HTMLParser):
    """Collects the text of a page, with a line for what stands on a line of its own."""

    LINES = frozenset(
        ("address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4",
         "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul")
    )  # fmt: skip
    UNSEEN = frozenset(("head", "script", "style", "title"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.unseen = ""  # the tag whose end is waited for

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":  # whatever was left open before it
            self.unseen = ""
        elif not self.unseen and tag in self.UNSEEN:
            self.unseen = tag
        self._line(tag)
        marks = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        if tag == "blockquote" or _QUOTING.search(marks):
            self.pieces.append(f"\n{_QUOTE_BEGINS}\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in (self.unseen, "body"):
            self.unseen = ""
        self._line(tag)

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.pieces.append(re.sub(r"\s+", " ", data))

    def _line(self, tag: str) -> None:
        if tag in self.LINES:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append(" ")


_QUOTE_BEGINS = "\ufffc"  # stands where a page begins its quote; stripped from what is stored
_QUOTING = re.compile(r"gmail_quote|yahoo_quoted|divRplyFwdMsg|appendonsend|moz-cite-prefix")


def text_of_page(page: str) -> str:
    """The words of an HTML page; a line with a mark where it quotes, for `split_quote`."""
    reader = _Page()
    with suppress(AssertionError):  # the library's, of a declaration it does not know
        reader.feed(page[:BODY].replace(_QUOTE_BEGINS, ""))
        reader.close()
    lines = (re.sub(" +", " ", line).strip() for line in "".join(reader.pieces).split("\n"))
    return "\n".join(lines)


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
