"""The fault matrix: what each fault of a relay does to the mail it meets and to those beside it.

Every case is sent from the outbox, with and without PIPELINING, and then once more when the relay
is well: nothing is lost, and nothing that was taken with a known answer is sent twice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models.database import Database
from models.errors import ServiceError
from models.settings import settings
from models.words import MessageState
from tasks.delivery import Relay
from tasks.sending import send_batch
from tests.tasks.office import in_force
from tests.tasks.post import NOW, everything, queue_to, stoppages
from tests.tasks.scripted_relay import (
    DROPS,
    HOST,
    SILENT,
    Answer,
    Rule,
    Say,
    Script,
    ScriptedRelay,
    Talk,
    always,
)

pytestmark = pytest.mark.xdist_group("delivery")

QUEUED, SENT, RETRY = MessageState.QUEUED, MessageState.SENT, MessageState.RETRY
FAILED, UNKNOWN = MessageState.FAILED, MessageState.UNKNOWN
BAD = "vanthu@bad.example"
GOOD = [f"vanthu@so-{number}.example" for number in range(1, 7)]
EVERYBODY = [*GOOD[:2], BAD, *GOOD[2:]]
PATIENCE = 0.3  # seconds the relay may take where it is late, so that nobody waits
LATE = Say("250 2.0.0 queued", after=2 * PATIENCE)
DRIPS = Say("250 2.0.0 queued", pieces=1, pause=PATIENCE / 5)
HOUR = timedelta(hours=1)
OFFERS = {
    "pipelined": ("PIPELINING", "8BITMIME", "SIZE 10240000", "SMTPUTF8"),
    "in turn": (),  # neither PIPELINING nor 8BITMIME nor SMTPUTF8
}


def to_bad(answer: Answer) -> Rule:
    """Answers so where the mail to BAD is spoken of."""
    return lambda said, _talk: answer if said == BAD else None


def at_first(step: str, answer: Answer, times: int = 3) -> Rule:
    """Answers so once: at the third time that the first connection comes to the step."""

    def rule(_said: str, talk: Talk) -> Answer:
        return answer if talk.number == 0 and talk.steps[step] == times else None

    return rule


def on_first(answer: Answer) -> Rule:
    """Answers so on the first connection only."""
    return lambda _said, talk: answer if talk.number == 0 else None


def after_one(answer: Answer) -> Rule:
    """Answers so on each connection that has carried a mail."""
    return lambda _said, talk: answer if talk.taken else None


@dataclass(frozen=True)
class Case:
    """A fault, and what it makes of the mail to BAD and of the others."""

    name: str
    script: dict[str, Any]
    bad: MessageState = SENT
    others: MessageState = SENT
    stops: bool = False  # everything, for a while
    words: str = ""  # that the secretariat sees at the mail, or the operator at the stoppage
    copies: int = 1  # of BAD in the end
    late: bool = False  # the relay is waited for
    costs: int = 0  # mails that count a try, and wait, though it was not theirs

    def __str__(self) -> str:
        return self.name


def nobody_is_taken(name: str, words: str = "", costs: int = 0, **script: Rule) -> Case:
    """The relay takes nothing from us: no mail has counted a try."""
    late = bool({SILENCE, DRIPPING} & set(script.values()))
    return Case(name, script, QUEUED, QUEUED, stops=True, words=words, costs=costs, late=late)


def waits(name: str, words: str = "", **script: Rule) -> Case:
    return Case(name, script, RETRY, words=words, late="no answer" in words)


def fails(name: str, words: str = "", **script: Rule) -> Case:
    return Case(name, script, FAILED, words=words, copies=0)


def all_is_well(name: str, late: bool = False, **script: Any) -> Case:
    return Case(name, script, late=late)


def is_open(name: str, words: str = "", copies: int = 2, **script: Rule) -> Case:
    """Whether the mail was taken is not known: it is sent again as the same."""
    return Case(name, script, UNKNOWN, words=words, copies=copies, late="no answer" in words)


SILENCE = always(SILENT)
DRIPPING = always(Say("220-x\r\n" * 99, pieces=1, pause=PATIENCE / 5))
GREETING = [
    nobody_is_taken("greeting 554", "554 no SMTP service", greeting=always("554 no SMTP service")),
    nobody_is_taken("greeting 421", "421 too busy", greeting=always("421 too busy")),
    nobody_is_taken("greeting of another protocol", greeting=always("HTTP/1.1 400 Bad Request")),
    nobody_is_taken("greeting that drips", greeting=DRIPPING),
    nobody_is_taken("no greeting", greeting=SILENCE),
    nobody_is_taken("dropped before the greeting", greeting=always(DROPS)),
    nobody_is_taken("dropped at EHLO", ehlo=always(DROPS)),
    nobody_is_taken("EHLO and HELO refused", "550 5.7.1 not you", ehlo=always("550 5.7.1 not you")),
    nobody_is_taken("EHLO without end", ehlo=always("250-X" * 100_000)),
    all_is_well(
        "EHLO unknown, HELO is not",
        ehlo=lambda verb, _talk: "502 5.5.1 what?" if verb == "EHLO" else None,
    ),
]  # fmt: skip
# A relay that hangs up on whatever is first is told from a mail that it hangs up on by the third
# connection, when that mail has counted a try.
SENDER = [
    nobody_is_taken(f"sender {answer[:3]}", answer, mail=always(answer))
    for answer in (
        "450 4.1.8 domain not found", "451 4.3.0 try later",
        "452 4.3.1 disk full", "550 5.7.1 you are not welcome", "552 5.3.4 too big",
        "553 5.7.1 sender is owned by another", "554 5.7.1 listed", "501 5.1.7 bad sender",
        "530 5.7.0 must issue STARTTLS first", "503 5.5.1 nested",
    )
] + [
    nobody_is_taken("sender refused at the recipient", "550 5.1.8", rcpt=always("550 5.1.8 no")),
    nobody_is_taken("login asked for at the recipient", "530", rcpt=always("530 5.7.1 log in")),
    nobody_is_taken("sender 421", "421 4.3.2 shut", costs=1, mail=always("421 4.3.2 shut down")),
    nobody_is_taken("dropped at MAIL each time", "ngắt kết nối", costs=1, mail=always(DROPS)),
    nobody_is_taken("silent at MAIL", "no answer within", costs=1, mail=SILENCE),
    nobody_is_taken("garbage at MAIL", "not a reply", costs=1, mail=always("OK")),
    nobody_is_taken("relaying denied to all", "554 5.7.1", rcpt=always("554 5.7.1 Relay denied")),
    all_is_well("dropped at MAIL once", mail=at_first("mail", DROPS)),
    all_is_well("silent at MAIL once", late=True, mail=at_first("mail", SILENT)),
    all_is_well("421 at the second mail of each connection",
                mail=after_one(Say("421 4.7.0 enough", then_hangs_up=True))),
]  # fmt: skip
RECIPIENT = [
    *(waits(f"recipient {answer[:9]}", answer, rcpt=to_bad(answer)) for answer in (
        "421 4.2.1 too fast", "450 4.2.1 busy", "451 4.7.1 greylisted", "452 4.2.2 full",
        "452 too many", "421 4.7.0 closing",
    )),
    *(fails(f"recipient {answer[:9]}", answer, rcpt=to_bad(answer)) for answer in (
        "550 5.1.1 no such mailbox", "551 5.1.6 moved", "552 5.2.2 full", "553 5.1.3 bad address",
        "554 5.7.1 refused", "550 5.7.1 not to them", "550 gone", "501 5.1.3 syntax",
    )),
    fails("recipient 550 in three lines", "550 5.1.1 no such",
          rcpt=to_bad("550-5.1.1 no such\r\n550-5.1.1\r\n550 5.1.1 mailbox here")),
    fails("recipient 550 and DATA taken for nobody", "550", takes_data_for_nobody=True,
          rcpt=to_bad("550 5.1.1 no such mailbox")),
    Case("greylisting of all", {"rcpt": always("451 4.7.1 greylisted")}, RETRY, RETRY),
    Case("all mailboxes are gone", {"rcpt": always("550 5.1.1 gone")}, FAILED, FAILED, copies=0),
    all_is_well("recipient 251 and 252",
                rcpt=lambda said, _talk: "251 forwards" if said == BAD else "252 will try"),
    waits("dropped at the recipient", rcpt=to_bad(DROPS)),
    waits("silent at the recipient", "no answer within", rcpt=to_bad(SILENT)),
    waits("garbage at the recipient", "not a reply", rcpt=to_bad("\0\1\2")),
    waits("reply without end at the recipient", "no end", rcpt=to_bad("250-x\r\n" * 50_000)),
    waits("line without end at the recipient", "no end", rcpt=to_bad("2" * 500_000)),
    waits("reply of two digits", "not a reply", rcpt=to_bad("25")),
    all_is_well("dropped at the recipient once", rcpt=at_first("rcpt", DROPS)),
    fails("recipient 550 and hangs up", "550 5.1.1 gone",
          rcpt=to_bad(Say("550 5.1.1 gone", then_hangs_up=True))),
]  # fmt: skip
DATA = [
    *(waits(f"DATA {answer[:3]}", answer, data=to_bad(answer)) for answer in (
        "421 4.3.2 closing", "451 4.3.0 later", "452 4.3.1 disk full",
    )),
    fails("DATA 554", "554 5.6.0", data=to_bad("554 5.6.0 not this")),
    waits("DATA answered by 250", data=to_bad("250 ok")),
    waits("dropped at DATA", data=to_bad(DROPS)),
    all_is_well("dropped at DATA once", data=at_first("data", DROPS)),
]  # fmt: skip
CONTENT = [
    *(waits(f"content {answer[:3]}", answer, content=to_bad(answer)) for answer in (
        "421 4.3.0 lost it", "450 4.2.0 busy", "451 4.3.0 later", "452 4.3.1 disk full",
        "354 more",
    )),
    *(fails(f"content {answer[:9]}", answer, content=to_bad(answer)) for answer in (
        "550 5.7.1 spam", "552 5.3.4 too big", "554 5.6.0 no",
    )),
    is_open("late 250", "no answer within", content=to_bad(LATE)),
    is_open("250 that drips", "no answer within", content=to_bad(DRIPS)),
    is_open("dropped after the content, which it kept", "closed by the relay",
            content=to_bad(Say("", then_hangs_up=True, takes=True))),
    is_open("dropped after the content, which it lost", "closed by the relay", copies=1,
            content=to_bad(DROPS)),
    is_open("dropped within the content", copies=1, reading=to_bad(DROPS)),
    is_open("garbage after the content", "not a reply",
            content=to_bad(Say("Mail accepted", takes=True))),
    is_open("a line without end after the content", "no end",
            content=to_bad(Say("2" * 500_000, takes=True))),
    all_is_well("250 in packets of a byte", content=always(Say("250 2.0.0 ok", pieces=1))),
    all_is_well("250 in three lines", content=always("250-2.0.0 a\r\n250-2.0.0 b\r\n250 2.0.0 c")),
    all_is_well("250 and hangs up", content=always(Say("250 2.0.0 ok", then_hangs_up=True))),
    Case("login refused after the content", {"content": to_bad("535 5.7.8 expired")},
         RETRY, others=QUEUED, stops=True, words="535 5.7.8"),
]  # fmt: skip
MATRIX = [*GREETING, *SENDER, *RECIPIENT, *DATA, *CONTENT]


async def send(case: Case, as_of: datetime) -> str:
    """Sends a batch over one connection; why nothing is taken, if so."""
    patience = PATIENCE if case.late else 30
    sender = Relay(settings().model_copy(update={"smtp_timeout": patience}))
    try:
        await send_batch(sender, as_of)
    except ServiceError as error:
        return str(error)
    finally:
        await sender.close()
    return ""


@pytest.fixture(params=OFFERS)
def offers(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return OFFERS[request.param]


async def run(case: Case, db: Database, offers: tuple[str, ...], folder: Path) -> None:
    relay = ScriptedRelay(Script(offers=offers, **case.script))
    queue_to(db, *EVERYBODY)
    async with relay.listening() as port:
        variables = {"DONDOC_SMTP_HOST": HOST, "DONDOC_SMTP_PORT": str(port)}
        variables |= {"DONDOC_DATA": str(folder), "DONDOC_SMTP_CONNECTIONS": "1"}
        with in_force(db, **variables):
            check_states(case, db, why=await send(case, NOW))
            relay.script = Script(offers=offers)
            for hour in (1, 2, 3):
                assert await send(case, NOW + hour * HOUR) == ""
    check_nothing_is_lost(case, db, relay)
    assert list((folder / "sending").glob("*")) == []


def check_states(case: Case, db: Database, why: str) -> None:
    """What the first sending left in the database."""
    found = everything(db)
    bad = found[BAD]
    others = [mail for mail in found.values() if mail is not bad]
    assert bad.state == case.bad, bad.outcome
    assert bool(why) == bool(stoppages(db)) == case.stops
    if case.stops:
        assert {mail.state for mail in others} <= {SENT, case.others, RETRY}
        assert sum(mail.state is RETRY for mail in others) == case.costs
    else:
        assert {mail.state for mail in others} == {case.others}
    for mail in found.values():
        assert mail.attempts == (0 if mail.state is QUEUED else 1)
    assert case.words in (why if case.stops else bad.outcome or "")


def check_nothing_is_lost(case: Case, db: Database, relay: ScriptedRelay) -> None:
    found = everything(db)
    kept = {key for key, mail in found.items() if mail.state is SENT}
    assert {mail.state for mail in found.values()} <= {SENT, FAILED}
    assert all(mail.outcome for mail in found.values())
    assert (BAD in kept) == (case.bad is not FAILED)
    assert relay.breaches == []
    assert stoppages(db) == []
    copies = relay.copies()
    assert {found[key].reference for key in kept} == copies.keys()
    assert {key: copies[found[key].reference] for key in kept if key != BAD} == {
        key: 1 for key in kept if key != BAD
    }
    assert copies[found[BAD].reference] == case.copies
    assert {taken.recipients for taken in relay.taken} == {(key,) for key in kept}
    assert len({taken.content for taken in relay.taken}) == len(copies)  # a copy is the same


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
class TestOnSqlite:
    @pytest.mark.parametrize("case", MATRIX, ids=str)
    async def test_ends_in_the_right_state(
        self, case: Case, offers: tuple[str, ...], post: Database, tmp_path: Path
    ) -> None:
        await run(case, post, offers, tmp_path)


@pytest.mark.parametrize("databases", ["postgres"], indirect=True)
class TestOnPostgres:
    @pytest.mark.parametrize(
        "case", [SENDER[0], RECIPIENT[0], RECIPIENT[6], CONTENT[8], CONTENT[-1]], ids=str
    )
    async def test_ends_in_the_right_state(
        self, case: Case, post: Database, tmp_path: Path
    ) -> None:
        await run(case, post, OFFERS["pipelined"], tmp_path)


def test_has_the_size_it_should() -> None:
    assert len(MATRIX) >= 60
    assert len({case.name for case in MATRIX}) == len(MATRIX)
