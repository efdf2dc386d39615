"""Links that units need no account for: what each opens, and everything that opens nothing."""

import random
import string
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from itsdangerous import URLSafeSerializer
from sqlmodel import select

from models.database import Database
from models.round import Obligation
from models.settings import Settings
from models.unit import Unit
from tasks import keys
from tasks.links import LONGEST, BadLink, LinkPurpose, Links, take_back
from tests.tasks.office import at, owed

NOW = at(2024, 5, 20)
LAST = date(2024, 11, 30)
A, B = "kl-1/bao-cao/so-a", "kl-1/bao-cao/so-b"
LETTERS = string.ascii_letters + string.digits + "-_"
KEY, OTHER, OLD = "k" * 43, "o" * 43, "d" * 43
OURS = Links((KEY, OLD), "https://don-doc.example")


def opens(
    db: Database,
    token: str,
    purpose: LinkPurpose = LinkPurpose.TASK,
    as_of: datetime = NOW,
    links: Links = OURS,
) -> int | None:
    """What a token opens; None where it opens nothing."""
    with db.read() as session:
        try:
            return links.read(session, purpose, token, as_of)
        except BadLink:
            return None


def id_of(db: Database, code: str = A) -> int:
    with db.read() as session:
        found = owed(session, code).id
        assert found
        return found


def token(db: Database, **changed: object) -> str:
    parts = {"purpose": LinkPurpose.TASK, "id_": id_of(db), "revoked": 0, "last": LAST} | changed
    return OURS.token(**parts)  # type: ignore[arg-type]


def last_part(address: str) -> str:
    return address.rpartition("/")[2].removesuffix(".ics")


class TestALink:
    @pytest.mark.parametrize("purpose", LinkPurpose)
    def test_opens_its_thing_for_its_purpose_alone(
        self, asking: Database, purpose: LinkPurpose
    ) -> None:
        found = token(asking, purpose=purpose)
        opened = {other: opens(asking, found, other) for other in LinkPurpose}
        assert opened == {other: id_of(asking) if other is purpose else None for other in opened}

    def test_is_the_same_in_every_mail_about_the_same_thing(self, asking: Database) -> None:
        assert token(asking) == token(asking)
        assert token(asking) != token(asking, id_=id_of(asking, B))

    def test_is_good_to_the_end_of_its_last_day_in_vietnam(self, asking: Database) -> None:
        found = token(asking)
        assert opens(asking, found, as_of=at(2024, 11, 30, 23, 59))
        assert opens(asking, found, as_of=at(2024, 12, 1, 0)) is None

    def test_of_a_task_is_good_half_a_year_after_its_end(self, asking: Database) -> None:
        found = last_part(OURS.task(id_of(asking), 0, date(2024, 6, 3)))
        end = at(2024, 6, 3) + timedelta(days=180)
        assert opens(asking, found, as_of=end)
        assert opens(asking, found, as_of=end + timedelta(days=1)) is None

    def test_of_a_unit_and_of_its_calendar_open_the_unit(self, asking: Database) -> None:
        with asking.read() as session:
            number = session.exec(select(Unit.id).where(Unit.code == "so-a")).one()
        assert number
        page, feed = OURS.unit(number, 0, NOW.date()), OURS.calendar(number, 0, NOW.date())
        assert page.startswith("https://don-doc.example/u/")
        assert feed.startswith("https://don-doc.example/c/") and feed.endswith(".ics")
        assert opens(asking, last_part(page), LinkPurpose.UNIT) == number
        assert opens(asking, last_part(feed), LinkPurpose.CALENDAR) == number

    def test_is_short_enough_for_a_line_of_a_mail(self, asking: Database) -> None:
        assert len(OURS.token(LinkPurpose.TASK, 2**31 - 1, 2**31 - 1, date(2100, 12, 31))) < 100

    def test_says_until_when_it_was_good(self, asking: Database) -> None:
        with asking.read() as session, pytest.raises(BadLink, match="30/11/2024"):
            OURS.read(session, LinkPurpose.TASK, token(asking), at(2025, 1, 1))

    def test_keeps_the_keys_out_of_what_is_logged(self) -> None:
        assert KEY not in repr(OURS)


class TestTakingBack:
    def test_ends_the_links_of_one_thing_alone_and_lets_new_ones_be_made(
        self, asking: Database
    ) -> None:
        mine, other = token(asking), token(asking, id_=id_of(asking, B))
        with asking.write() as session:
            take_back(session, owed(session, A))
        assert opens(asking, mine) is None
        assert opens(asking, other)
        assert opens(asking, token(asking, revoked=1))

    def test_of_a_unit_ends_its_page_and_calendar(self, asking: Database) -> None:
        with asking.write() as session:
            unit = session.exec(select(Unit).where(Unit.code == "so-a")).one()
            assert unit.id
            page, feed = OURS.unit(unit.id, 0, LAST), OURS.calendar(unit.id, 0, LAST)
            take_back(session, unit)
        assert opens(asking, last_part(page), LinkPurpose.UNIT) is None
        assert opens(asking, last_part(feed), LinkPurpose.CALENDAR) is None


