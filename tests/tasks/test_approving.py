"""The head's approval: what waits for it, how it is given, and how it is not."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlmodel import Session, col, delete, select

from models import passwords
from models.activity import Activity
from models.calendar import vietnam
from models.database import Database
from models.errors import NotAllowed, UnknownName
from models.round import Appraisal, Approval, Submission
from models.settings import Settings
from models.unit import Contact
from models.words import AccountRole, Appraised, ContactRole, Ending, Purpose
from tasks import accounts, approving, keys, lookup, one_mail
from tasks.accounts import Refused, Viewer
from tasks.composing import Composer
from tasks.reminding import remind
from tasks.summarising import draft
from tests.conftest import Databases
from tests.tasks.office import (
    A_REPORT,
    INDICATORS,
    OFFICE,
    SO_A,
    SO_B,
    a_round,
    answer,
    at,
    figures,
    in_force,
    issue,
    know,
    mails,
    open_,
    owed,
    report_file,
)
from tests.tasks.reading import parsed, part

A = "kl-1/bao-cao/so-a"
NOW = at(2024, 5, 20)
HERE = "203.0.113.7"
HOUR = timedelta(hours=1)


def fill(db: Database) -> None:
    asked = a_round(indicators=[i["code"] for i in INDICATORS], needs_head=True)
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B)
        issue(session, report_file(rounds=[asked]))
        open_(session, "kl-1", "bao-cao", at(2024, 5, 6))


@pytest.fixture
def db(databases: Databases, tmp_path: Path) -> Iterator[Database]:
    """Two units are asked for a report that their heads approve; the keys are of this test."""
    template = databases.template("needs_head", fill, like=databases.migrated())
    for found in databases.like(template):
        with in_force(found, DONDOC_DATA=str(tmp_path)):
            yield found


def answered_at(db: Database) -> datetime | None:
    with db.read() as session:
        return owed(session, A).answered_at


def report(db: Database, as_of: datetime = NOW, payload: Any = A_REPORT) -> int:
    """An accepted answer of so-a; the id of its submission."""
    assert answer(db, A, payload, as_of).faults == ()
    with db.read() as session:
        found = select(Submission.id).order_by(col(Submission.id).desc())
        number = session.exec(found).first()
        assert number
        return number


def texts(db: Database) -> list[str | None]:
    """The mails to heads as they would be sent now; None for one that is not."""
    with db.read() as session:
        found = mails(session, Purpose.APPROVAL)
        raw = Composer(session, Settings()).compose(found)
        assert not any(isinstance(raw[lookup.id_of(mail)], ValueError) for mail in found)
        contents = [raw[lookup.id_of(mail)] for mail in found]
    return [part(parsed(c), "text/plain") if isinstance(c, bytes) else None for c in contents]


def mailed(db: Database) -> str:
    """The code in the newest mail to a head."""
    text = texts(db)[-1]
    assert text
    found = re.search(r"MÃ PHÊ DUYỆT: (\d{3} \d{3})\n", text)
    assert found
    return found[1]


def by_code(
    db: Database, number: int, code: str, as_of: datetime = NOW + HOUR, address: str = HERE
) -> Approval | Refused:
    with db.write() as session:
        found = approving.approve_by_code(session, number, code, address, as_of)
        session.expunge_all()
        return found


def ask(db: Database, number: int, as_of: datetime = NOW + HOUR) -> None:
    with db.write() as session:
        approving.ask(session, number, as_of)


def wrong(code: str, by: int = 1) -> str:
    return f"{(int(code.replace(' ', '')) + by) % 1_000_000:06}"


def head_of(session: Session, unit: str, role: AccountRole = AccountRole.UNIT_HEAD) -> Viewer:
    """The account of a unit's head, signed in."""
    of = lookup.unit(session, unit) if role is AccountRole.UNIT_HEAD else None
    fields = ("Trần Văn Hùng", role, of, "núi Nưa sông Mã", "Chánh Văn phòng", NOW)
    accounts.make(session, f"{unit}.{role}", *fields)
    secret = accounts.sign_in(session, f"{unit}.{role}", "núi Nưa sông Mã", HERE, NOW)
    assert isinstance(secret, str)
    found = accounts.viewer(session, secret, NOW)
    assert found
    return found


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))


