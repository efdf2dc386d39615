"""Timers follow the due dates that are owed: an extension's take the place of the round's own."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from sqlmodel import Session, select

from flows.lifecycle import lifecycle
from flows.reminders import reminders
from flows.reporting import reporting
from flows.summary import summary
from models.calendar import vietnam
from models.database import database
from models.ladder import LADDER, day_of_step
from models.mail import Reminder
from models.round import Obligation, Round
from models.timers import REMINDS_AT, at
from models.vietnamese import TIMEZONE
from models.words import ReliefKind
from tasks import lookup, reliefs, scheduling
from tests.tasks.office import (
    A_REPORT,
    ISSUED,
    OFFICE,
    SO_A,
    SO_B,
    a_file,
    a_round,
    a_unit,
    answer,
    issue,
    know,
    report_file,
)

pytestmark = [
    pytest.mark.xdist_group("prefect"),
    pytest.mark.usefixtures("prefect", "no_runs", "office"),
]

OPENED = datetime(2024, 5, 6, 8, tzinfo=TIMEZONE)
DUE, UNTIL, CLOSES = date(2024, 6, 3), date(2024, 6, 20), date(2024, 6, 10)


def ladder(due: date) -> list[date]:
    """The days on which the ladder to a due date speaks."""
    return [day_of_step(step, due, vietnam()) for step in LADDER]


async def waiting(flow: str = "reminders") -> list[date]:
    """The days of the timers of a flow that wait in Prefect for the one round."""
    async with get_client() as client:
        runs = await scheduling.scheduled_runs(client, ["kl-1"])
    found = [run for run in runs if f"/{flow}@" in (run.idempotency_key or "")]
    assert all(run.expected_start_time for run in found)
    return [run.expected_start_time.astimezone(TIMEZONE).date() for run in found
            if run.expected_start_time]  # fmt: skip


def extend(code: str, until: date, as_of: datetime) -> None:
    with database().write() as session:
        why, by = "Thiếu số liệu.", "Chánh Văn phòng"
        asked = reliefs.ask(session, code, ReliefKind.EXTENSION, why, "văn thư", as_of, until)
        reliefs.decide(session, lookup.id_of(asked), True, by, "", vietnam(), as_of)


def given() -> list[tuple[date, str]]:
    """The reminders given: for which due date, which step."""
    with database().read() as session:
        rows = session.exec(select(Reminder).order_by(Reminder.id))  # type: ignore[arg-type]
        return [(row.due, row.step) for row in rows]


@pytest.fixture
async def opened(office: Path) -> None:
    """so-a and so-b are asked on 6 May 2024 for a report by 3 June, with every timer set."""
    with database().write() as session:
        know(session, OFFICE, SO_A, SO_B)
        issue(session, report_file())
    await lifecycle("kl-1", ISSUED)
    assert await reporting("kl-1", "bao-cao", OPENED) == 2
    await lifecycle("kl-1", OPENED)


@pytest.mark.usefixtures("opened")
class TestAnExtension:
    async def test_adds_its_timers_while_others_owe_by_the_old_date(self) -> None:
        assert await waiting() == ladder(DUE)
        extend("kl-1/bao-cao/so-b", UNTIL, OPENED)
        await lifecycle("kl-1", OPENED)
        assert await waiting() == sorted({*ladder(DUE), *ladder(UNTIL)})

    async def test_replaces_them_where_only_that_unit_still_owes(self) -> None:
        answer(database(), "kl-1/bao-cao/so-a", A_REPORT, at(date(2024, 5, 20), REMINDS_AT))
        extend("kl-1/bao-cao/so-b", UNTIL, at(date(2024, 5, 21), REMINDS_AT))
        done = await lifecycle("kl-1", OPENED)
        assert (done.created, done.deleted, done.rerun) == (len(LADDER), len(LADDER), 0)
        assert await waiting() == ladder(UNTIL)
        assert await waiting("summary") == [CLOSES]
        again = await lifecycle("kl-1", OPENED)
        assert (again.created, again.deleted, again.rerun) == (0, 0, 0)

    async def test_lets_nothing_fire_for_the_old_date(self) -> None:
        answer(database(), "kl-1/bao-cao/so-a", A_REPORT, at(date(2024, 5, 20), REMINDS_AT))
        extend("kl-1/bao-cao/so-b", UNTIL, at(date(2024, 5, 21), REMINDS_AT))
        for day in ladder(DUE):  # an old timer that ran all the same
            assert await reminders("kl-1", "bao-cao", at(day, REMINDS_AT)) == 0
        assert given() == []
        for day in ladder(UNTIL)[:4]:
            assert await reminders("kl-1", "bao-cao", at(day, REMINDS_AT)) == 1
        assert given() == [(UNTIL, step.code) for step in LADDER[:4]]

    async def test_keeps_its_timers_when_the_round_closes(self) -> None:
        extend("kl-1/bao-cao/so-b", UNTIL, OPENED)
        await lifecycle("kl-1", OPENED)
        closing = datetime(2024, 6, 10, 16, tzinfo=TIMEZONE)
        assert await summary("kl-1", "bao-cao", closing)
        await lifecycle("kl-1", closing)
        assert await waiting() == ladder(UNTIL)
        assert await waiting("reporting") == await waiting("summary") == []

    async def test_leaves_none_once_the_unit_has_answered(self) -> None:
        for code in ("kl-1/bao-cao/so-a", "kl-1/bao-cao/so-b"):
            extend(code, UNTIL, OPENED)
            answer(database(), code, A_REPORT, at(date(2024, 5, 20), REMINDS_AT))
        await lifecycle("kl-1", OPENED)
        assert await waiting() == []


class TestLevels:
    """Quarterly figures: communes send two worked days before the bodies of the province."""

    def fill(self, session: Session, *rows: Any) -> Round:
        know(session, OFFICE, *rows)
        quarter = a_round(when={"every": "quarter", "first": 2024, "last": 2024, "only": [3]})
        issue(session, a_file(rounds=[quarter]))
        found = session.exec(select(Round)).one()
        assert len({*found.by_level.values()}) == 2
        return found

    @pytest.mark.parametrize("open_first", [False, True])
    async def test_have_the_timers_of_each_date(self, open_first: bool) -> None:
        commune = a_unit("so-xa", level="commune", kind="people-committee")
        with database().write() as session:
            found = self.fill(session, SO_A, commune)
            dues = {date.fromisoformat(day) for day in found.by_level.values()}
            code, opens = found.code, found.opens
        if open_first:
            await reporting("kl-1", code, at(opens, REMINDS_AT))
            with database().read() as session:
                assert {owed.due for owed in session.exec(select(Obligation))} == dues
        await lifecycle("kl-1", ISSUED)
        wanted = {day for due in dues for day in ladder(due) if day > opens}
        assert await waiting() == sorted(wanted)

    async def test_that_nobody_asked_is_of_have_none_once_open(self) -> None:
        with database().write() as session:
            found = self.fill(session, SO_A)
            code, opens = found.code, found.opens
        await lifecycle("kl-1", ISSUED)
        both = await waiting()
        await reporting("kl-1", code, at(opens, REMINDS_AT))
        await lifecycle("kl-1", ISSUED)
        with database().read() as session:
            due = session.exec(select(Obligation)).one().due
        assert await waiting() == [day for day in ladder(due) if day > opens] != both