class TestRotation:
    @pytest.fixture
    def installation(self, tmp_path: Path) -> Settings:
        return Settings(data=tmp_path)

    def test_keeps_old_links_alive(self, asking: Database, installation: Settings) -> None:
        old = Links.of(installation).token(LinkPurpose.TASK, id_of(asking), 0, LAST)
        for _ in range(3):
            keys.rotate(installation.data)
        links = Links.of(installation)
        assert opens(asking, old, links=links)
        new = links.token(LinkPurpose.TASK, id_of(asking), 0, LAST)
        assert new != old
        assert opens(asking, new, links=links)

    def test_kills_them_where_old_keys_are_dropped(
        self, asking: Database, installation: Settings
    ) -> None:
        old = Links.of(installation).token(LinkPurpose.TASK, id_of(asking), 0, LAST)
        keys.rotate(installation.data)
        newer = Links.of(installation).token(LinkPurpose.TASK, id_of(asking), 0, LAST)
        keys.rotate(installation.data, drop_old=True)
        links = Links.of(installation)
        assert [opens(asking, found, links=links) for found in (old, newer)] == [None, None]


def signed_by(key: str, parts: object, purpose: str = "task") -> str:
    how = {"digest_method": sha256, "key_derivation": "hmac"}
    return str(URLSafeSerializer([key], salt=f"dondoc.{purpose}", signer_kwargs=how).dumps(parts))


class TestTenThousandBadTokens:
    """One real token of a task, and what is made of it by changing, cutting, swapping, waiting."""

    def test_open_nothing(self, asking: Database) -> None:
        number, other = id_of(asking), id_of(asking, B)
        with asking.write() as session:
            taken = session.get_one(Obligation, other)
            take_back(session, taken)
        good = token(asking)
        bad = {found for found in wrong(good, number, other) if found != good}
        assert len(bad) >= 10_000
        with asking.read() as session:
            for found in bad:
                with pytest.raises(BadLink):
                    OURS.read(session, LinkPurpose.TASK, found, NOW)
            assert OURS.read(session, LinkPurpose.TASK, good, NOW) == number


def wrong(good: str, number: int, other: int) -> Iterator[str]:
    """Tokens of which none may open a task on 20 May 2024; `other` was taken back once."""
    some = random.Random(53)
    payload, signature = good.split(".")
    yield from changed(good)
    yield from cut(good)
    yield from (f"{payload}.{signature[:-1]}{letter}" for letter in LETTERS)  # the same bytes
    yield from (signed_by(OTHER, [n, 0, LAST.toordinal()]) for n in range(1_000))
    for n in range(1_000):  # signed for another thing, day or counter than it says
        foreign = OURS.token(LinkPurpose.TASK, n, 1, LAST)
        yield f"{foreign.split('.')[0]}.{signature}"
        yield f"{payload}.{foreign.split('.')[1]}"
    for days in range(1, 1_001):
        last = NOW.date() - timedelta(days=days)
        yield OURS.token(LinkPurpose.TASK, some.choice([number, other]), days % 2, last)
    for counter in range(1, 501):
        yield OURS.token(LinkPurpose.TASK, number, counter, LAST)
        yield OURS.token(LinkPurpose.TASK, other, counter - 1 if counter != 2 else 0, LAST)
    for purpose in (LinkPurpose.UNIT, LinkPurpose.CALENDAR, LinkPurpose.WORKBOOK):
        yield from (OURS.token(purpose, n, 0, LAST) for n in range(300))
    yield from (OURS.token(LinkPurpose.TASK, n, 0, LAST) for n in range(10_000, 10_500))  # no such
    for _ in range(1_000):
        yield "".join(some.choices(LETTERS + ".%/+= \0ạ", k=some.randrange(0, LONGEST + 50)))
    yield from (good + letter for letter in string.printable)
    yield from (letter + good for letter in string.printable)


def changed(good: str) -> Iterator[str]:
    """Every other letter at every place, and neighbours exchanged."""
    for place, letter in enumerate(good):
        for other in (*LETTERS, ".", "=", " ", "\n", "ạ"):
            if other != letter:
                yield good[:place] + other + good[place + 1 :]
    for place in range(len(good) - 1):
        yield good[:place] + good[place + 1] + good[place] + good[place + 2 :]


def cut(good: str) -> Iterator[str]:
    """Every beginning and end, every letter left out or doubled, and other ways to write it."""
    for place in range(len(good)):
        yield good[:place]
        yield good[place + 1 :]
        yield good[:place] + good[place + 1 :]
        yield good[: place + 1] + good[place:]
    yield from (good.upper(), good.lower(), good + "=", good + "==", good * 2, f".{good}")
