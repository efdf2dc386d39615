"""Words of units stay words: in mail, on pages, in summaries, whatever marks they hold."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlmodel import col, select, update

from models.calendar import vietnam
from models.database import Database
from models.directive_check import Checked
from models.mail import Message
from models.round import Obligation, Summary
from models.settings import Settings
from tasks import lookup, summarising
from tasks.composing import Composer
from tasks.pages import write_pages
from tasks.reminding import remind
from tasks.rendering import markdown_text
from tests.conftest import Databases
from tests.tasks.office import (
    OFFICE,
    SO_B,
    SO_C,
    a_round,
    a_unit,
    answer,
    at,
    in_force,
    issue,
    know,
    open_,
    report_file,
)
from tests.tasks.reading import parsed, part

pytestmark = [
    pytest.mark.xdist_group("escaping"),
    pytest.mark.any_database,
]  # its database is made once

EVIL = '<script>alert(1)</script> & "A" <b>B</b>'
NAME = f"Sở {EVIL}"
OVERSEER = f"Thanh tra {EVIL}"
MARKS = "| a | [x](http://y.example) ![i](j) *b* _c_ `d` # e\n\n<img src=x onerror=alert(1)>"


class Reader(HTMLParser):
    """Reads a page: which elements it has, and all of its words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.handlers: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.words += data


def read(html: str) -> Reader:
    found = Reader()
    found.feed(html)
    found.close()
    return found


def assert_only_words(html: str, *expected: str) -> None:
    """The page shows the words and made no element of them."""
    found = read(html)
    assert not found.tags.keys() & {"script", "img"}
    assert found.handlers == []
    for words in expected:
        assert " ".join(words.split()) in " ".join(found.words.split())


def live(db: Database) -> None:
    """A unit and an overseer with evil names; an answer, a decline and a mistake in evil words."""
    evil = a_unit("so-a", name=NAME, head=f"Giám đốc {EVIL}")
    with db.write() as session:
        know(session, OFFICE, a_unit("thanh-tra", name=OVERSEER), evil, SO_B, SO_C)
        round_ = a_round(overseer=OVERSEER, indicators=[i["code"] for i in ASKED])
        issue(session, report_file(indicators=ASKED, rounds=[round_]))
        open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
    said = {"narrative": MARKS, "values": {"kho-khan": MARKS}}
    answer(db, "kl-1/bao-cao/so-a", {"narrative": "x", "values": {EVIL: EVIL}}, at(2024, 5, 20))
    answer(db, "kl-1/bao-cao/so-b", said, at(2024, 5, 21))
    answer(db, "kl-1/bao-cao/so-c", {"reason": EVIL + MARKS}, at(2024, 5, 21), decline=True)
    with db.write() as session:
        remind(session, vietnam(), at(2024, 6, 6, 8, 30))
        summarising.summarise(session, lookup.round_(session, "kl-1", "bao-cao"), at(2024, 6, 10))


ASKED = [{"code": "kho-khan", "label": "Khó khăn", "kind": "text", "required": False}]


@pytest.fixture
def evil(databases: Databases) -> Database:
    return databases.shared(databases.template("evil", live, like=databases.migrated()))


@pytest.fixture
def summary(evil: Database) -> Summary:
    with evil.read() as session:
        return session.exec(select(Summary)).one()


class TestMails:
    def test_show_a_unit_s_name_as_it_is(self, evil: Database) -> None:
        with evil.write() as session:
            # as before the round closed, when its reminders were still to be sent
            session.exec(update(Obligation).values(ended_at=None, ending=None))
            messages = list(session.exec(select(Message).order_by(col(Message.id))))
            contents = Composer(session, Settings()).compose(messages)
            names = {m.id: m.to_name for m in messages}
            purposes = {m.purpose for m in messages}
        shown = 0
        for number, name in names.items():
            mail = parsed(contents[number or 0])
            assert_only_words(part(mail, "text/html"), name)
            shown += NAME in part(mail, "text/plain")
        assert purposes >= {"open", "refusal", "reminder", "escalation"}
        assert shown == 3  # the task, what to mend, and the letter to the overseer

    def test_show_what_a_wrong_answer_held(self, evil: Database) -> None:
        with evil.read() as session:
            (message,) = session.exec(select(Message).where(Message.purpose == "refusal"))
            mail = parsed(Composer(session, Settings()).compose([message])[message.id or 0])
        assert_only_words(part(mail, "text/html"), EVIL)


class TestSummaries:
    def test_as_html_show_words_as_words(self, summary: Summary) -> None:
        assert_only_words(summary.html, NAME, OVERSEER, EVIL + MARKS, MARKS)

    def test_as_markdown_make_no_markup_of_them(self, summary: Summary) -> None:
        """What is not escaped is what the template wrote itself."""
        bare = re.sub(r"\\.", "", summary.markdown)
        assert "<" not in bare
        assert "](" not in bare
        assert "`" not in bare
        assert bare.count("|") == 3 * 7  # the one table of the template
        for line in summary.markdown.splitlines():
            assert not line.startswith(("# e", "<", "![", "| a"))

    def test_as_markdown_keep_the_words(self, summary: Summary) -> None:
        for words in (NAME, OVERSEER, MARKS):
            assert markdown_text(words) in summary.markdown


class TestPages:
    @pytest.fixture
    def pages(self, evil: Database, tmp_path: Path, plan_53: Checked) -> dict[str, str]:
        """Every page of the life, by name."""
        checked = Checked(plan_53.document, report_file(), ())
        with in_force(evil, DONDOC_DATA=str(tmp_path)):
            write_pages(tmp_path, checked, at(2024, 6, 11), {"counts": Counter[str]()})
        found = tmp_path.rglob("*.html")
        return {page.relative_to(tmp_path).as_posix(): page.read_text("utf-8") for page in found}

    def test_show_words_as_words(self, pages: dict[str, str]) -> None:
        for html in pages.values():
            assert_only_words(html)
        for name in ("board.html", "phone.html", "mailbox.html", "summaries/bao-cao.html"):
            assert_only_words(pages[name], NAME)
        assert_only_words(pages["summaries/bao-cao.html"], OVERSEER, MARKS)


class TestMarkdownText:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("a\n\n# b", r"a \# b"),
            ("a | b", r"a \| b"),
            ("<b>", r"\<b\>"),
            ("*a* _b_ `c`", r"\*a\* \_b\_ \`c\`"),
            ("[a](b)", r"\[a\](b)"),
            ("\\*", r"\\\*"),
            ("  a  ", "a"),
        ],
    )
    def test_is_one_line_without_markup(self, text: str, expected: str) -> None:
        assert markdown_text(text) == expected
