"""The page of a directive's mail: figures, what did not arrive by unit, what units wrote back."""

from datetime import datetime
from pathlib import Path

import pytest

from dondoc.environment import environment
from models import i18n
from models.database import Database
from models.mail import Stoppage
from models.vietnamese import show_instant
from models.words import MessageState
from tasks import lookup
from tasks.boards import board, round_lines
from tasks.mail_page import bar, by_address, mail_values
from tasks.pages import Site, phone_calls
from tasks.rendering import render
from tests.tasks.office import A_REPORT, answer, at, report_file
from tests.tasks.test_escaping import assert_only_words
from tests.tasks.test_post import OPENED, SEEN, A, end, found
from tests.tasks.test_replies import came


def page(db: Database) -> str:
    """The page as a browser gets it."""
    with db.read() as session, i18n.speaking("en"):
        owner = lookup.directive(session, "kl-1")
        return render(
            "pages/mail.html", lang="en", page="mail", root="", directive=owner, as_of=SEEN,
            own_colours={}, **mail_values(session, owner, SEEN),
        )  # fmt: skip


class TestBar:
    def test_shares_are_the_whole(self) -> None:
        parts = bar({"failed": 1, "sent": 2, "retry": 1})
        assert [(part.state, part.share) for part in parts] == [
            (MessageState.SENT, 50), (MessageState.RETRY, 25), (MessageState.FAILED, 25),
        ]  # fmt: skip

    @pytest.mark.parametrize("state", list(MessageState))
    def test_has_every_state(self, state: MessageState) -> None:
        assert [part.count for part in bar({state.value: 3})] == [3]


class TestPage:
    def test_says_whom_to_call_and_why(self, asking: Database) -> None:
        end(asking, MessageState.FAILED, "550 5.1.1 gone")
        html = page(asking)
        for words in ("0000 000 001", "there is no such mailbox", "550 5.1.1 gone", "so-a.example"):
            assert words in html

    def test_puts_what_is_over_apart(self, asking: Database) -> None:
        end(asking, MessageState.FAILED)
        assert "Their matter is over" not in page(asking)
        answer(asking, A, A_REPORT, at(2024, 5, 7))
        html = page(asking)
        assert html.index("No mail needs care.") < html.index("Their matter is over")

    def test_raises_the_alarm_where_the_relay_takes_nothing(self, asking: Database) -> None:
        assert 'role="alert"' not in page(asking)
        with asking.write() as session:
            session.add(Stoppage(relay="r:587", since=OPENED, until=SEEN, times=2, words="535 no"))
        with environment({"DONDOC_SMTP_HOST": "r"}):
            html = page(asking)
        assert "535 no" in html
        assert show_instant(OPENED) in html

    def test_shows_strangers_words_as_words(self, asking: Database) -> None:
        evil = "<script>alert(1)</script>\"'&"
        end(asking, MessageState.FAILED, f"554 {evil}")
        came(asking, subject=evil, text=evil, sender=evil, attachments=[{"name": evil}])
        assert_only_words(page(asking), evil)

    def test_has_the_mails_of_an_address_in_one_row(self, asking: Database) -> None:
        end(asking, MessageState.FAILED)
        (trouble,) = found(asking)
        (group,) = by_address([trouble, trouble])
        assert (group.last, len(group.mails)) == (trouble, 2)


class TestPhoneCalls:
    def calls(self, db: Database, out: Path, as_of: datetime = SEEN) -> list[str]:
        with db.read() as session:
            owner = lookup.directive(session, "kl-1")
            lines = board(session, owner, as_of)
            rounds = round_lines(session, owner, lines, as_of)
            site = Site(out, owner, report_file(), lines, rounds, as_of)
            with i18n.speaking("en"):
                found = phone_calls(session, site)
        return [item["why"] for call in found for item in call["items"]]

    def test_are_made_where_the_task_did_not_arrive(self, asking: Database, tmp_path: Path) -> None:
        end(asking, MessageState.FAILED)
        assert self.calls(asking, tmp_path) == ["Mail did not arrive: there is no such mailbox"]

    def test_are_one_a_task_though_it_is_overdue_too(
        self, asking: Database, tmp_path: Path
    ) -> None:
        end(asking, MessageState.FAILED)
        assert self.calls(asking, tmp_path, at(2024, 6, 5)) == [
            "Mail did not arrive: there is no such mailbox",
            "No answer in spite of the reminders.",
        ]

    def test_are_not_made_where_it_is_tried_again_or_was_answered(
        self, asking: Database, tmp_path: Path
    ) -> None:
        end(asking, MessageState.RETRY)
        assert self.calls(asking, tmp_path) == []
        end(asking, MessageState.FAILED, on=at(2024, 5, 7))
        answer(asking, A, A_REPORT, at(2024, 5, 7))
        assert self.calls(asking, tmp_path) == []
