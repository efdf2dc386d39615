"""Mails as programs show them: Outlook, which is Word; Gmail, which drops much; a telephone."""

import re
from dataclasses import dataclass, field
from email import message_from_bytes
from html.parser import HTMLParser
from typing import Any

import pytest

from models.settings import Settings
from tasks.mail_preview import preview, words_of
from tasks.mail_samples import SAMPLES
from tasks.mail_templates import mail_templates
from tests.tasks.office import at

VARIANTS = [(name, variant) for name, samples in SAMPLES.items() for variant in samples]
every = pytest.mark.parametrize(("name", "variant"), VARIANTS)

KNOWN_TAGS = {
    "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "th", "p", "ul",
    "li", "strong", "span", "br", "a",
}  # fmt: skip
VOID = {"meta", "br"}
# what Outlook's Word and Gmail both keep; `word-break` and `text-size-adjust` only help where known
KNOWN_PROPERTIES = {
    "margin", "padding", "background", "border", "border-left", "border-top", "border-bottom",
    "color", "font", "font-size", "line-height", "max-width", "mso-line-height-rule",
    "word-break", "-webkit-text-size-adjust", "display", "max-height", "overflow", "mso-hide",
    "mso-padding-alt", "text-decoration",
}  # fmt: skip
GMAIL_CLIPS = 102 * 1024
GHOST = '<!--[if mso]><table role="presentation" width="640"'


@dataclass
class Element:
    """An element with what it inherits of colours."""

    tag: str
    attributes: dict[str, str]
    style: dict[str, str]
    colour: str
    ground: str
    hidden: bool


@dataclass
class Page(HTMLParser):
    """A mail read as a mail program does: every element, every text with its colours."""

    dark: dict[str, dict[str, str]] = field(default_factory=dict)
    elements: list[Element] = field(default_factory=list)
    texts: list[tuple[str, Element]] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        style = properties(given.get("style", ""))
        for name in (
            sorted(given.get("class", "").split(), key=list(self.dark).index) if self.dark else ()
        ):
            style |= self.dark[name]
        above = self.open[-1] if self.open else Element("", {}, {}, "#000000", "#ffffff", False)
        colour = style.get("color", above.colour).replace("inherit", above.colour)
        found = Element(
            tag, given, style, colour, style.get("background", above.ground),
            above.hidden or tag in ("title", "style") or style.get("display") == "none",
        )  # fmt: skip
        self.elements.append(found)
        if tag not in VOID:
            self.open.append(found)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag  # every element is closed where it should be

    def handle_data(self, data: str) -> None:
        if data.strip() and not self.open[-1].hidden:
            self.texts.append((" ".join(data.split()), self.open[-1]))

    @property
    def words(self) -> str:
        return " ".join(text for text, _element in self.texts)


def properties(style: str) -> dict[str, str]:
    pairs = (part.split(":", 1) for part in style.split(";") if part.strip())
    return {name.strip(): value.strip() for name, value in pairs}


def page(html: str, *, dark: bool = False) -> Page:
    rules = re.findall(r"\.(\w)\{(.*?)\}", html) if dark else []
    found = Page({name: properties(style.replace("!important", "")) for name, style in rules})
    found.feed(html)
    found.close()
    assert found.open == []
    return found


def html_of(name: str, variant: str) -> str:
    return words_of(name, variant).html


