"""What a relay's reply means: for the one mail, or for all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.relay_replies import Fate, Reply, Step, fate

GO_ON, TAKEN, RETRY, FAILED = Fate.GO_ON, Fate.SENT, Fate.RETRY, Fate.FAILED
STOP, CLOSING = Fate.STOP, Fate.CLOSING

# reply: what it means after MAIL, RCPT, DATA and the content
TABLE: dict[str, tuple[Fate, Fate, Fate, Fate]] = {
    "250 2.0.0 Ok":                      (GO_ON, GO_ON, RETRY, TAKEN),
    "250 Ok":                            (GO_ON, GO_ON, RETRY, TAKEN),
    "250 2.1.7 Ok":                      (GO_ON, GO_ON, RETRY, TAKEN),
    "251 will forward":                  (GO_ON, GO_ON, RETRY, TAKEN),
    "252 cannot verify":                 (GO_ON, GO_ON, RETRY, TAKEN),
    "354 go ahead":                      (STOP, RETRY, GO_ON, RETRY),
    "421 4.3.2 shutting down":           (CLOSING, CLOSING, CLOSING, CLOSING),
    "450 4.2.1 busy":                    (STOP, RETRY, RETRY, RETRY),
    "451 4.7.1 greylisted":              (STOP, RETRY, RETRY, RETRY),
    "452 4.2.2 full":                    (STOP, RETRY, RETRY, RETRY),
    "452 4.3.1 no space":                (STOP, RETRY, RETRY, RETRY),
    "454 4.7.0 TLS is not available":    (STOP, RETRY, RETRY, RETRY),
    "500 5.5.2 what?":                   (STOP, FAILED, FAILED, FAILED),
    "501 5.1.3 not an address":          (STOP, FAILED, FAILED, FAILED),
    "503 5.5.1 out of sequence":         (STOP, FAILED, FAILED, FAILED),
    "550 5.1.1 no such mailbox":         (STOP, FAILED, FAILED, FAILED),
    "550 5.7.1 refused":                 (STOP, FAILED, FAILED, FAILED),
    "551 5.1.6 moved":                   (STOP, FAILED, FAILED, FAILED),
    "552 5.2.2 full":                    (STOP, FAILED, FAILED, FAILED),
    "553 5.1.3 no mailbox of this name": (STOP, FAILED, FAILED, FAILED),
    "554 5.7.1 spam":                    (STOP, FAILED, FAILED, FAILED),
    # of us, at whatever step they come
    "530 5.7.0 must issue STARTTLS":     (STOP, STOP, STOP, STOP),
    "530 log in first":                  (STOP, STOP, STOP, STOP),
    "534 5.7.9 too weak":                (STOP, STOP, STOP, STOP),
    "535 5.7.8 refused":                 (STOP, STOP, STOP, STOP),
    "538 5.7.11 encrypt":                (STOP, STOP, STOP, STOP),
    "450 4.1.8 sender's domain unknown": (STOP, STOP, STOP, STOP),
    "550 5.1.7 bad sender":              (STOP, STOP, STOP, STOP),
    "554 5.7.27 sender takes no mail":   (STOP, STOP, STOP, STOP),
    # no digits that mean anything
    "199 what":                          (STOP, RETRY, RETRY, RETRY),
    "999 what":                          (STOP, RETRY, RETRY, RETRY),
}  # fmt: skip
REPLIES = st.builds(Reply, st.integers(0, 999), st.text(max_size=40))


def reply(line: str) -> Reply:
    code, _blank, words = line.partition(" ")
    return Reply(int(code), words)


class TestFates:
    @pytest.mark.parametrize("line", TABLE)
    def test_follow_from_code_status_and_step(self, line: str) -> None:
        assert tuple(fate(step, reply(line)) for step in Step) == TABLE[line]

    @given(found=REPLIES, step=st.sampled_from(Step))
    def test_only_a_2xx_after_the_content_is_a_mail_taken(self, found: Reply, step: Step) -> None:
        taken = fate(step, found) is Fate.SENT
        assert taken == (step is Step.CONTENT and 200 <= found.code < 300)

    @given(found=REPLIES, step=st.sampled_from(Step))
    def test_only_a_5xx_is_final(self, found: Reply, step: Step) -> None:
        assert fate(step, found) is not Fate.FAILED or 500 <= found.code < 600

    @given(found=REPLIES)
    def test_of_the_sender_never_cost_a_mail_anything(self, found: Reply) -> None:
        assert fate(Step.SENDER, found) in (Fate.GO_ON, Fate.STOP, Fate.CLOSING)

    @given(found=REPLIES, step=st.sampled_from(Step))
    def test_go_on_only_where_the_relay_says_so(self, found: Reply, step: Step) -> None:
        wanted = {Step.SENDER: 2, Step.RECIPIENT: 2, Step.DATA: 3}
        if fate(step, found) is Fate.GO_ON:
            assert found.code // 100 == wanted[step]


class TestReplies:
    @pytest.mark.parametrize(
        ("words", "status"),
        [
            ("5.1.1 no such mailbox", "5.1.1"),
            (" 4.7.112 wait", "4.7.112"),
            ("5.1.1", "5.1.1"),
            ("no such mailbox", ""),
            ("mailbox 5.1.1", ""),
            ("3.1.1 no class of RFC 3463", ""),
            ("5.1.1234 too long", ""),
            ("5.1 too short", ""),
            ("", ""),
        ],
    )
    def test_have_the_enhanced_status_they_begin_with(self, words: str, status: str) -> None:
        assert Reply(550, words).status == status

    @pytest.mark.parametrize(
        ("words", "policy"),
        [("5.7.1 refused", True), ("4.7.0 later", True), ("5.1.1 none", False), ("spam", False),
         ("5.70.1 no", False)],
    )  # fmt: skip
    def test_tell_policy_from_the_rest(self, words: str, policy: bool) -> None:
        assert Reply(550, words).is_policy is policy

    def test_are_shown_as_they_came(self) -> None:
        assert str(Reply(550, "5.1.1 gone")) == "550 5.1.1 gone"
        assert str(Reply(550, "")) == "550"
