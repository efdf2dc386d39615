"""`dondoc send`: several at once deliver each mail once, and each ends cleanly when told to."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from sqlmodel import col, select

from dondoc.processes import free_port
from models.calendar import vietnam
from models.clock import now
from models.database import Database
from models.mail import Message
from models.register import Register
from models.words import MessageState, Part
from tasks.pulses import pulses
from tasks.registering import confirm, register_directive
from tasks.units import import_register
from tests.conftest import Databases
from tests.deployments.machines import HOST, Machines, machines
from tests.deployments.test_many_machines import CODE, OPENING, REGISTERED, ROUND, Post
from tests.tasks.office import PROVINCE, open_
from tests.texts import EXAMPLES, checked

SENDERS = ("sender-0", "sender-1", "sender-2")


@pytest.fixture
def opened(postgreses: Databases, thanh_hoa: Register) -> Iterator[Database]:
    """A round of 212 units is open on Postgres, and its mail waits."""
    for db in postgreses.like(postgreses.migrated()):
        with db.write() as session:
            import_register(session, PROVINCE, thanh_hoa, REGISTERED.date())
            found = checked(EXAMPLES / "thanh-hoa/2664-kl-tu.yaml").directive
            register_directive(session, found, thanh_hoa, vietnam(), REGISTERED)
            confirm(session, CODE, ["all"], "Chánh Văn phòng", vietnam(), REGISTERED)
            open_(session, CODE, ROUND, OPENING)
            session.execute(sa.update(Message).values(next_at=now()))  # it is years before that
        yield db


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    """A mailbox and its port."""
    found = Post()
    controller = Controller(found, hostname=HOST, port=free_port())
    controller.start()
    yield found, controller.port
    controller.stop()


@pytest.fixture
def office(tmp_path: Path, opened: Database, post: tuple[Post, int]) -> Iterator[Machines]:
    settings = {
        "DONDOC_DATA": str(tmp_path / "data"),
        "DONDOC_DATABASE_URL": opened.url,
        "DONDOC_SMTP_HOST": HOST,
        "DONDOC_SMTP_PORT": str(post[1]),
    }
    with machines(tmp_path / "machines", settings) as found:
        yield found


def test_three_send_each_mail_once_and_end_when_told(
    office: Machines, opened: Database, post: tuple[Post, int]
) -> None:
    def states() -> Counter[MessageState]:
        with opened.read() as session:
            return Counter(session.exec(select(col(Message.state))))

    mails = states().total()
    assert mails > 200
    for name in SENDERS:
        office.start(name, "dondoc.cli", "send")
    office.until("all sent", lambda: states() == {MessageState.SENT: mails})
    office.until("signs of life", lambda: _beaten(opened))
    assert [office.end(name) for name in SENDERS] == [0, 0, 0]
    assert len(post[0].ids) == len(set(post[0].ids)) == mails
    assert not list((Path(office.environment["DONDOC_DATA"]) / "sending").glob("*"))


def _beaten(db: Database) -> bool:
    with db.read() as session:
        found = pulses(session).get(Part.DELIVERY)
        return found is not None and not found.problem