def luminance(colour: str) -> float:
    """As WCAG 2 has it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@every
class TestHtml:
    def test_has_nothing_that_mail_programs_drop(self, name: str, variant: str) -> None:
        for element in page(html_of(name, variant)).elements:
            assert element.tag in KNOWN_TAGS
            assert element.style.keys() <= KNOWN_PROPERTIES, element
            # Outlook knows no inline-block, nor the padding in it: its cell has that for it alone
            assert element.style.get("display", "none") in ("none", "inline-block")
            assert not any(attribute.startswith("on") for attribute in element.attributes)

    def test_fetches_nothing_and_leads_to_our_pages_alone(self, name: str, variant: str) -> None:
        html = html_of(name, variant)
        assert not re.search(r"url\(|@import|src=|javascript:", html)
        ours = links(SAMPLES[name][variant])
        targets = {element.attributes.get("href") for element in page(html).elements} - {None}
        assert {t for t in targets if not re.fullmatch(r"tel:\+?\d{3,15}", str(t))} == ours
        assert html.count('href="https:') == html.count("https:")

    def test_has_buttons_that_outlook_shows_as_such(self, name: str, variant: str) -> None:
        """It gives a link no padding: the cell around it has the same, said to it alone."""
        html = html_of(name, variant)
        cells = re.findall(r"<td[^>]*mso-padding-alt:([^;]*);[^>]*><a [^>]*padding:([^;]*);", html)
        assert len(cells) == html.count("inline-block")
        assert all(outlook == others for outlook, others in cells)

    def test_is_as_wide_in_outlook_as_elsewhere(self, name: str, variant: str) -> None:
        """Outlook knows no max-width: a table that only it sees holds the card."""
        html = html_of(name, variant)
        bounded = re.findall(r"(\S.*)\n<table[^>]*max-width:640px", html)
        assert len(bounded) == html.count("max-width") == 1
        assert bounded[0].startswith(GHOST)
        assert html.count("<!--[if mso]>") == html.count("<![endif]-->") == 2

    def test_fits_a_telephone(self, name: str, variant: str) -> None:
        found = page(html_of(name, variant))
        for element in found.elements:
            width = element.attributes.get("width", "100%")
            assert width.endswith("%")
            assert "nowrap" not in element.attributes.get("style", "") + str(element.attributes)
        assert max(map(len, found.words.split())) <= 45  # in a bold 14 px, at 360 px
        names = {element.attributes.get("name") for element in found.elements}
        assert {"viewport", "format-detection", "color-scheme"} <= names

    def test_tells_a_screen_reader_what_is_layout(self, name: str, variant: str) -> None:
        html = html_of(name, variant)
        assert '<html lang="vi">' in html
        for table in re.findall(r"<table[^>]*>(?:(?!<table).)*", html, re.DOTALL):
            assert 'role="presentation"' in table or "<th" in table
            for attribute in ("cellpadding=", 'cellspacing="0"', 'border="0"'):
                assert attribute in table

    def test_is_read_without_its_style_sheet(self, name: str, variant: str) -> None:
        html = html_of(name, variant)
        sheet = re.findall(r"<style>\n(@media .*?)</style>", html, re.DOTALL)
        assert len(sheet) == html.count("<style") == 1  # and that is for dark rooms alone

    @pytest.mark.parametrize("dark", [False, True])
    def test_is_legible(self, name: str, variant: str, dark: bool) -> None:
        for text, element in page(html_of(name, variant), dark=dark).texts:
            assert contrast(element.colour, element.ground) >= 4.5, (text, element)

    def test_shows_the_main_point_in_the_list_of_mails(self, name: str, variant: str) -> None:
        first = re.search(r'<body[^>]*>\n<div style="display:none[^>]*>(.*?)</div>',
                          html_of(name, variant))  # fmt: skip
        assert first is not None
        assert 20 < len(" ".join(first[1].split())) < 220

    def test_is_titled_by_its_subject(self, name: str, variant: str) -> None:
        words = words_of(name, variant)
        assert f"<title>{words.subject}</title>" in words.html
        assert 20 < len(words.subject) < 130


FACT = re.compile(
    r"\d{2}/\d{2}/\d{4}|\d{2}:\d{2}|[\w-]+(?:/[\w-]+){2}(?:#\d+)?|\d+[/-][\w/-]+|\d{4} \d{3} \d{3}"
)  # dates, hours, codes, symbols, telephones


@every
class TestText:
    def test_carries_the_same_facts_as_the_html(self, name: str, variant: str) -> None:
        words = words_of(name, variant)
        text = words.text
        for link in links(SAMPLES[name][variant]):
            assert re.search(rf"^ *{re.escape(link)}$", text, re.MULTILINE)  # on its own line
            text = text.replace(link, "")
        facts = set(FACT.findall(text))
        shown = set(FACT.findall(page(words.html).words))
        assert facts
        assert facts <= shown <= facts | set(FACT.findall(words.subject))

    def test_carries_the_same_sentences_as_the_html(self, name: str, variant: str) -> None:
        words = words_of(name, variant)
        text = " ".join(words.text.split())
        for sentence in sentences(SAMPLES[name][variant]):
            assert sentence in text
            assert sentence in page(words.html).words

    def test_has_no_gaps(self, name: str, variant: str) -> None:
        text = words_of(name, variant).text
        assert "\n\n\n" not in text
        assert not re.search(r"[ \t]+\n|  \S+  ", text)
        assert not re.search(r" [,;.]|\(\)|“”|None|True|False", text)


def sentences(values: Any) -> list[str]:
    """The longer texts among a mail's values that each of its parts shows."""
    shown = {"to_name", "title", "asks", "reason", "subject", "faults", "words", "items", "late",
             "round", "unit", "telephone"}  # fmt: skip
    if isinstance(values, dict):
        return [s for name, value in values.items() if name in shown for s in sentences(value)]
    if isinstance(values, list):
        return [s for value in values for s in sentences(value)]
    return [values] if isinstance(values, str) and values else []


def links(values: Any) -> set[str]:
    """The links among a mail's values."""
    if isinstance(values, dict):
        own = {value for name, value in values.items() if name.endswith("_link")}
        return own.union(*map(links, values.values()))
    return set().union(*map(links, values)) if isinstance(values, list) else set()


@every
class TestMail:
    def test_is_small_and_of_lines_that_every_relay_takes(self, name: str, variant: str) -> None:
        raw = preview(name, variant, Settings(), at(2024, 3, 6))
        head = raw.partition(b"\r\n\r\n")[0]
        assert head.isascii()
        assert max(map(len, raw.split(b"\r\n"))) <= 78
        assert len(raw) < 16 * 1024
        attached = "round" in SAMPLES[name][variant]
        kinds = [part.get_content_type() for part in message_from_bytes(raw).walk()]
        assert ("text/calendar" in kinds) == attached


class TestLongLetter:
    def test_on_five_hundred_late_units_is_shown_whole(self) -> None:
        """Gmail cuts a mail off after 102 KB of HTML."""
        values = SAMPLES["reminder"]["late-units"]
        late = [
            values["late"][0] | {"unit": f"Ủy ban nhân dân xã số {n}", "code": f"a/b/{n}"}
            for n in range(500)
        ]
        words = mail_templates("reminder").render(**values | {"late": late})
        assert len(words.html.encode()) < GMAIL_CLIPS
        assert "500. Ủy ban nhân dân xã số 499" in words.html
