"""Opening a round: an obligation and a mail for every unit it asks, once, or nothing at all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, func, select

from models.database import Database
from models.errors import NotAllowed, UnknownName
from models.mail import Message
from models.register import Register
from models.round import Obligation
from models.unit import Contact, Group, GroupMember, Unit
from models.vietnamese import phrase_key
from models.words import ContactRole, MessageState, Purpose
from tasks import lookup
from tasks.rounds import open_round
from tasks.units import import_register
from tests.tasks.office import (
    CODE,
    ISSUED,
    OFFICE,
    SMALL,
    SO_A,
    SO_B,
    a_file,
    a_register,
    a_round,
    at,
    issue,
    know,
    open_,
    owed,
)

pytestmark = pytest.mark.xdist_group("office")  # its database is made once

OPENS = at(2024, 2, 26)
COMMUNES = 3_321


def count(session: Session, table: type[SQLModel]) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


class TestOpening:
    def test_asks_each_unit_once_and_writes_to_its_clerk(
        self, office: Database, thanh_hoa: Register
    ) -> None:
        with office.write() as session:
            found = lookup.round_(session, CODE, "tiep-nhan")
            assert open_round(session, found, OPENS) == 47
        phrases = ["Các sở, ban, ngành", "UBND các huyện, thị xã, thành phố"]
        asked = thanh_hoa.expand_all(phrases, date(2024, 2, 26))
        with office.read() as session:
            obligations = session.exec(select(Obligation).order_by(col(Obligation.id))).all()
            codes = [f"{CODE}/tiep-nhan/{unit.code}" for unit in asked]
            assert [found.code for found in obligations] == codes
            assert {found.due for found in obligations} == {date(2024, 2, 29)}
            assert {found.opened_at for found in obligations} == {OPENS}
            mails = session.exec(
                select(Message, Contact)
                .join(Contact, col(Contact.unit_id) == col(Message.unit_id))
                .where(Contact.role == ContactRole.CLERK)
                .order_by(col(Message.obligation_id))
            ).all()
            assert [mail.obligation_id for mail, _ in mails] == [o.id for o in obligations]
            assert [mail.to_email for mail, _ in mails] == [unit.email for unit in asked]
            assert all(mail.to_email == contact.email for mail, contact in mails)
            assert {(m.purpose, m.state, m.template) for m, _ in mails} == {
                (Purpose.OPEN, MessageState.QUEUED, "dissemination")
            }

    @pytest.mark.parametrize("again", [OPENS, at(2024, 4, 6)], ids=["at once", "40 days late"])
    def test_again_changes_nothing(self, office: Database, again: datetime) -> None:
        with office.write() as session:
            open_(session, CODE, "tiep-nhan", OPENS)
        with office.write() as session:
            found = lookup.round_(session, CODE, "tiep-nhan")
            assert open_round(session, found, again) == 47
        with office.read() as session:
            assert lookup.round_(session, CODE, "tiep-nhan").opened_at == OPENS
            assert (count(session, Obligation), count(session, Message)) == (47, 47)

    def test_forty_days_late_asks_by_the_date_that_was_set(self, db: Database) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, a_file())
            open_(session, "kl-1", "bao-cao", at(2024, 7, 13))
        with db.read() as session:
            assert owed(session, "kl-1/bao-cao/so-a").due == date(2024, 6, 3)

    def test_commits_obligations_and_mails_together_or_not_at_all(self, office: Database) -> None:
        def fail_after_opening(session: Session) -> None:
            open_(session, CODE, "tiep-nhan", OPENS)
            assert count(session, Message) == 47
            raise RuntimeError

        with pytest.raises(RuntimeError), office.write() as session:
            fail_after_opening(session)
        with office.read() as session:
            assert lookup.round_(session, CODE, "tiep-nhan").opened_at is None
            assert (count(session, Obligation), count(session, Message)) == (0, 0)

    def test_by_two_workers_at_once_asks_once(self, office: Database) -> None:
        start = Barrier(2)

        def work(_: int) -> None:
            start.wait()
            with office.write() as session:
                open_(session, CODE, "tiep-nhan", OPENS)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, range(2)))
        with office.read() as session:
            assert (count(session, Obligation), count(session, Message)) == (47, 47)


class TestRefusing:
    def test_what_rests_on_an_open_question(self, province: Database) -> None:
        question = {
            "id": "han", "about": ["rounds/bao-cao"], "asks": "Ngày nào?",
            "proposed": {"on": "2024-06-03"}, "why": "không nêu", "confirmed": "no",
        }  # fmt: skip
        with province.write() as session:
            know(session, OFFICE, SO_A)
            file = a_file(questions=[question], rounds=[a_round(when=None, question="han")])
            issue(session, file)
        with pytest.raises(NotAllowed, match="bao-cao"), province.write() as session:
            open_(session, "kl-1", "bao-cao", OPENS)
        with province.read() as session:
            assert (count(session, Obligation), count(session, Message)) == (0, 0)

    def test_what_asks_nobody(self, db: Database) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A | {"ends": "2024-03-31"})
            issue(session, a_file())
        with pytest.raises(NotAllowed, match="bao-cao"), db.write() as session:
            open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
        with db.read() as session:
            assert lookup.round_(session, "kl-1", "bao-cao").opened_at is None

    @pytest.mark.parametrize(("directive", "code"), [("kl-9", "bao-cao"), ("kl-1", "khong-co")])
    def test_what_is_not_there(self, db: Database, directive: str, code: str) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, a_file())
        with pytest.raises(UnknownName), db.write() as session:
            open_(session, directive, code, OPENS)


class TestAskedUnits:
    def test_are_those_that_live_on_the_day(self, db: Database) -> None:
        """A unit that has died since the directive was issued is not asked; a new one is."""
        with db.write() as session:
            know(session, OFFICE, SO_A | {"ends": "2024-05-05"}, SO_B | {"begins": "2024-05-06"})
            issue(session, a_file())
            open_(session, "kl-1", "bao-cao", at(2024, 5, 6, 0, 30))
        with db.read() as session:
            codes = session.exec(select(Obligation.code)).all()
        assert codes == ["kl-1/bao-cao/so-b"]

    def test_are_those_of_assignments_and_those_named_each_once(self, db: Database) -> None:
        named = a_round(units=["Đơn vị van-phong", "Đơn vị so-a"])
        with db.write() as session:
            know(session, OFFICE, SO_A, SO_B)
            issue(session, a_file(rounds=[named]))
            open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
        with db.read() as session:
            codes = {code.rsplit("/")[-1] for code in session.exec(select(Obligation.code))}
            assert codes == {"van-phong", "so-a", "so-b"}
            assert count(session, Obligation) == 3

    def test_are_of_the_province_of_the_directive(self, db: Database) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A)
            import_register(session, "Nơi Khác", a_register(OFFICE, SO_B), ISSUED.date())
            issue(session, a_file())
            open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
        with db.read() as session:
            assert count(session, Obligation) == 1


class TestEveryCommune:
    def test_is_asked(self, db: Database) -> None:
        """As many units as the country has communes: bulk statements, not one a unit."""
        with db.write() as session:
            communes(session)
            issue(session, a_file())
        with db.write() as session:
            open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
        with db.read() as session:
            assert count(session, Obligation) == count(session, Message) == COMMUNES
            addresses = session.exec(select(func.count(col(Message.to_email).distinct()))).one()
            assert addresses == COMMUNES


def communes(session: Session) -> None:
    """The communes of a country, all in the group "Các sở", written in bulk."""
    numbers = range(1, COMMUNES + 1)
    unit = {"province": SMALL, "search": "xa", "kind": "people-committee", "level": "commune"}
    clerk = {"role": "clerk", "name": "Văn thư", "telephone": "0"}
    rows: dict[type[SQLModel], list[dict[str, Any]]] = {
        Unit: [{**unit, "id": n, "code": f"xa-{n}", "name": f"Xã số {n}"} for n in numbers],
        Contact: [{**clerk, "unit_id": n, "email": f"xa-{n}@xa.example"} for n in numbers],
        Group: [{"id": 1, "province": SMALL, "phrase": "Các sở", "key": phrase_key("Các sở")}],
        GroupMember: [{"group_id": 1, "unit_id": n} for n in numbers],
    }
    for table, values in rows.items():
        session.connection().execute(sa.insert(table), values)
