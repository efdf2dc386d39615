"""What the operator is mailed of, how often, by whom: against a real mail server."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from models.database import Database
from models.errors import ServiceError
from models.settings import Settings
from models.words import Part, Watched
from tasks import alerts, stoppages
from tasks.alerts import Watch, watch_once
from tasks.pulses import beat, missed, pulses
from tests.tasks.office import at
from tests.tasks.relay import HOST, Relay

NOW = at(2024, 5, 22, 10)
MINUTES = timedelta(minutes=1)
OPERATOR = "truc@van-phong.example"


class Post:
    """A relay, and the mails that it took."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder, self.settings = folder, settings

    def mails(self) -> list[EmailMessage]:
        files = sorted(self.folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        found = [message_from_bytes(f.read_bytes(), policy=policy.default) for f in files]
        return [mail for mail in found if isinstance(mail, EmailMessage)]

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mails()]


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    folder = tmp_path / "mail"
    folder.mkdir()
    async with Relay(folder).listening() as port:
        yield Post(
            folder,
            Settings(data=tmp_path, smtp_host=HOST, smtp_port=port, operator_email=OPERATOR),
        )


def is_well(db: Database, as_of: datetime) -> None:
    with db.write() as session:
        for part in (Part.DELIVERY, Part.RECONCILE, Part.REMINDERS, Part.ALERTS):
            beat(session, part, as_of)


def stops(db: Database, as_of: datetime, part: Part = Part.RECONCILE) -> None:
    with db.write() as session:
        missed(session, part, as_of, "Prefect không trả lời")


async def looks(db: Database, post: Post, *moments: datetime) -> None:
    for moment in moments:
        await watch_once(db, post.settings, moment)


async def test_a_trouble_is_told_once_daily_while_it_lasts_and_when_it_is_over(
    db: Database, post: Post
) -> None:
    is_well(db, NOW)
    stops(db, NOW - 40 * MINUTES)
    await looks(db, post, NOW)
    assert post.subjects() == []  # it may be over in a moment
    await looks(db, post, NOW + 10 * MINUTES, NOW + 20 * MINUTES)
    assert post.subjects() == ["[Đôn Đốc] Sự cố: Đối chiếu lịch hẹn"]
    text = post.mails()[0].get_content()
    assert "Prefect không trả lời" in text
    assert post.mails()[0]["To"] == OPERATOR
    assert post.mails()[0]["Auto-Submitted"] == "auto-generated"
    later = NOW + timedelta(days=1, minutes=10)
    is_well(db, later)
    stops(db, NOW - 40 * MINUTES)
    await looks(db, post, later)
    assert post.subjects()[1:] == ["[Đôn Đốc] Sự cố chưa khắc phục: Đối chiếu lịch hẹn"]
    is_well(db, later + 5 * MINUTES)
    await looks(db, post, later + 10 * MINUTES, later + 20 * MINUTES, later + 30 * MINUTES)
    assert post.subjects()[2:] == ["[Đôn Đốc] Đã khắc phục: Đối chiếu lịch hẹn"]
    with db.read() as session:
        assert alerts.told(session) == []


async def test_what_comes_and_goes_makes_no_mail(db: Database, post: Post) -> None:
    for n in range(6):
        moment = NOW + n * 10 * MINUTES
        is_well(db, moment)
        if n % 2:
            stops(db, moment - 40 * MINUTES)
        await looks(db, post, moment)
    assert post.subjects() == []


async def test_of_several_that_look_at_once_one_mails(db: Database, post: Post) -> None:
    is_well(db, NOW)
    stops(db, NOW - 40 * MINUTES)
    await looks(db, post, NOW)
    later = NOW + 10 * MINUTES
    await asyncio.gather(*(watch_once(db, post.settings, later) for _n in range(4)))
    assert len(post.subjects()) == 1


async def test_who_dies_while_mailing_leaves_it_to_the_next_under_the_same_number(
    db: Database, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_well(db, NOW)
    stops(db, NOW - 40 * MINUTES)
    await looks(db, post, NOW)

    def dies(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(alerts, "_told", dies)
        with pytest.raises(KeyboardInterrupt):
            await looks(db, post, NOW + 10 * MINUTES)
    (first,) = [mail["Message-ID"] for mail in post.mails()]
    await looks(db, post, NOW + 14 * MINUTES)  # the claim still holds
    next(post.folder.glob("*.eml")).unlink()
    await looks(db, post, NOW + 15 * MINUTES)
    assert [mail["Message-ID"] for mail in post.mails()] == [first]


async def test_a_relay_that_is_ill_is_tried_again_and_the_page_says_so(
    db: Database, post: Post
) -> None:
    dead = post.settings.model_copy(update={"smtp_port": 9})
    with db.write() as session:
        stoppages.stop(session, dead, "không kết nối được", NOW - 30 * MINUTES)
    is_well(db, NOW)
    await watch_once(db, dead, NOW)
    with pytest.raises(ServiceError):
        await watch_once(db, dead, NOW + 10 * MINUTES)
    with db.read() as session:
        assert pulses(session)[Part.ALERTS].failed_at == NOW + 10 * MINUTES
        assert [(row.name, row.told_at) for row in alerts.told(session)] == [(Watched.RELAY, None)]
    another = dead.model_copy(
        update={"alert_smtp_host": HOST, "alert_smtp_port": post.settings.smtp_port}
    )
    await watch_once(db, another, NOW + 20 * MINUTES)
    assert post.subjects() == ["[Đôn Đốc] Sự cố: Máy chủ gửi thư"]


async def test_a_database_that_is_gone_is_told_once_a_day_by_each_process(
    post: Post, tmp_path: Path
) -> None:
    gone = Database("postgresql+psycopg://127.0.0.1:9/x")
    watch = Watch(gone, post.settings)
    for minutes in (0, 10, 20, 60):
        await watch.look(NOW + minutes * MINUTES)
    assert post.subjects() == ["[Đôn Đốc] Sự cố: Cơ sở dữ liệu"]
    await watch.look(NOW + timedelta(days=1, minutes=10))
    assert len(post.subjects()) == 2


async def test_without_an_operator_nobody_is_mailed_and_the_page_still_shows_it(
    db: Database, post: Post
) -> None:
    nobody = post.settings.model_copy(update={"operator_email": ""})
    is_well(db, NOW)
    stops(db, NOW - 40 * MINUTES)
    for minutes in (0, 10, 20):
        await watch_once(db, nobody, NOW + minutes * MINUTES)
    assert post.subjects() == []
    with db.read() as session:
        assert [row.name for row in alerts.told(session)] == [Watched.RECONCILE]
