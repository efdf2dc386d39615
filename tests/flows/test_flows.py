"""Single flows on real parts: what they do, and that doing it again or late adds nothing."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import ArtifactCollection
from sqlmodel import func, select

from dondoc.environment import environment
from dondoc.mailbox import HOST
from dondoc.processes import free_port
from flows.delivery import delivery
from flows.dissemination import dissemination
from flows.inbox import inbox
from flows.lifecycle import lifecycle
from flows.reminders import reminders
from flows.summary import summary
from models.calendar import vietnam
from models.database import Database, database
from models.directive_check import check_file
from models.errors import ServiceError
from models.mail import Message, Reminder
from models.register import read_register
from models.round import Obligation, Round, Summary
from models.timers import CLOSES_AT, OPENS_AT, REMINDS_AT, at
from models.vietnamese import TIMEZONE
from models.words import MessageState
from tasks import scheduling
from tasks.registering import confirm, register_directive
from tasks.units import import_register
from tests.conftest import Databases
from tests.flows.conftest import begin_like
from tests.tasks.office import OFFICE, SO_A, SO_B, issue, know, report_file

ROOT = Path(__file__).parents[2]
FILE = ROOT / "examples/thanh-hoa/53-kh-ubnd.yaml"
CODE = "53-kh-ubnd"
ISSUED = datetime(2024, 2, 26, 7, tzinfo=TIMEZONE)

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect")]


@pytest.fixture
def registered(office: Path, sqlites: Databases) -> Path:
    """53/KH-UBND registered, its questions still open."""
    begin_like(sqlites, registered_53(sqlites))
    return office


@pytest.fixture
def confirmed(office: Path, sqlites: Databases) -> Path:
    """53/KH-UBND with every reading confirmed."""

    def fill(found: Database) -> None:
        with found.write() as session:
            confirm(session, CODE, ["all"], "Chánh Văn phòng", vietnam(), ISSUED)

    begin_like(sqlites, sqlites.template("flows_confirmed", fill, like=registered_53(sqlites)))
    return office


@pytest.fixture
def one_round(office: Path) -> str:
    """The code of a directive of one round: what each timer does, the first of a few shows."""
    with database().write() as session:
        know(session, OFFICE, SO_A, SO_B)
        return issue(session, report_file()).code


def registered_53(sqlites: Databases) -> str:
    def fill(found: Database) -> None:
        units = read_register(FILE.parent)
        file = check_file(FILE, units).directive
        with found.write() as session:
            import_register(session, file.province, units, ISSUED.date())
            register_directive(session, file, units, vietnam(), ISSUED)

    return sqlites.template("flows_registered", fill, like=sqlites.migrated())


def count(table: type) -> int:
    with database().read() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def everything() -> dict[str, int]:
    return {table.__name__: count(table) for table in (Obligation, Message, Reminder, Summary)}


def a_round(code: str) -> Round:
    with database().read() as session:
        return session.exec(select(Round).where(Round.code == code)).one()


async def artifacts() -> dict[str, ArtifactCollection]:
    """The newest artifact under each key."""
    async with get_client() as client:
        return {found.key: found for found in await client.read_latest_artifacts()}


async def linked(key: str) -> set[str]:
    """The keys that an artifact links to."""
    found = (await artifacts())[key]
    return set(re.findall(r"\(/artifacts/key/([a-z0-9-]+)\)", f"{found.description}{found.data}"))


class TestArtifacts:
    async def test_link_back_to_the_rounds_own_page(self, confirmed: Path) -> None:
        await dissemination(CODE, "tiep-nhan", at(ISSUED.date(), OPENS_AT))
        found = (await artifacts())[f"units-{CODE}-tiep-nhan"]
        assert (
            f"(http://127.0.0.1:8080/directives/{CODE}/rounds/tiep-nhan)" in f"{found.description}"
        )


class TestOpening:
    async def test_asks_every_unit_and_sends_its_mail(self, confirmed: Path) -> None:
        asked = await dissemination(CODE, "tiep-nhan", at(ISSUED.date(), OPENS_AT))
        assert asked == 47
        assert count(Obligation) == 47
        assert len(list((confirmed / "mail").glob("*.eml"))) == 47

    async def test_again_or_forty_days_late_adds_nothing(self, confirmed: Path) -> None:
        first = at(ISSUED.date(), OPENS_AT)
        await dissemination(CODE, "tiep-nhan", first)
        before = everything()
        for moment in (first, first + timedelta(days=40)):
            assert await dissemination(CODE, "tiep-nhan", moment) == 47
            assert everything() == before

    async def test_late_keeps_the_due_date_of_the_timetable(self, confirmed: Path) -> None:
        due = a_round("tiep-nhan").due
        await dissemination(CODE, "tiep-nhan", at(ISSUED.date(), OPENS_AT) + timedelta(days=40))
        with database().read() as session:
            assert set(session.exec(select(Obligation.due))) == {due}

    async def test_asks_nobody_while_a_question_is_open(self, registered: Path) -> None:
        assert await dissemination(CODE, "tiep-nhan", at(ISSUED.date(), OPENS_AT)) == 0
        assert everything() == dict.fromkeys(everything(), 0)

    async def test_shows_the_units_in_prefects_pages(self, confirmed: Path) -> None:
        await dissemination(CODE, "tiep-nhan", at(ISSUED.date(), OPENS_AT))
        shown = json.loads(str((await artifacts())[f"units-{CODE}-tiep-nhan"].data))
        assert "Sở Nội vụ" in {row["Đơn vị"] for row in shown}
        assert "@" not in str(shown)  # no address, no person

    @pytest.mark.usefixtures("no_runs")
    async def test_and_its_summary_link_to_one_another(self, confirmed: Path) -> None:
        await lifecycle(CODE, ISSUED)
        await dissemination(CODE, "tiep-nhan", at(ISSUED.date(), OPENS_AT))
        opened = await linked(f"units-{CODE}-tiep-nhan")
        assert opened <= set(await artifacts())
        assert f"summary-{CODE}-tiep-nhan" not in opened
        await summary(CODE, "tiep-nhan", at(a_round("tiep-nhan").closes, CLOSES_AT))
        keys = {f"{kind}-{CODE}-tiep-nhan" for kind in ("units", "progress", "summary")}
        for key in keys:
            assert await linked(key) == keys | {f"timetable-{CODE}"} <= set(await artifacts())


class TestReminders:
    async def test_are_given_once_a_day_and_never_twice(self, confirmed: Path) -> None:
        await dissemination(CODE, "tiep-nhan", at(ISSUED.date(), OPENS_AT))
        day = at(a_round("tiep-nhan").due, REMINDS_AT)
        assert await reminders(CODE, "tiep-nhan", day) == 47
        before = everything()
        assert await reminders(CODE, "tiep-nhan", day + timedelta(hours=2)) == 0
        assert everything() == before

    async def test_forty_days_late_are_given_once(self, confirmed: Path) -> None:
        await dissemination(CODE, "tiep-nhan", at(ISSUED.date(), OPENS_AT))
        late = at(a_round("tiep-nhan").due, REMINDS_AT) + timedelta(days=40)
        queued = await reminders(CODE, "tiep-nhan", late)
        assert queued >= 47  # each unit's digest, and the letter to the body above
        assert count(Reminder) == 47 + 46  # each unit urged; the body above told of all but itself
        before = everything()
        assert await reminders(CODE, "tiep-nhan", late + timedelta(days=1)) == 0
        assert everything() == before


class TestSummary:
    async def test_is_frozen_once(self, confirmed: Path) -> None:
        await dissemination(CODE, "tiep-nhan", at(ISSUED.date(), OPENS_AT))
        closes = at(a_round("tiep-nhan").closes, CLOSES_AT)
        assert await summary(CODE, "tiep-nhan", closes)
        with database().read() as session:
            first = session.exec(select(Summary.sha256)).one()
        assert await summary(CODE, "tiep-nhan", closes + timedelta(days=40))
        with database().read() as session:
            assert session.exec(select(Summary.sha256)).one() == first

    async def test_of_a_round_never_opened_is_none(self, confirmed: Path) -> None:
        assert not await summary(CODE, "tiep-nhan", at(a_round("tiep-nhan").closes, CLOSES_AT))
        assert count(Summary) == 0


class TestInbox:
    @pytest.mark.usefixtures("office")
    async def test_is_left_alone_where_no_mailbox_is_set(self) -> None:
        assert await inbox(ISSUED) == {}

    @pytest.mark.usefixtures("confirmed")
    async def test_says_which_setting_to_look_at_where_nobody_answers(self) -> None:
        await dissemination(CODE, "tiep-nhan", at(ISSUED.date(), OPENS_AT))
        values = {"DONDOC_IMAP_HOST": HOST, "DONDOC_IMAP_PORT": str(free_port())}
        with environment(values), pytest.raises(ServiceError, match="DONDOC_IMAP_PORT"):
            await inbox(ISSUED + timedelta(days=1))


class TestDelivery:
    async def test_sends_what_waits_and_then_nothing(self, confirmed: Path) -> None:
        await dissemination(CODE, "tiep-nhan", at(ISSUED.date(), OPENS_AT))
        assert await delivery(ISSUED + timedelta(days=1)) == {}
        with database().read() as session:
            assert set(session.exec(select(Message.state))) == {MessageState.SENT}


@pytest.mark.usefixtures("no_runs")
class TestLifecycle:
    async def test_sets_every_timer_at_its_date(self, confirmed: Path) -> None:
        done = await lifecycle(CODE, ISSUED)
        async with get_client() as client:
            runs = await scheduling.scheduled_runs(client, [CODE])
        assert done.created == len(runs) == 134
        last = runs[-1].expected_start_time
        assert last is not None
        assert last.astimezone(TIMEZONE) == at(a_round("tong-ket").closes, CLOSES_AT)
        assert all(CODE in run.tags for run in runs)

    async def test_again_changes_nothing(self, confirmed: Path) -> None:
        await lifecycle(CODE, ISSUED)
        again = await lifecycle(CODE, ISSUED)
        assert (again.created, again.deleted) == (0, 0)

    async def test_sets_none_while_questions_are_open(self, registered: Path) -> None:
        assert (await lifecycle(CODE, ISSUED)).created == 0

    async def test_replaces_the_timers_of_a_moved_date(self, confirmed: Path) -> None:
        await lifecycle(CODE, ISSUED)
        with database().write() as session:
            moved = session.exec(select(Round).where(Round.code == "tong-ket")).one()
            moved.closes += timedelta(days=7)
            closes = moved.closes
            session.add(moved)
        again = await lifecycle(CODE, ISSUED)
        assert (again.created, again.deleted) == (1, 1)
        async with get_client() as client:
            runs = await scheduling.scheduled_runs(client, [CODE])
        keys = [run.idempotency_key for run in runs if "tong-ket/summary" in run.idempotency_key]
        assert keys == [f"{CODE}/tong-ket/summary@{closes:%Y-%m-%d}T16:00"]
