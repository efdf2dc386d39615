"""Why a mail did not arrive: the codes of RFC 3463 and RFC 5321 in words."""

import pytest

from models import i18n
from models.delivery_status import reason


def said(words: str, status: str | None = None) -> str:
    with i18n.speaking("en"):
        return reason(words, status)


class TestReason:
    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("550 5.1.1 mailbox unavailable", "there is no such mailbox"),
            ("550 refused: 5.1.1.", "there is no such mailbox"),
            ("550 5.1.2 host unknown", "there is no such mail domain"),
            ("550 5.4.4 unable to route", "there is no such mail domain"),
            ("556 5.1.10 recipient address has null MX", "the address is refused"),
            ("550 5.1.6 gone", "the mailbox has moved and left no new address"),
            ("553 5.1.3 bad syntax", "the address is written wrongly"),
            ("553 5.1.8 sender", "the office's own address is refused; tell the operator"),
            ("550 5.2.1 disabled", "the mailbox is locked"),
            ("552 5.2.2 over quota", "the mailbox is full"),
            ("452 4.2.2 over quota", "the mailbox is full"),
            ("552 5.3.4 too big", "the mail is too large"),
            ("452 4.3.1 insufficient system storage", "the receiving server has no room left"),
            ("421 4.3.2 shutting down", "the receiving server is out of service for now"),
            ("451 4.4.1 no answer", "the receiving server does not answer"),
            ("554 5.4.6 loop", "the mail went round in circles between servers"),
            ("450 4.7.1 greylisted", "the receiving server asks to send again later"),
            ("550 5.7.1 spam", "the receiving server refuses it by its policy"),
            ("550 5.7.26 DMARC", "the receiving server refuses it by its policy"),
            ("535 5.7.8 credentials", "the office's login is refused; tell the operator"),
        ],
    )  # fmt: skip
    def test_follows_the_enhanced_status(self, words: str, expected: str) -> None:
        assert said(words) == expected

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("421 closing", "the receiving server is out of service for now"),
            ("450 mailbox busy", "the receiving server asks to send again later"),
            ("451-try\nagain", "the receiving server asks to send again later"),
            ("550", "the address is refused"),
            ("552 exceeded", "the mailbox is full or the mail too large"),
            ("smtp; 553 no", "the address is written wrongly"),
        ],
    )
    def test_follows_the_reply_code_where_there_is_no_other(
        self, words: str, expected: str
    ) -> None:
        assert said(words) == expected

    @pytest.mark.parametrize("words", ["550 5.0.0 no", "550 5.9.9 no"])
    def test_follows_the_reply_code_where_the_status_says_nothing(self, words: str) -> None:
        assert said(words) == "the address is refused"

    def test_of_a_returned_mail_is_that_of_its_report(self) -> None:
        assert said("550 refused", "5.2.2") == "the mailbox is full"

    @pytest.mark.parametrize(
        "words",
        ["", "250 2.0.0 queued", "connection reset", "host 10.5.1.1 is away", "554 no",
         "room 550", "5.1.1.1", "smtp 4.7.1000"],
    )  # fmt: skip
    def test_is_empty_where_no_code_is_known(self, words: str) -> None:
        assert said(words) == ""
