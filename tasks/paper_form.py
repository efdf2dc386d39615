"""The form of a summary on paper: who issues it, its number, place and date, what it is about, who
gets it and in what capacity somebody signs. Plain data; no database.

What is not known stays blank for the clerk, as in a letter.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.vietnamese import collapse
from models.words import Regime
from tasks.word_form import BLANK, FORMS, listed, long_date

TITLE = "BÁO CÁO"
DAY_BLANK = "ngày … tháng … năm …"
# what `words` may say of the form; the rest of it are paragraphs, by the part they stand in
FORM_WORDS = (
    "issuer", "heading", "superior", "reports_to", "capacity", "signer", "place", "symbol",
    "regime", "subject", "addressed", "copies", "closing",
)  # fmt: skip
_PERIOD = re.compile(r"^(?:(?:\d+ tháng|tháng|quý|năm) )?(?=\D)")


@dataclass(frozen=True)
class PaperForm:
    """What stands around the text."""

    regime: Regime
    issuer: str
    superior: str
    body: str
    number: str
    place_and_date: str
    subject: str
    addressed: str
    closing: str
    copies: tuple[str, ...]
    capacity: tuple[str, ...]
    signer: str
    reference: str
    replaced: str  # the signed report that this one takes the place of; empty where there is none

    @property
    def end_mark(self) -> str:
        return FORMS[self.regime].end_mark


def form_of(
    figures: Mapping[str, Any], number: str, signed_on: date | None, words: Mapping[str, str]
) -> PaperForm:
    """The form of a summary, in the regime of who issues it."""
    directive, words = figures["directive"], _issuer_words(figures) | dict(words)
    regime = Regime(words.get("regime") or directive["regime"])
    issuer = words["issuer"]
    full = _number(number, regime, words.get("symbol", ""))
    day = long_date(signed_on) if signed_on else DAY_BLANK
    above = words.get("reports_to", "")
    subject = words.get("subject") or subject_of(figures)
    return PaperForm(
        regime=regime,
        issuer=issuer,
        superior=words.get("superior", "").upper(),
        body=(words.get("heading") or issuer).upper(),
        number=full,
        place_and_date=f"{words.get('place') or directive['province']}, {day}",
        subject=subject,
        addressed=words.get("addressed", above),
        closing=words.get("closing") or _closing(subject, issuer, above),
        copies=tuple(listed(_copies(figures, words, issuer, above, regime), FORMS[regime])),
        capacity=tuple(line.upper() for line in _lines(words.get("capacity", ""))),
        signer=words.get("signer", ""),
        reference=f"Kèm theo Báo cáo số {full[3:].strip(': ')} {day} của {issuer}",
        replaced=_replaced(figures, regime, words.get("symbol", "")),
    )


def _issuer_words(figures: Mapping[str, Any]) -> dict[str, str]:
    """What the figures know of who issues the paper (`tasks.paper_issuer`), else its name alone."""
    known = figures.get("issuer") or {}
    name = figures["round"].get("overseer") or figures["directive"]["issuer"]
    if not known:
        return {"issuer": name}
    plain = ("regime", "heading", "superior", "reports_to", "place", "symbol")
    return {
        "issuer": known["name"],
        "capacity": "\n".join(known["capacity"]),
        **{part: str(known[part]) for part in plain},
    }


def _number(number: str, regime: Regime, symbol: str) -> str:
    """ "Số: 05/BC-UBND" or "Số 05-BC/TU"; the clerk may give the number alone, or all of it."""
    tail = f"-BC/{symbol or '…'}" if regime is Regime.PARTY else f"/BC-{symbol or '…'}"
    given = collapse(number)
    if given.isdigit():
        given = given.zfill(2)
    whole = given if re.search(r"[/-]", given) else f"{given or BLANK}{tail}"
    return f"Số {whole}" if regime is Regime.PARTY else f"Số: {whole}"


def _replaced(figures: Mapping[str, Any], regime: Regime, symbol: str) -> str:
    before = figures.get("replaces")
    if not before:
        return ""
    number = _number(before["number"], regime, symbol)[3:].strip(": ")
    return f"Báo cáo số {number} ngày {before['signed']}"


def subject_of(figures: Mapping[str, Any]) -> str:
    """What the paper is about, from the round's title, the directive with its symbol."""
    title, directive = collapse(figures["round"]["title"]), figures["directive"]
    bare = title.removeprefix("Báo cáo ")
    if bare == title:
        bare = title if title.startswith("Kết quả") else f"kết quả {title[:1].lower()}{title[1:]}"
    else:
        bare = _PERIOD.sub("", bare)
    named = f"{directive['kind']} số {directive['symbol']}"
    if directive["symbol"] not in bare:
        first, kind, rest = bare.rpartition(directive["kind"])
        bare = f"{first}{named}{rest}" if kind else f"{bare}, thực hiện {named}"
    return bare[:1].upper() + bare[1:]


def as_words(subject: str) -> str:
    """A subject in the midst of a sentence: "báo cáo tình hình …"."""
    return f"báo cáo {subject[:1].lower()}{subject[1:]}"


def title_of(form: PaperForm) -> str:
    """The whole title on one line, for a file's properties and a window."""
    return f"Báo cáo {form.subject[:1].lower()}{form.subject[1:]}"


def _closing(subject: str, issuer: str, above: str) -> str:
    if above:
        return f"Trên đây là {as_words(subject)}; {issuer} kính báo cáo {above}"
    about = "việc " if subject.startswith(("Sơ kết", "Tổng kết")) else ""
    return f"Trên đây là báo cáo của {issuer} về {about}{subject[:1].lower()}{subject[1:]}"


def _copies(
    figures: Mapping[str, Any], words: Mapping[str, str], issuer: str, above: str, regime: Regime
) -> list[str]:
    """Who gets the paper: as the office says, or those whom everybody would name."""
    if words.get("copies"):
        return _lines(words["copies"])
    author = figures["directive"]["issuer"]
    found = ["Như trên"] if words.get("addressed", above) else []
    if author not in (issuer, above):
        found.append(f"{author} (để báo cáo)")
    found.append("Các cơ quan, đơn vị thực hiện")
    return [*found, "Lưu VT" if regime is Regime.PARTY else "Lưu: VT"]


def _lines(text: str) -> list[str]:
    return [found for line in text.splitlines() if (found := line.strip(" -;,."))]