class TestWaiting:
    def test_an_accepted_answer_is_recorded_and_not_counted(self, db: Database) -> None:
        number = report(db)
        assert answered_at(db) is None
        with db.read() as session:
            task = owed(session, A)
            assert task.id
            waiting = approving.waited_for(session, task.id)
            assert waiting and waiting.submission_id == number
            round_ = lookup.round_(session, "kl-1", "bao-cao")
            counted = draft(session, round_, NOW).figures
        assert counted["tally"]["received"] == 0
        assert "Thiếu người." not in repr(counted)

    def test_its_unit_is_urged_on(self, db: Database) -> None:
        report(db)
        with db.write() as session:
            remind(session, vietnam(), at(2024, 6, 3, 8, 30))
            reminded = [mail.to_name for mail in mails(session, Purpose.REMINDER)]
        assert any("so-a" in name for name in reminded)

    def test_the_receipt_says_so(self, db: Database) -> None:
        report(db)
        with db.read() as session:
            (mail,) = mails(session, Purpose.RECEIPT)
            (raw,) = Composer(session, Settings()).compose([mail]).values()
        assert "khi thủ trưởng đơn vị phê duyệt" in part(parsed(raw), "text/plain")

    def test_is_of_no_refused_and_of_no_declining_answer(self, db: Database) -> None:
        answer(db, A, {"values": {}}, NOW)
        answer(db, A, {"reason": "Không thuộc chức năng."}, NOW, decline=True)
        with db.read() as session:
            assert owed(session, A).ending is Ending.DECLINED
            assert session.exec(select(Approval)).all() == []
        assert texts(db) == []

    def test_is_of_no_answer_in_other_rounds(self, asking: Database) -> None:
        report(asking)
        assert answered_at(asking) == NOW
        assert texts(asking) == []


class TestTheMail:
    def test_tells_the_head_what_is_approved_and_the_code(self, db: Database) -> None:
        report(db)
        with db.read() as session:
            (mail,) = mails(session, Purpose.APPROVAL)
            assert mail.to_name == "Giám đốc so-a"
            code = mailed(db)
            assert code not in repr(mail.model_dump())  # nor anywhere else in the database
            approval = session.exec(select(Approval)).one()
            assert code.replace(" ", "") not in repr(approval.model_dump())
        (text,) = texts(db)
        assert text
        for words in ("Báo cáo", "lần 1", "văn thư", A, "03/06/2024", "08:00 23/05/2024"):
            assert words in text

    def test_is_not_shown_to_the_secretariat(self, db: Database) -> None:
        report(db)
        code = mailed(db)
        with db.read() as session:
            (mail,) = mails(session, Purpose.APPROVAL)
            shown = one_mail.show(session, lookup.id_of(mail), Settings())
        assert shown.unsaid
        assert code not in repr(shown)

    def test_goes_to_nobody_where_no_address_of_the_head_is_known(self, db: Database) -> None:
        with db.write() as session:
            session.exec(delete(Contact).where(col(Contact.role) == ContactRole.HEAD))
        number = report(db)
        assert texts(db) == []
        assert isinstance(by_code(db, number, "000000"), Refused)
        with pytest.raises(NotAllowed, match="Đơn vị so-a"):
            ask(db, number)

    def test_is_sent_anew_on_request_and_the_old_code_is_dead(self, db: Database) -> None:
        number = report(db)
        before = mailed(db)
        with pytest.raises(NotAllowed):
            ask(db, number, NOW + timedelta(minutes=4))
        ask(db, number)
        after = mailed(db)
        assert after != before
        assert isinstance(by_code(db, number, before), Refused)
        assert isinstance(by_code(db, number, after), Approval)

    def test_is_not_sent_any_more_once_approved_or_superseded(self, db: Database) -> None:
        number = report(db)
        by_code(db, number, mailed(db))
        assert texts(db) == [None]
        report(db, NOW + 2 * HOUR)
        first, second = texts(db)
        assert first is None and second


class TestByCode:
    def test_the_answer_counts_from_the_approval_on(self, db: Database) -> None:
        number = report(db)
        done = by_code(db, number, mailed(db))
        assert isinstance(done, Approval)
        assert answered_at(db) == NOW + HOUR
        with db.read() as session:
            round_ = lookup.round_(session, "kl-1", "bao-cao")
            for moment, received in ((NOW, 0), (NOW + HOUR, 1)):
                counted = draft(session, round_, moment).figures
                assert counted["tally"]["received"] == received
                assert ("Thiếu người." in repr(counted)) == bool(received)
            last = session.exec(select(Activity).order_by(col(Activity.id).desc())).first()
        assert last and (last.deed, last.by, last.about) == ("approved", "Giám đốc so-a", A)

    def test_blanks_in_it_are_no_fault(self, db: Database) -> None:
        number = report(db)
        assert isinstance(by_code(db, number, f" {mailed(db).replace(' ', '')}\n"), Approval)

    def test_odd_codes_are_wrong(self, db: Database) -> None:
        number = report(db)
        for code in ("", "đ" * 6, "\ud800", "1" * 10_000, f"{mailed(db)}0"):
            found = by_code(db, number, code)
            assert isinstance(found, Refused) and found.until is None
        assert answered_at(db) is None

    def test_five_wrong_ones_kill_it(self, db: Database) -> None:
        number = report(db)
        right = mailed(db)
        left = [by_code(db, number, wrong(right, n)) for n in range(1, 6)]
        assert "4" in left[0].message and "0" in left[4].message  # type: ignore[union-attr]
        later = NOW + 2 * HOUR
        assert isinstance(by_code(db, number, right, later), Refused)
        ask(db, number, later)
        assert isinstance(by_code(db, number, mailed(db), later), Approval)

    def test_guessing_pauses_longer_and_longer_over_all_codes(self, db: Database) -> None:
        number, as_of, tried = report(db), NOW + HOUR, 0
        while as_of < NOW + timedelta(hours=13):
            if tried and tried % approving.TRIES == 0:
                ask(db, number, as_of)
            assert isinstance(by_code(db, number, "1", as_of, f"203.0.113.{tried}"), Refused)
            tried += 1
            paused = by_code(db, number, "1", as_of)
            assert isinstance(paused, Refused)
            as_of = max(paused.until or as_of, as_of + approving.BETWEEN)
        assert 15 < tried < 25  # in twelve hours, of a million codes
        assert answered_at(db) is None

    def test_is_good_for_three_days(self, db: Database) -> None:
        number = report(db)
        code, end = mailed(db), NOW + timedelta(hours=72)
        assert isinstance(by_code(db, number, code, end), Refused)
        assert isinstance(by_code(db, number, code, end - HOUR), Approval)

    def test_survives_a_rotation_of_keys_and_dies_with_them(
        self, db: Database, tmp_path: Path
    ) -> None:
        number = report(db)
        code = mailed(db)
        keys.rotate(tmp_path)
        assert mailed(db) == code
        assert isinstance(by_code(db, number, wrong(code)), Refused)
        keys.rotate(tmp_path, drop_old=True)
        assert texts(db) == [None]
        assert isinstance(by_code(db, number, code), Refused)

    def test_of_another_unit_s_answer_is_wrong(self, db: Database) -> None:
        number = report(db)
        mine = mailed(db)
        answer(db, "kl-1/bao-cao/so-b", A_REPORT, NOW)
        other = mailed(db)
        assert mine != other  # once in a million runs it may be the same
        assert isinstance(by_code(db, number, other), Refused)


