"""What came into the mailbox: shown to the secretariat until somebody has seen to it."""

from datetime import timedelta
from typing import Any

import pytest

from models.database import Database
from models.errors import NotAllowed, UnknownName
from models.mail import Received
from models.words import ReceivedKind
from tasks import lookup
from tasks.replies import Came, first_lines, received, settle
from tests.tasks.office import at, issue, owed, report_file
from tests.tasks.test_post import A

CAME = at(2024, 5, 9)
BY = "Chánh Văn phòng"


def came(db: Database, key: str = "r1", code: str | None = A, **changed: Any) -> int:
    """A reply of so-a comes in; its number."""
    with db.write() as session:
        task = owed(session, code) if code else None
        fields: dict[str, Any] = {
            "kind": ReceivedKind.REPLY, "received_at": CAME, "subject": "Trả lời",
            "sender": "Văn thư <VanThu@so-a.example>", "text": "Đã nhận.", "attachments": [],
            "obligation_id": task.id if task else None, "unit_id": task.unit_id if task else None,
        }  # fmt: skip
        found = Received(key=key, **fields | changed)
        session.add(found)
        session.flush()
        return lookup.id_of(found)


def waiting(db: Database, directive: str | None = None, every: bool = False) -> list[Came]:
    with db.read() as session:
        owner = lookup.directive(session, directive) if directive else None
        return received(session, owner, every)


class TestReceived:
    def test_names_unit_task_and_words(self, asking: Database) -> None:
        number = came(asking, attachments=[{"name": "kh.pdf"}])
        (found,) = waiting(asking)
        assert (found.number, found.unit, found.obligation) == (number, "Đơn vị so-a", A)
        assert (found.subject, found.first_lines) == ("Trả lời", "Đã nhận.")
        assert (found.attachments, found.reason) == (["kh.pdf"], "")

    def test_stands_newest_first(self, asking: Database) -> None:
        first = came(asking)
        second = came(asking, "r2", received_at=CAME + timedelta(hours=1))
        assert [found.number for found in waiting(asking)] == [second, first]

    @pytest.mark.parametrize(
        ("sender", "known"),
        [
            ("vanthu@so-a.example", True),
            ("Sở A <VANTHU@SO-A.example>", True),
            ("vanthu@so-b.example", False),
            ("vanthu@so-a.example <x@evil.example>", False),
            ("", False),
        ],
    )
    def test_says_whether_the_unit_is_known_to_write_so(
        self, asking: Database, sender: str, known: bool
    ) -> None:
        came(asking, sender=sender)
        assert [found.is_contact for found in waiting(asking)] == [known]

    def test_is_of_the_directive_asked_for(self, asking: Database) -> None:
        with asking.write() as session:
            issue(session, report_file("kl-2"))
        came(asking)
        came(asking, "r2", None, message_id=1)
        stranger = came(asking, "r3", None)
        assert len(waiting(asking, "kl-1")) == 2
        assert waiting(asking, "kl-2") == []
        assert stranger in {found.number for found in waiting(asking)}

    def test_leaves_out_what_machines_answer_unless_all_is_wanted(self, asking: Database) -> None:
        came(asking, kind=ReceivedKind.AUTOMATIC)
        assert waiting(asking) == []
        assert len(waiting(asking, every=True)) == 1

    def test_of_returned_mail_says_why(self, asking: Database) -> None:
        came(asking, kind=ReceivedKind.BOUNCE, status="5.1.1", text="no such user")
        (found,) = waiting(asking)
        assert found.reason


class TestFirstLines:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", ""),
            ("\n\n  Kính gửi  \n\nĐã nhận.\n", "Kính gửi\nĐã nhận."),
            ("> cũ\n>> cũ hơn\nmới", "mới"),
            ("1\n2\n3\n4", "1\n2\n3"),
            ("mới\n\n----- Thư trước -----\ncũ", "mới"),
        ],
    )
    def test_are_the_sender_s_own(self, text: str, expected: str) -> None:
        assert first_lines(text) == expected


class TestSettling:
    def test_takes_it_off_the_list_in_a_name(self, asking: Database) -> None:
        number = came(asking)
        with asking.write() as session:
            settle(session, number, f" {BY} ", CAME)
        assert waiting(asking) == []
        (found,) = waiting(asking, every=True)
        assert (found.settled_at, found.settled_by) == (CAME, BY)

    def test_twice_is_refused_and_says_who_did(self, asking: Database) -> None:
        number = came(asking)
        with asking.write() as session:
            settle(session, number, BY, CAME)
        with asking.write() as session, pytest.raises(NotAllowed, match=BY):
            settle(session, number, "Thanh tra", CAME)

    def test_stands_in_somebody_s_name(self, asking: Database) -> None:
        number = came(asking)
        with asking.write() as session, pytest.raises(NotAllowed):
            settle(session, number, " ", CAME)

    @pytest.mark.parametrize("number", [0, -1, 99, 2**40, 2**70])
    def test_of_an_unknown_number_is_a_clear_error(self, asking: Database, number: int) -> None:
        with asking.write() as session, pytest.raises(UnknownName):
            settle(session, number, BY, CAME)
