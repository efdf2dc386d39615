"""What every mail says, word by word: `make golden` records anew what was meant to change."""

import os
from pathlib import Path

import pytest

from tasks.mail_preview import words_of
from tasks.mail_samples import SAMPLES

pytestmark = pytest.mark.any_database

GOLDEN = Path(__file__).parents[1] / "golden/email"
RECORD = "DONDOC_RECORD_GOLDEN" in os.environ
VARIANTS = [(name, variant) for name, samples in SAMPLES.items() for variant in samples]
# as pages one that shows all of a mail; what else varies is words, and stands in the text
PAGES = {
    "approval": "usual",
    "decision": "extension-refused",
    "dissemination": "usual",
    "execution": "usual",
    "planning": "usual",
    "receipt": "late",
    "refusal": "before-due",
    "reminder": "to-head",
    "reporting": "usual",
    "return": "moved",
    "unread": "usual",
}


def compare(name: str, text: str) -> None:
    file = GOLDEN / name
    if RECORD:
        GOLDEN.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")


def lines(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.strip().splitlines())


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_subject_and_text_are_as_recorded(name: str, variant: str) -> None:
    words = words_of(name, variant)
    compare(f"{name}-{variant}.txt", f"Subject: {words.subject}\n\n{lines(words.text)}")


@pytest.mark.parametrize("name", SAMPLES)
def test_html_is_as_recorded(name: str) -> None:
    compare(f"{name}-{PAGES[name]}.html", lines(words_of(name, PAGES[name]).html))


def test_nothing_else_is_recorded() -> None:
    expected = {f"{name}-{variant}.txt" for name, variant in VARIANTS}
    expected |= {f"{name}-{variant}.html" for name, variant in PAGES.items()}
    found = {file.name for file in GOLDEN.iterdir()}
    for name in found - expected if RECORD else ():
        (GOLDEN / name).unlink()
    assert expected == {file.name for file in GOLDEN.iterdir()}