class TestByAccount:
    def test_the_head_of_the_unit_approves(self, db: Database) -> None:
        number = report(db)
        with db.write() as session:
            head = head_of(session, "so-a")
            done = approving.approve_by_account(session, number, head, NOW + HOUR)
            assert done.approved_by == "Trần Văn Hùng"
        assert answered_at(db) == NOW + HOUR

    def test_nobody_else_does(self, db: Database) -> None:
        number = report(db)
        with db.write() as session:
            others = [head_of(session, "so-b")]
            others += [head_of(session, "so-a", role) for role in
                       (AccountRole.SECRETARIAT, AccountRole.READER)]  # fmt: skip
            for viewer in others:
                with pytest.raises(NotAllowed):
                    approving.approve_by_account(session, number, viewer, NOW)
        assert answered_at(db) is None


class TestVersions:
    def test_a_newer_one_supersedes_what_waited(self, db: Database) -> None:
        first = report(db)
        old = mailed(db)
        second = report(db, NOW + HOUR, figures(so_cuoc=4))
        with pytest.raises(NotAllowed):
            by_code(db, first, old)
        assert isinstance(by_code(db, second, mailed(db), NOW + 2 * HOUR), Approval)
        assert answered_at(db) == NOW + 2 * HOUR

    def test_a_correction_waits_while_what_was_approved_stands(self, db: Database) -> None:
        by_code(db, report(db), mailed(db))
        second = report(db, NOW + 2 * HOUR, figures(kho_khan="Thiếu kinh phí."))
        with db.read() as session:
            round_ = lookup.round_(session, "kl-1", "bao-cao")
            counted = repr(draft(session, round_, NOW + 3 * HOUR).figures)
            assert "Thiếu người." in counted and "Thiếu kinh phí." not in counted
        by_code(db, second, mailed(db), NOW + 3 * HOUR)
        assert answered_at(db) == NOW + HOUR
        with db.read() as session:
            round_ = lookup.round_(session, "kl-1", "bao-cao")
            assert "Thiếu kinh phí." in repr(draft(session, round_, NOW + 4 * HOUR).figures)

    def test_a_wrong_one_leaves_it_waiting(self, db: Database) -> None:
        number = report(db)
        answer(db, A, {"values": {}}, NOW + HOUR)
        assert isinstance(by_code(db, number, mailed(db)), Approval)

    def test_is_approved_once(self, db: Database) -> None:
        number = report(db)
        code = mailed(db)
        by_code(db, number, code)
        with pytest.raises(NotAllowed, match="Giám đốc so-a"):
            by_code(db, number, code)

    def test_given_back_is_not_approved(self, db: Database) -> None:
        number = report(db)
        with db.write() as session:
            row = Appraisal(
                submission_id=number, found=Appraised.RETURNED, words="Thiếu số liệu.",
                before=at(2024, 6, 3).date(), at=NOW, by="Chánh Văn phòng",
            )  # fmt: skip
            session.add(row)
        with pytest.raises(NotAllowed):
            by_code(db, number, mailed(db))

    def test_of_nothing_is_a_clear_error(self, db: Database) -> None:
        for number in (0, -1, 999, 2**40):
            with pytest.raises(UnknownName):
                by_code(db, number, "123456")


class TestTheFile:
    def test_says_which_rounds_need_the_head(self, db: Database) -> None:
        with db.read() as session:
            assert lookup.round_(session, "kl-1", "bao-cao").needs_head
