"""The outbox: one mail for one cause, with one sender at a time, tried again for five days."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlmodel import Session, col, select

from models.database import Database
from models.mail import Message
from models.settings import Settings
from models.words import MessageState
from tasks import outbox
from tasks.composing import Composer
from tasks.mime import message_id
from tasks.outbox import LEASE, Claimed, Outcome
from tests.conftest import Databases
from tests.tasks.office import OFFICE, SO_A, at, know
from tests.tasks.post import a_mail, lease_oldest
from tests.tasks.reading import parsed

NOW = at(2024, 3, 1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def postgres_post(postgreses: Databases) -> Iterator[Database]:
    for db in postgreses.like(postgreses.migrated()):
        with db.write() as session:
            know(session, OFFICE, SO_A)
        yield db


def queue(db: Database, *keys: str, as_of: datetime = NOW, **fields: object) -> int:
    with db.write() as session:
        return outbox.queue(session, [a_mail(key, **fields) for key in keys], as_of)


def claim(db: Database, limit: int = 10, as_of: datetime = NOW) -> list[Claimed]:
    with db.write() as session:
        return lease_oldest(session, limit, as_of)


def record(
    db: Database, state: MessageState, as_of: datetime, words: str = "", attempt: int = 0
) -> None:
    """Writes what became of the one mail, at its newest attempt or an earlier one."""
    with db.write() as session:
        mail = message(session)
        outcome = Outcome(mail.id or 0, attempt or mail.attempts, state, words)
        outbox.record(session, [outcome], as_of)


def message(session: Session) -> Message:
    return session.exec(select(Message)).one()


def stored(db: Database) -> Message:
    with db.read() as session:
        return message(session)


def keys(found: Iterable[Claimed]) -> list[str]:
    return [mail.key for mail in found]


class TestQueueing:
    def test_of_one_cause_twice_leaves_one_mail(self, post: Database) -> None:
        assert queue(post, "a", "b") == 2
        assert queue(post, "b", "c", to_name="Khác") == 1
        with post.read() as session:
            found = session.exec(select(Message).order_by(col(Message.id))).all()
        assert [(mail.key, mail.to_name) for mail in found] == [
            ("a", "Sở A"), ("b", "Sở A"), ("c", "Khác"),
        ]  # fmt: skip

    def test_of_one_cause_twice_in_one_batch_too(self, post: Database) -> None:
        assert queue(post, "a", "a") == 1

    def test_of_nothing_is_nothing(self, post: Database) -> None:
        assert queue(post) == 0

    def test_leaves_a_mail_that_was_sent_as_it_is(self, post: Database) -> None:
        queue(post, "a")
        claim(post)
        record(post, MessageState.SENT, NOW)
        assert queue(post, "a", as_of=NOW + LEASE) == 0
        assert (stored(post).state, stored(post).queued_at) == (MessageState.SENT, NOW)


class TestClaiming:
    def test_takes_the_oldest_that_are_due(self, post: Database) -> None:
        queue(post, "later", as_of=NOW + MINUTE)
        queue(post, "b", as_of=NOW)
        queue(post, "a", as_of=NOW - MINUTE)
        assert keys(claim(post)) == ["a", "b"]
        assert keys(claim(post, as_of=NOW + MINUTE)) == ["later"]

    def test_leases_what_it_takes(self, post: Database) -> None:
        queue(post, "a", "b", "c")
        assert keys(claim(post, limit=2)) == ["a", "b"]
        assert keys(claim(post, limit=2)) == ["c"]
        assert claim(post) == []
        with post.read() as session:
            found = session.exec(select(Message)).all()
        assert {(m.state, m.attempts, m.next_at) for m in found} == {
            (MessageState.LEASED, 1, NOW + LEASE)
        }

    def test_gives_messages_that_outlive_the_session(self, post: Database) -> None:
        queue(post, "a")
        (found,) = claim(post)
        assert (found.to_email, found.template) == ("vanthu@so-a.example", "receipt")

    @pytest.mark.parametrize("state", [MessageState.SENT, MessageState.FAILED])
    def test_passes_over_what_is_done(self, post: Database, state: MessageState) -> None:
        queue(post, "a")
        claim(post)
        record(post, state, NOW)
        assert claim(post, as_of=NOW + timedelta(days=30)) == []

    def test_by_senders_at_once_gives_each_mail_to_one(self, post: Database) -> None:
        queue(post, *(f"{number:03}" for number in range(100)))

        def work(_: int) -> list[str]:
            taken: list[str] = []
            while found := claim(post, limit=7):
                taken += keys(found)
            return taken

        with ThreadPoolExecutor(3) as pool:
            taken = [key for found in pool.map(work, range(3)) for key in found]
        assert sorted(taken) == [f"{number:03}" for number in range(100)]

    def test_on_postgres_passes_over_what_another_holds(self, postgres_post: Database) -> None:
        """SKIP LOCKED: two transactions are open at once, which SQLite does not allow."""
        queue(postgres_post, "a", "b", "c")
        with postgres_post.write() as first, postgres_post.write() as second:
            assert keys(lease_oldest(first, 2, NOW)) == ["a", "b"]
            assert keys(lease_oldest(second, 2, NOW)) == ["c"]

    def test_gives_back_what_a_failed_transaction_took(self, post: Database) -> None:
        queue(post, "a")

        def die(session: Session) -> None:
            assert keys(lease_oldest(session, 1, NOW)) == ["a"]
            raise RuntimeError

        with pytest.raises(RuntimeError), post.write() as session:
            die(session)
        assert keys(claim(post)) == ["a"]


class TestLeases:
    def test_run_out_and_the_mail_is_sent_again_as_the_same(self, asking: Database) -> None:
        """A sender that died took the mail along: the next one sends the very same bytes."""
        opened = at(2024, 5, 6)
        first = claim(asking, 1, opened)
        assert keys(claim(asking, as_of=opened + LEASE - MINUTE)) != keys(first)
        second = claim(asking, 1, opened + LEASE)
        assert keys(second) == keys(first)
        assert second[0].attempts == 2
        with asking.read() as session:
            (before,) = Composer(session, Settings()).compose(first).values()
            (after,) = Composer(session, Settings()).compose(second).values()
        assert before == after
        assert parsed(after)["Message-ID"] == message_id(first[0].key, Settings().mail_domain)


class TestRecording:
    def test_of_a_mail_that_was_sent(self, post: Database) -> None:
        queue(post, "a")
        claim(post)
        record(post, MessageState.SENT, NOW + MINUTE, "250 OK")
        found = stored(post)
        assert (found.state, found.sent_at, found.outcome) == (
            MessageState.SENT, NOW + MINUTE, "250 OK",
        )  # fmt: skip

    def test_of_a_refusal_is_final(self, post: Database) -> None:
        queue(post, "a")
        claim(post)
        record(post, MessageState.FAILED, NOW, "550 no such mailbox")
        found = stored(post)
        assert (found.state, found.sent_at) == (MessageState.FAILED, None)
        assert found.outcome == "550 no such mailbox"

    @pytest.mark.parametrize("state", [MessageState.RETRY, MessageState.UNKNOWN])
    def test_makes_pauses_that_grow_until_five_days_are_over(
        self, post: Database, state: MessageState
    ) -> None:
        queue(post, "a")
        moments = [NOW]
        while stored(post).state is not MessageState.FAILED:
            assert keys(claim(post, as_of=moments[-1])) == ["a"]
            record(post, state, moments[-1], "451 try later")
            assert claim(post, as_of=stored(post).next_at - timedelta(seconds=1)) == []
            moments.append(stored(post).next_at)
        *tried, given_up, _ = moments
        pauses = [after - before for before, after in pairwise([*tried, given_up])]
        assert pauses[:4] == [5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE]
        assert pauses == sorted(pauses)
        assert max(pauses) <= timedelta(days=1)
        assert tried[-1] - NOW < timedelta(days=5) <= given_up - NOW
        assert stored(post).outcome == "451 try later"

    @pytest.mark.parametrize(
        "late", [MessageState.RETRY, MessageState.UNKNOWN, MessageState.FAILED]
    )
    def test_that_comes_after_another_sender_sent_it_changes_nothing(
        self, post: Database, late: MessageState
    ) -> None:
        """The first sender's lease ran out, the second sent the mail, then the first reports."""
        queue(post, "a")
        claim(post)
        claim(post, as_of=NOW + LEASE)
        record(post, MessageState.SENT, NOW + LEASE, "250")
        record(post, late, NOW + LEASE + MINUTE, "connection lost")
        found = stored(post)
        assert (found.state, found.sent_at) == (MessageState.SENT, NOW + LEASE)

    def test_of_many_at_once(self, post: Database) -> None:
        queue(post, "a", "b", "c", "d")
        states = [
            MessageState.SENT, MessageState.FAILED, MessageState.RETRY, MessageState.UNKNOWN,
        ]  # fmt: skip
        outcomes = [
            Outcome(found.id, found.attempts, state, state.value)
            for found, state in zip(claim(post), states, strict=True)
        ]
        with post.write() as session:
            outbox.record(session, outcomes, NOW)
            outbox.record(session, [], NOW)
        with post.read() as session:
            found = session.exec(select(Message).order_by(col(Message.key))).all()
        assert [(m.state, m.outcome) for m in found] == [(s, s.value) for s in states]

    def test_keeps_the_beginning_of_long_words(self, post: Database) -> None:
        queue(post, "a")
        claim(post)
        record(post, MessageState.FAILED, NOW, "5" * 2_000)
        assert stored(post).outcome == "5" * 500
