"""Mails a minute: no minute passes its limit, whoever sends, and no mail waits for ever."""

from collections import Counter
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlmodel import delete

from models.database import Database
from models.mail import Allowance, Message
from models.settings import Settings
from models.words import MessageState
from tasks import allowances, outbox, sending, steps
from tasks.outbox import Outcome
from tests.tasks.office import in_force
from tests.tasks.post import NOW, everything, queue_to
from tests.tasks.scripted_relay import HOST, ScriptedRelay

MINUTE = timedelta(minutes=1)
SENT = MessageState.SENT
DOMAINS = ("gmail.example", "tinh.example", "xa.example")
LIMITS = st.fixed_dictionaries({name: st.integers(1, 30) for name in (*DOMAINS, "*", "relay")})
# a sender comes after so many seconds; its clock was read so long before it had the lock
COMING = st.lists(st.tuples(st.floats(0, 15), st.floats(0, 4)), min_size=5, max_size=40)


def limited(db: Database, relay: int, to: str = "{}") -> AbstractContextManager[None]:
    return in_force(db, DONDOC_MAIL_PER_MINUTE=str(relay), DONDOC_MAIL_PER_MINUTE_TO=to)


def empty(db: Database) -> None:
    with db.write() as session:
        session.execute(delete(Message))
        session.execute(delete(Allowance))


def leave(db: Database, as_of: datetime) -> tuple[list[str], datetime | None]:
    """The addresses of a batch that leaves and arrives; when more may go."""
    with db.write() as session:
        claimed, sent = sending.claim(session, as_of)
        outcomes = [Outcome(mail.id, mail.attempts, SENT, "250") for mail in claimed]
        outbox.record(session, outcomes, as_of)
    return [mail.to_email for mail in claimed], sent.again_at


def busiest_minute(moments: list[datetime]) -> int:
    """The most of them within any 60 seconds, ends included."""
    return max(
        (sum(begin <= moment <= begin + MINUTE for moment in moments) for begin in moments),
        default=0,
    )


class TestNoMinutePassesItsLimit:
    @given(limits=LIMITS, coming=COMING, many=st.integers(1, 150))
    @example(
        limits=dict.fromkeys((*DOMAINS, "*", "relay"), 6), coming=[(2, 0), (0, 4)] * 30, many=90
    )
    @settings(
        deadline=None,
        max_examples=15,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test_over_senders_whose_clocks_differ(
        self,
        post: Database,
        limits: dict[str, int],
        coming: list[tuple[float, float]],
        many: int,
    ) -> None:
        empty(post)
        queue_to(post, *(f"u{n}@{DOMAINS[n % 3]}" for n in range(many)), as_of=NOW - MINUTE)
        by_domain = {name: limits[name] for name in (*DOMAINS[:2], "*")}
        found = Settings(mail_per_minute=limits["relay"], mail_per_minute_to=by_domain)
        left: list[tuple[datetime, str]] = []
        moment = NOW
        with post.write() as session:
            for pause, behind in coming:
                moment += timedelta(seconds=pause)
                clock = moment - timedelta(seconds=behind)
                due = outbox.oldest(session, 5, clock)
                going = allowances.take(session, due, found, clock)
                outbox.lease(session, [mail.id for mail in going], clock + 999 * MINUTE)
                left += [(moment, mail.to_email.partition("@")[2]) for mail in going]
        assert busiest_minute([when for when, _domain in left]) <= limits["relay"]
        for name in DOMAINS:
            moments = [when for when, domain in left if domain == name]
            assert busiest_minute(moments) <= by_domain.get(name, by_domain["*"])


class TestMailsPutOff:
    @pytest.mark.parametrize("relay", [1, 2, 6, 30])
    def test_all_leave_in_the_time_the_limit_needs(self, post: Database, relay: int) -> None:
        addresses = [f"u{n:03}@xa.example" for n in range(relay * 5)]
        queue_to(post, *addresses)
        moment, order = NOW, []
        with limited(post, relay):
            while len(order) < len(addresses):
                found, again = leave(post, moment)
                order += found
                last, moment = moment, again or moment
        assert order == addresses  # in the order they were queued
        assert last - NOW <= 11 * MINUTE

    def test_do_not_hold_up_another_domain(self, post: Database) -> None:
        slow = [f"u{n}@gmail.example" for n in range(40)]
        quick = [f"u{n}@xa.example" for n in range(40)]
        queue_to(post, *slow, *quick)
        with limited(post, 0, '{"gmail.example": 6}'):
            found, again = leave(post, NOW)
        assert Counter(a.partition("@")[2] for a in found) == {"gmail.example": 1, "xa.example": 40}
        assert again and NOW < again <= NOW + MINUTE / 3

    def test_count_no_try(self, post: Database) -> None:
        queue_to(post, "a@xa.example", "b@xa.example")
        with limited(post, 1):
            leave(post, NOW)
        first, second = everything(post).values()
        assert (first.state, first.attempts) == (SENT, 1)
        assert (second.state, second.attempts) == (MessageState.QUEUED, 0)
        assert second.next_at > NOW

    def test_more_than_a_batch_all_leave(
        self, post: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sending, "BATCH", 10)
        addresses = [f"u{n:03}@xa.example" for n in range(60)]
        queue_to(post, *addresses)
        moment, order, times = NOW, [], 0
        with limited(post, 12):
            while len(order) < 60:
                found, _again = leave(post, moment)
                order += found
                moment += timedelta(seconds=1)
                times += 1
        assert sorted(order) == addresses
        assert moment - NOW <= 7 * MINUTE


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_a_delivery_waits_for_what_it_put_off(
    post: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred mails leave at once, then one every 0.12 seconds."""
    monkeypatch.setattr(steps, "deliver_batch", steps.deliver_batch.fn)  # without Prefect
    relay = ScriptedRelay()
    queue_to(post, *(f"u{n}@xa.example" for n in range(114)))
    async with relay.listening() as port:
        variables = {"DONDOC_SMTP_HOST": HOST, "DONDOC_SMTP_PORT": str(port)}
        variables |= {"DONDOC_MAIL_PER_MINUTE": "600", "DONDOC_DATA": str(tmp_path)}
        with in_force(post, **variables):
            assert await steps.deliver_all() == {"sent": 114}
    assert set(relay.copies().values()) == {1}
