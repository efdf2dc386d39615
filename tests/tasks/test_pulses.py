"""What is noted when a part did its work, or could not."""

from models.database import Database
from models.words import Part
from tasks.pulses import beat, missed, pulses
from tests.tasks.office import at


def test_the_last_time_and_what_failed_since(db: Database) -> None:
    first, then, later = at(2024, 3, 1), at(2024, 3, 2), at(2024, 3, 3)
    with db.write() as session:
        beat(session, Part.BACKUP, first)
        missed(session, Part.BACKUP, then, "đĩa đầy")
        missed(session, Part.BACKUP, later, "đĩa vẫn đầy")
    with db.read() as session:
        found = pulses(session)[Part.BACKUP]
        assert (found.at, found.failed_at, found.tried_at) == (first, then, later)
        assert found.problem == "đĩa vẫn đầy"
    with db.write() as session:
        beat(session, Part.BACKUP, later)
    with db.read() as session:
        found = pulses(session)[Part.BACKUP]
        assert (found.at, found.failed_at, found.problem) == (later, None, "")


def test_a_part_that_never_did_its_work_has_no_last_time(db: Database) -> None:
    with db.write() as session:
        missed(session, Part.INBOX, at(2024, 3, 1), "không kết nối được")
    with db.read() as session:
        assert pulses(session)[Part.INBOX].at is None
