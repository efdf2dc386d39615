"""Units that answer by the links in the mails they got, and remember what they were told."""

import asyncio
import email
import email.policy
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import httpx

from tests.faults.relay import taken

LINK = re.compile(r"https?://[^/\s]+(/t/[\w\-.~]+)")
NO_FILE = {"files": ("", b"", "application/octet-stream")}  # as a browser sends no file chosen
TIMEOUT = 15  # seconds a clerk waits for a page
PAUSE = 1.0  # seconds before trying again


@dataclass
class Task:
    """One unit's task: the answers it sent in order, and how many of them it was told are in."""

    path: str
    said: list[str] = field(default_factory=list)
    told: int = 0


@dataclass
class Units:
    """Everybody who was asked. What they were told is what must be there afterwards."""

    mail: Path
    pages: str
    received_on: date
    seed: int
    versions: int  # answers of each unit to each task: the first, then corrections
    at_once: int = 16
    pause: float = 0  # seconds a clerk takes between two answers, at most twice that
    tasks: dict[str, Task] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    trouble: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)

    @property
    def told(self) -> list[str]:
        """Every answer of which a unit was told that it is recorded."""
        return [said for task in self.tasks.values() for said in task.said[: task.told]]

    @property
    def said(self) -> set[str]:
        return {said for task in self.tasks.values() for said in task.said}

    async def work(self) -> None:
        """Reads mail and answers, until cancelled."""
        self.places = asyncio.Semaphore(self.at_once)
        limits = httpx.Limits(max_connections=self.at_once)
        async with (
            httpx.AsyncClient(base_url=self.pages, limits=limits, timeout=TIMEOUT) as client,
            asyncio.TaskGroup() as group,
        ):
            while True:
                for task in await asyncio.to_thread(self._asked):
                    group.create_task(self._answer(client, task))
                await asyncio.sleep(0.5)

    def _asked(self) -> list[Task]:
        """The tasks in mails that came since: each once, by the path of its link."""
        fresh = []
        for name in sorted(taken(self.mail).keys() - self.seen):
            self.seen.add(name)
            for link in sorted(links_in(self.mail / f"{name}.eml") - self.tasks.keys()):
                self.tasks[link] = Task(link)
                fresh.append(self.tasks[link])
        return fresh

    async def _answer(self, client: httpx.AsyncClient, task: Task) -> None:
        moments = random.Random(f"{self.seed}/{len(self.tasks)}")
        for n in range(1, self.versions + 1):
            await asyncio.sleep(moments.uniform(0, 2 * self.pause))
            task.said.append(f"Họp toàn thể lần {n}, {task.path[-12:]}")
            while task.told < n:
                async with self.places:
                    await self._try(client, task)
                if task.told < n:
                    await asyncio.sleep(PAUSE)

    async def _try(self, client: httpx.AsyncClient, task: Task) -> None:
        """Sends the newest answer once; a clerk who is told nothing sends the same again."""
        known = task.told
        form = {
            "received_on": self.received_on.isoformat(), "brought_to_staff": task.said[-1],
            "sender": "Nguyễn Văn A, văn thư", "built_on": str(known),
            "do": "confirm" if known else "send", "why": "Bổ sung nội dung" if known else "",
        }  # fmt: skip
        try:
            answer = await client.post(task.path, data=form, files=NO_FILE)
        except httpx.HTTPError as error:
            self.trouble[type(error).__name__] += 1
            return
        if answer.status_code == 303 and "/receipt/" in answer.headers["location"]:
            task.told += 1
        elif answer.status_code >= 500:
            self.trouble[str(answer.status_code)] += 1
        else:
            self.refused.append(f"{answer.status_code} {task.path} {answer.text[:3000]}")


def links_in(path: Path) -> set[str]:
    """The paths of the tasks a mail is about."""
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    assert body is not None
    return set(LINK.findall(body.get_content()))
