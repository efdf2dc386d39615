"""Senders that are killed at any moment, and many at once: each mail is sent, and known to be."""

import asyncio
import os
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from bisect import bisect_right
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from models.database import Database
from models.words import MessageState
from tasks.mime import reference
from tasks.outbox import LEASE
from tests.tasks.post import NOW, everything, queue_to
from tests.tasks.scripted_relay import HOST, Answer, Rule, Say, Script, ScriptedRelay, Talk

pytestmark = pytest.mark.xdist_group("delivery")

SECOND = timedelta(seconds=1)
A_START = 40  # mails queued before each start
A_LITTLE = 0.02  # seconds


@dataclass
class Senders:
    """The process that starts senders."""

    process: Process
    errors: Path

    async def start(self, many: int, as_of: datetime, batch: int) -> list[int]:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{many} {as_of.isoformat()} {batch}\n".encode())
        return await self.numbers()

    async def numbers(self) -> list[int]:
        assert self.process.stdout is not None
        return [int(word) for word in (await self.process.stdout.readline()).split()]

    def said(self) -> str:
        return self.errors.read_text("utf-8") if self.errors.exists() else ""


@asynccontextmanager
async def senders(
    db: Database, port: int, folder: Path, connections: int
) -> AsyncIterator[Senders]:
    variables = {
        "DONDOC_DATABASE_URL": db.engine.url.render_as_string(hide_password=False),
        "DONDOC_DATA": str(folder),
        "DONDOC_SMTP_HOST": HOST,
        "DONDOC_SMTP_PORT": str(port),
        "DONDOC_SMTP_CONNECTIONS": str(connections),
        "ERRORS": str(folder / "errors"),
    }
    command = (sys.executable, "-m", "tests.tasks.sender")
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, env=os.environ | variables
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        assert await process.stdout.readline() == b"ready\n"
        yield Senders(process, folder / "errors")
    finally:
        process.stdin.close()
        await process.wait()


@dataclass
class Seen:
    """What came of killing senders: kills that met one alive, and copies beyond the first."""

    kills: int = 0
    journals: int = 0  # that a killed sender left behind
    extra: int = 0
    most_a_kill: int = 0


async def kill(db: Database, folder: Path, times: int, connections: int, seed: int = 0) -> Seen:
    """Starts a sender, kills it at a moment, and so on; the last one is let live."""
    moments, seen = random.Random(seed), Seen()
    first_talk: list[int] = []  # of each start
    relay = ScriptedRelay(Script(content=slowly(moments)))
    async with (
        relay.listening() as port,
        senders(db, port, folder, connections) as started,
    ):
        as_of = NOW
        for turn in range(times):
            addresses = [f"u{number}@so-{turn}.example" for number in range(A_START)]
            await asyncio.to_thread(queue_to, db, *addresses, as_of=NOW)
            first_talk.append(len(relay.talks))
            (child,) = await started.start(1, as_of, batch=20)
            ended = asyncio.create_task(started.numbers())
            await a_moment(moments, relay, ended)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            (status,) = await ended
            seen.kills += status == -signal.SIGKILL
            seen.journals += bool(list((folder / "sending").glob("*.jsonl")))
            as_of += SECOND  # its lease goes on: only its journal frees what it held
        for _turn in range(4):
            as_of += LEASE
            await started.start(1, as_of, batch=20)
            assert await started.numbers() == [0], started.said()
    seen.extra, seen.most_a_kill = extra(relay), most_of_one(relay, first_talk)
    assert relay.breaches == []
    check(db, relay, times * A_START)
    assert list((folder / "sending").glob("*.jsonl")) == []
    return seen


async def a_moment(
    moments: random.Random, relay: ScriptedRelay, ended: asyncio.Task[list[int]]
) -> None:
    """Waits for some mails to be taken, and then a little: to meet a claim, a mail, a commit."""
    wanted = len(relay.taken) + moments.randrange(A_START)
    while len(relay.taken) < wanted and not ended.done():  # noqa: ASYNC110 or a sender that ended
        await asyncio.sleep(0.0005)
    await asyncio.sleep(moments.uniform(0, A_LITTLE))


def slowly(moments: random.Random) -> Rule:
    """Answers some contents late by a few milliseconds, so that kills meet mails on their way."""

    def rule(_said: str, _talk: Talk) -> Answer:
        return Say("250 2.0.0 queued", after=moments.choice((0, 0, 0.002, 0.01)))

    return rule


def extra(relay: ScriptedRelay) -> int:
    """Copies beyond the first of each mail."""
    return len(relay.taken) - len(relay.copies())


def most_of_one(relay: ScriptedRelay, first_talk: list[int]) -> int:
    """How many copies one start made at most that had to be made again."""
    by_start: Counter[int] = Counter()
    last = {taken.reference: taken for taken in relay.taken}
    for taken in relay.taken:
        if taken is not last[taken.reference]:
            by_start[bisect_right(first_talk, taken.talk)] += 1
    return max(by_start.values(), default=0)


def check(db: Database, relay: ScriptedRelay, many: int) -> None:
    """Every mail is sent and known to be; every copy is the same mail."""
    found = everything(db)
    assert len(found) == many
    assert {mail.state for mail in found.values()} == {MessageState.SENT}
    assert relay.copies().keys() == {reference(key) for key in found}
    assert len({taken.content for taken in relay.taken}) == many


class TestKills:
    @pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
    async def test_cost_at_most_one_copy_each(self, post: Database, tmp_path: Path) -> None:
        seen = await kill(post, tmp_path, times=12, connections=1)
        assert seen.kills >= 6 and seen.journals
        assert seen.extra <= seen.kills
        assert seen.most_a_kill <= 1

    @pytest.mark.long
    @pytest.mark.parametrize("databases", ["postgres"], indirect=True)
    async def test_on_postgres_and_four_connections_too(
        self, post: Database, tmp_path: Path
    ) -> None:
        """A mail is on its way on each connection."""
        seen = await kill(post, tmp_path, times=6, connections=4)
        assert seen.kills >= 3 and seen.journals
        assert seen.most_a_kill <= 4

    @pytest.mark.long
    @pytest.mark.parametrize("connections", [1, 4])
    async def test_at_two_hundred_moments(
        self, post: Database, tmp_path: Path, connections: int
    ) -> None:
        seen = await kill(post, tmp_path, times=200, connections=connections)
        print(f"{post.engine.dialect.name}, {connections} connections: {seen}")
        assert seen.kills >= 150
        assert seen.most_a_kill <= connections


class TestEightAtOnce:
    async def test_send_each_mail_once(self, post: Database, tmp_path: Path) -> None:
        relay = ScriptedRelay()
        queue_to(post, *(f"u{number}@so-a.example" for number in range(400)))
        async with relay.listening() as port, senders(post, port, tmp_path, 1) as started:
            await started.start(8, NOW, batch=20)
            assert await started.numbers() == [0] * 8, started.said()
        check(post, relay, 400)
        assert extra(relay) == 0
        assert len({taken.talk for taken in relay.taken}) > 1
