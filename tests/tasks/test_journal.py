"""The journal of a batch: what a dead sender knew is known to the next one, and nothing more."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from models.database import Database
from models.words import MessageState
from tasks import sending
from tasks.journal import Journal, left_behind
from tasks.outbox import LEASE, Claimed, Outcome
from tests.tasks.office import in_force
from tests.tasks.post import NOW, everything, lease_oldest, queue_to

pytestmark = pytest.mark.any_database

QUEUED, SENT, RETRY = MessageState.QUEUED, MessageState.SENT, MessageState.RETRY
FAILED, UNKNOWN = MessageState.FAILED, MessageState.UNKNOWN
ADDRESSES = [f"vanthu@so-{number}.example" for number in range(4)]
MINUTE = timedelta(minutes=1)


def claim(db: Database, as_of: object = NOW) -> list[Claimed]:
    with db.write() as session:
        return lease_oldest(session, 10, as_of)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sending"


@pytest.fixture
def claimed(post: Database) -> list[Claimed]:
    queue_to(post, *ADDRESSES)
    return claim(post)


def dead(folder: Path, claimed: list[Claimed]) -> Path:
    """The journal of a sender that died: one mail taken, one refused, one on its way, one not
    begun.
    """
    journal = Journal(folder, claimed)
    for mail, state in zip(claimed, (SENT, FAILED, None), strict=False):
        journal.begun(mail.id)
        if state:
            journal.ended(Outcome(mail.id, mail.attempts, state, f"“{state}”\n"))
    journal.close(recorded=False)
    return journal.path


def read(folder: Path) -> list[Outcome]:
    return [outcome for batch in left_behind(folder) for outcome in batch]


def states(outcomes: list[Outcome]) -> list[MessageState]:
    return [outcome.state for outcome in outcomes]


class TestAJournalLeftBehind:
    def test_tells_what_became_of_each_mail(self, claimed: list[Claimed], folder: Path) -> None:
        dead(folder, claimed)
        found = read(folder)
        assert states(found) == [SENT, FAILED, UNKNOWN, QUEUED]
        assert [(o.message_id, o.attempt) for o in found] == [(m.id, 1) for m in claimed]
        assert found[0].words == "“sent”\n"
        assert read(folder) == []

    @pytest.mark.parametrize("cut", [2, 5, 12])
    def test_with_a_torn_last_line_tells_the_rest(
        self, claimed: list[Claimed], folder: Path, cut: int
    ) -> None:
        """The sender died while it noted the second outcome: that mail is open."""
        path = dead(folder, claimed[:2])
        path.write_bytes(path.read_bytes()[:-cut])
        assert states(read(folder)) == [SENT, UNKNOWN]

    def test_without_a_line_tells_nothing(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "a.jsonl").touch()
        assert read(folder) == []
        assert list(folder.iterdir()) == []

    def test_in_no_folder_tells_nothing(self, folder: Path) -> None:
        assert read(folder) == []

    def test_stays_until_it_is_recorded(self, claimed: list[Claimed], folder: Path) -> None:
        path = dead(folder, claimed)
        reading = left_behind(folder)
        assert len(next(reading)) == 4
        reading.close()  # the reader died before it had written anything down
        assert path.exists()
        assert len(read(folder)) == 4

    def test_of_a_batch_that_was_recorded_is_gone(
        self, claimed: list[Claimed], folder: Path
    ) -> None:
        Journal(folder, claimed).close(recorded=True)
        assert list(folder.iterdir()) == []


class TestTheJournalOfALivingSender:
    def test_is_left_alone(self, claimed: list[Claimed], folder: Path) -> None:
        journal = Journal(folder, claimed)
        assert read(folder) == []
        assert journal.path.exists()
        journal.close(recorded=False)
        assert states(read(folder)) == [QUEUED] * 4

    def test_is_left_alone_by_another_process(self, claimed: list[Claimed], folder: Path) -> None:
        journal = Journal(folder, claimed)
        program = (
            "import sys; from pathlib import Path; from tasks.journal import left_behind;"
            "print(len(list(left_behind(Path(sys.argv[1])))))"
        )
        command = [sys.executable, "-c", program, str(folder)]
        assert subprocess.check_output(command) == b"0\n"
        journal.close(recorded=False)
        assert subprocess.check_output(command) == b"1\n"

    def test_is_read_by_one_of_several_that_recover(
        self, claimed: list[Claimed], folder: Path
    ) -> None:
        for _journal in range(20):
            dead(folder, claimed)
        with ThreadPoolExecutor(4) as pool:
            found = [batch for one in pool.map(read, [folder] * 4) for batch in one]
        assert len(found) == 20 * 4
        assert list(folder.iterdir()) == []


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As on a full disk: a file takes so many bytes and then no more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestOnAFullDisk:
    def test_half_a_line_is_an_error_and_hides_no_other(
        self, claimed: list[Claimed], folder: Path
    ) -> None:
        """What is noted after half a line could not be read: nothing must be begun any more."""
        journal = Journal(folder, claimed)
        journal.begun(claimed[0].id)
        journal.ended(Outcome(claimed[0].id, 1, SENT, "250 2.0.0 queued"))
        room = os.path.getsize(journal.path) + 10
        with files_of_at_most(room), pytest.raises(OSError, match=r"space|large"):
            journal.flush()
        journal.close(recorded=False)
        assert states(read(folder)) == [UNKNOWN, QUEUED, QUEUED, QUEUED]

    def test_no_batch_is_begun(self, claimed: list[Claimed], folder: Path) -> None:
        with files_of_at_most(10), pytest.raises(OSError, match=r"space|large"):
            Journal(folder, claimed)
        assert read(folder) == []


class TestRecovering:
    def test_writes_down_what_was_noted(
        self, post: Database, claimed: list[Claimed], folder: Path
    ) -> None:
        dead(folder, claimed)
        with in_force(post, DONDOC_DATA=str(folder.parent)):
            sending.recover(NOW + MINUTE)
        sent, failed, unknown, queued = everything(post).values()
        assert (sent.state, sent.sent_at, sent.attempts) == (SENT, NOW + MINUTE, 1)
        assert (failed.state, failed.attempts) == (FAILED, 1)
        assert (unknown.state, unknown.next_at) == (UNKNOWN, NOW + 7 * MINUTE)
        assert unknown.outcome
        assert (queued.state, queued.attempts, queued.next_at) == (QUEUED, 0, NOW + MINUTE)

    def test_changes_no_newer_lease_but_for_what_was_sent(
        self, post: Database, claimed: list[Claimed], folder: Path
    ) -> None:
        """The leases ran out and another sender holds the mails: only "sent" is news to it."""
        dead(folder, claimed)
        assert len(claim(post, NOW + LEASE)) == 4
        with in_force(post, DONDOC_DATA=str(folder.parent)):
            sending.recover(NOW + LEASE + MINUTE)
        sent, *others = everything(post).values()
        assert sent.state is SENT
        assert {mail.state for mail in others} == {MessageState.LEASED}
        assert {(mail.attempts, mail.next_at) for mail in others} == {(2, NOW + 2 * LEASE)}

    def test_twice_is_the_same_as_once(
        self, post: Database, claimed: list[Claimed], folder: Path
    ) -> None:
        """A sender died after it had recorded the batch, before its journal was gone."""
        path = dead(folder, claimed)
        again = path.read_bytes()
        with in_force(post, DONDOC_DATA=str(folder.parent)):
            sending.recover(NOW + MINUTE)
            before = [mail.model_dump() for mail in everything(post).values()]
            path.write_bytes(again)
            sending.recover(NOW + MINUTE)
        assert [mail.model_dump() for mail in everything(post).values()] == before
