"""A database of the first tables, with rows in all that 0002 makes anew: nothing of it is lost."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlmodel import Session, col, select

from models.calendar import vietnam
from models.database import MIGRATIONS, Database
from models.mail import Message, Reminder
from models.reasons import RULES, in_vietnamese, in_words
from models.round import Obligation, Round
from models.settings import Settings
from models.tables import METADATA
from models.unit import Succession
from models.words import Ending, MessageState, Purpose, SuccessionKind
from tasks import summarising
from tasks.composing import Composer
from tasks.mime import reference
from tasks.reminding import remind
from tests.conftest import Databases
from tests.tables.rows import FIRST, Row, table
from tests.tasks.office import a_file, a_round, at
from tests.tasks.reading import parsed, part

DUE = date(2024, 3, 1)
CLOSED = at(2024, 3, 8, 16)
OPEN_UNTIL = date(2024, 6, 3)
# as the rules of before wrote them
REASON = [
    {"rule": "quote", "quote": "báo cáo quý", "lines": "12"},
    {"rule": "cutoff-nd09", "start": "15/12/2023", "cutoff": "14/03/2024"},
    {"rule": "cutoff-nine-months", "start": "15/12/2023", "cutoff": "14/09/2024"},
    {"rule": "cutoff-calendar", "start": "01/01/2024", "cutoff": "31/03/2024"},
    {"rule": "send-within", "days": "5"},
    {"rule": "shifted", "day": "23/03/2024", "why": "Thứ Bảy", "to": "25/03/2024"},
    {"rule": "computed", "year": "2031"},
    {"rule": "province-25", "day": "25/03/2024"},
]
ROW = {"code": "kl-1/dot-1/so-a", "directive": "1-KL/TU", "title": "Báo cáo", "asks": "Gửi.",
       "due": "01/03/2024", "overdue_days": 3, "step": "quá hạn 3 ngày làm việc",
       "unit": "Sở A"}  # fmt: skip


def old(name: str, /, **changed: Any) -> Row:
    """A row of a table as it was at 0001; the database gives it its id."""
    added = {
        "obligation": {"ended_at", "ending", "reason", "urged_from", "links_revoked"},
        "reminder": {"due", "days"}, "unit": {"links_revoked"},
        "round": {"by_level", "ladder", "needs_head", "outline", "checks", "with_subordinates"},
        "succession": {"kind"}, "submission": {"channel", "reason", "taken_from_id"},
        "indicator": {"basis", "choices", "part_of_id", "adds_up", "standard", "points"},
        "indicator_value": {"day", "choice"}, "round_indicator": {"title"},
        "contact": {"bounced_at", "bounce"}, "message": {"reference", "expires_at"},
    }.get(name, set[str]())  # fmt: skip
    values = {**FIRST[name], **changed}
    return {k: v for k, v in values.items() if k != "id" and k not in added}


def a_message(key: str, **changed: Any) -> Row:
    return old("message", key=key, directive_id=1, **changed)


def an_answer(obligation: int, kind: str, verdict: str, received: datetime, version: int) -> Row:
    return old(
        "submission", obligation_id=obligation, kind=kind, verdict=verdict, received_at=received,
        version=version, payload={"reason": "Không thuộc chức năng."},
    )  # fmt: skip


FILE = a_file(province="Thử", rounds=[a_round("dot")]).model_dump(
    mode="json", by_alias=True, exclude_defaults=True
)
SENT = {"state": "sent", "sent_at": at(2024, 3, 1)}
# so-a to so-e owe in dot-1, which has closed; so-f and so-g in dot-2, which is open
OLD: dict[str, list[Row]] = {
    "unit": [old("unit", code=f"so-{x}", name=f"Sở {x.upper()}") for x in "abcdefg"],
    "contact": [
        old("contact", unit_id=n, role=role) for n in range(1, 8) for role in ("clerk", "head")
    ],
    "succession": [old("succession"), old("succession", unit_id=3, successor_id=2)],
    "directive": [old("directive", file=FILE)],
    "indicator": [old("indicator")],
    "round": [
        old("round", reason=REASON, opened_at=at(2024, 2, 1), closed_at=CLOSED),
        old("round", code="dot-2", due=OPEN_UNTIL, closes=OPEN_UNTIL, closed_at=None),
        old("round", code="dot-3", opened_at=None, closed_at=None, overseer_id=1),
    ],
    "round_indicator": [old("round_indicator")],
    "obligation": [
        old("obligation", code=f"kl-1/dot-1/so-{x}", unit_id=n, answered_at=answered)
        for n, (x, answered) in enumerate(
            zip("abcde", [at(2024, 2, 28), None, None, None, at(2024, 3, 5)], strict=True), 1
        )
    ]
    + [
        old("obligation", code=f"kl-1/dot-2/so-{x}", unit_id=n, round_id=2, due=OPEN_UNTIL)
        for n, x in enumerate("fg", 6)
    ],
    "submission": [
        an_answer(1, "report", "accepted", at(2024, 2, 28), 1),
        an_answer(2, "decline", "accepted", at(2024, 2, 20), 1),
        an_answer(2, "decline", "accepted", at(2024, 2, 25), 2),
        an_answer(3, "decline", "refused", at(2024, 2, 20), 1),
        an_answer(5, "decline", "accepted", at(2024, 2, 20), 1),
        an_answer(5, "report", "accepted", at(2024, 3, 5), 2),
        an_answer(6, "decline", "accepted", at(2024, 3, 2), 1),
    ],
    "indicator_value": [old("indicator_value")],
    "message": [
        a_message("obligation:1:open", obligation_id=1, **SENT),
        a_message("unit:4:reminder:2024-03-01", unit_id=4, purpose="reminder",
                  template="reminder", context={"day": "2024-03-01", "items": [ROW]}, **SENT),
        a_message("unit:1:escalation:2024-03-06", purpose="escalation", template="escalation",
                  context={"day": "2024-03-06", "items": [ROW]}, **SENT),
        a_message("obligation:2:refusal:1", purpose="refusal", state="failed", outcome="550"),
    ],
    "reminder": [
        old("reminder", obligation_id=4, step="before-7", message_id=2),
        old("reminder", obligation_id=4, step="before-3"),
        old("reminder", obligation_id=4, step="before-1"),
        old("reminder", obligation_id=4, step="due"),
        old("reminder", obligation_id=4, step="overdue-1", addressee="head"),
        old("reminder", obligation_id=4, step="overdue-3", addressee="head", message_id=2,
            purpose="escalation"),
        old("reminder", obligation_id=7, step="before-7"),
    ],
}  # fmt: skip
ANEW = ("message", "obligation", "reminder", "round", "succession")


def to_revision(db: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = db.engine
    command.upgrade(config, revision)


def live(db: Database) -> None:
    """The first tables, filled."""
    to_revision(db, "0001")
    with db.engine.begin() as connection:
        for found in METADATA.sorted_tables:
            for row in OLD.get(found.name, ()):
                # as it was then: the table of now would fill in columns that came later
                columns = (sa.column(name, found.c[name].type) for name in row)
                connection.execute(sa.insert(sa.table(found.name, *columns)).values(row))


def kept(db: Database, name: str) -> list[Any]:
    """The rows of a table in the columns that 0001 has."""
    columns = [table(name).c[column] for column in OLD[name][0]]
    with db.engine.connect() as connection:
        return list(connection.execute(sa.select(*columns).order_by(*table(name).primary_key)))


@pytest.fixture
def first(databases: Databases) -> Iterator[Database]:
    """A database as the program of before left it."""
    yield from databases.like(databases.template("revision_0001", live))


@pytest.fixture
def upgraded(databases: Databases) -> Iterator[Database]:
    """That database, brought up to date."""
    before = databases.template("revision_0001", live)
    yield from databases.like(databases.template("upgraded", Database.migrate, like=before))


def tasks_of(session: Session) -> dict[str, Obligation]:
    """The obligations by the letter of their unit."""
    found = session.exec(select(Obligation).order_by(col(Obligation.id)))
    return {obligation.code[-1]: obligation for obligation in found}


class TestNothing:
    def test_is_lost(self, first: Database) -> None:
        before = {name: kept(first, name) for name in OLD}
        assert all(len(rows) == len(OLD[name]) for name, rows in before.items())
        first.migrate()
        for name, rows in before.items():
            found = kept(first, name)
            if name == "round":
                rows, found = without_reason(rows), without_reason(found)  # noqa: PLW2901 they are reworded
            assert found[: len(rows)] == rows, name
            assert len(found) == len(rows) + (name == "reminder"), name  # one step spoke to two

    def test_is_left_without_what_it_refers_to(self, upgraded: Database) -> None:
        with upgraded.engine.connect() as connection:
            if upgraded.engine.dialect.name == "sqlite":
                assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
                assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
            for name in ANEW:
                for foreign in table(name).foreign_keys:
                    orphans = sa.select(sa.func.count()).where(
                        foreign.parent.is_not(None),
                        foreign.parent.not_in(sa.select(foreign.column)),
                    )
                    assert connection.scalar(orphans) == 0, foreign

    @pytest.mark.parametrize("name", ["obligation", "round"])
    def test_that_is_referred_to_can_be_deleted(self, upgraded: Database, name: str) -> None:
        """The tables that were not made anew refer to the new ones."""
        statement = sa.delete(table(name)).where(table(name).c.id == 1)
        with pytest.raises(sa.exc.IntegrityError), upgraded.write() as session:
            session.execute(statement)

    def test_is_done_again(self, upgraded: Database) -> None:
        before = {name: kept(upgraded, name) for name in OLD}
        upgraded.migrate()
        assert {name: kept(upgraded, name) for name in OLD} == before

    def test_is_in_the_way_of_new_rows(self, upgraded: Database) -> None:
        with upgraded.write() as session:
            for name in ANEW:
                newest = session.scalar(sa.select(sa.func.max(table(name).c.id)))
                values = {**FIRST[name], **NEW[name]}
                del values["id"]
                statement = sa.insert(table(name)).values(values).returning(table(name).c.id)
                assert session.scalar(statement) == (newest or 0) + 1, name


NEW: dict[str, Row] = {
    "message": {"key": "k9", "reference": "9" * 32, "purpose": "decision"},
    "obligation": {"round_id": 3, "code": "kl-1/dot-3/so-a"},
    "reminder": {"due": date(2024, 3, 20), "purpose": "escalation"},
    "round": {"code": "dot-9"},
    "succession": {"unit_id": 4, "successor_id": None, "kind": "end"},
}


def without_reason(rows: list[Any]) -> list[Any]:
    return [{k: v for k, v in row._mapping.items() if k != "reason"} for row in rows]


class TestObligations:
    def test_that_are_over_say_since_when_and_why(self, upgraded: Database) -> None:
        with upgraded.read() as session:
            found = {x: (o.ending, o.ended_at) for x, o in tasks_of(session).items()}
            assert {o.reason == [] for o in tasks_of(session).values()} == {True}
        assert found == {
            "a": (None, None),  # answered
            "b": (Ending.DECLINED, at(2024, 2, 20)),  # when it first declined
            "c": (Ending.CLOSED, CLOSED),  # its refusal was refused
            "d": (Ending.CLOSED, CLOSED),
            "e": (None, None),  # declined and then answered
            "f": (Ending.DECLINED, at(2024, 3, 2)),
            "g": (None, None),
        }

    def test_that_are_open_are_urged_and_no_others(self, upgraded: Database) -> None:
        with upgraded.write() as session:
            told = remind(session, vietnam(), at(2024, 6, 3, 8, 30))
            assert (told.digests, told.escalations) == (1, 0)
            newest = session.exec(select(Reminder).order_by(col(Reminder.id).desc())).first()
            assert newest is not None
            assert newest.obligation_id == tasks_of(session)["g"].id
            assert (newest.step, newest.due, newest.days) == ("due", OPEN_UNTIL, 0)


class TestReminders:
    def test_know_the_date_they_urged_for_and_their_day(self, upgraded: Database) -> None:
        with upgraded.read() as session:
            rows = session.exec(select(Reminder).order_by(col(Reminder.id))).all()
            owner = {o.id: x for x, o in tasks_of(session).items()}
        found = [(owner[r.obligation_id], r.step, r.days, r.due, r.purpose) for r in rows]
        urged = Purpose.REMINDER
        assert found == [
            ("d", "before-7", -7, DUE, urged),
            ("d", "before-3", -3, DUE, urged),
            ("d", "before-1", -1, DUE, urged),
            ("d", "due", 0, DUE, urged),
            ("d", "overdue-1", 1, DUE, urged),
            ("d", "overdue-3", 3, DUE, Purpose.ESCALATION),
            ("g", "before-7", -7, OPEN_UNTIL, urged),
            ("d", "overdue-3", 3, DUE, urged),  # the last step spoke to the unit as well
        ]
        assert rows[-1].message_id == rows[5].message_id == 2


class TestRounds:
    def test_have_no_dates_of_levels_and_no_ladder_of_their_own(self, upgraded: Database) -> None:
        with upgraded.read() as session:
            rounds = session.exec(select(Round).order_by(col(Round.id))).all()
            ladders = session.scalar(sa.text("SELECT count(*) FROM round WHERE ladder IS NULL"))
        assert [found.by_level for found in rounds] == [{}, {}, {}]
        assert ladders == len(rounds)

    def test_say_their_reason_in_the_words_of_now(self, upgraded: Database) -> None:
        with upgraded.read() as session:
            reason = session.get_one(Round, 1).reason
        assert len(reason) == len(REASON)
        assert {row["rule"] for row in reason} <= RULES
        assert [row for row in reason if row in REASON] == [
            row for row in REASON if not row["rule"].startswith(("cutoff-", "province-"))
        ]
        for words in (in_words(reason), in_vietnamese(reason)):
            for said in (
                "báo cáo quý", "15/12/2023", "14/03/2024", "Nghị định 09/2019/NĐ-CP, Điều 12",
                "Thanh tra Chính phủ", "năm dương lịch", "25/03/2024", "2031",
            ):  # fmt: skip
                assert said in words


class TestSuccession:
    def test_was_always_a_merger(self, upgraded: Database) -> None:
        with upgraded.read() as session:
            rows = session.exec(select(Succession).order_by(col(Succession.id))).all()
        assert [(r.unit_id, r.successor_id, r.kind) for r in rows] == [
            (1, 2, SuccessionKind.MERGE), (3, 2, SuccessionKind.MERGE),
        ]  # fmt: skip


class TestMailThatWaited:
    @pytest.mark.parametrize("purpose", ["open", "reminder", "escalation"])
    def test_is_written_or_dropped(self, first: Database, purpose: str) -> None:
        """Queued by the program of before, sent by the one of now."""
        context = {} if purpose == "open" else {"day": "2024-03-06", "to_head": False,
                                                "items": [ROW | {"telephone": "0"}]}  # fmt: skip
        template = "reporting" if purpose == "open" else purpose
        waiting = a_message(
            "waiting", purpose=purpose, template=template, context=context, obligation_id=7
        )
        with first.engine.begin() as connection:
            connection.execute(sa.insert(table("message")).values(waiting))
        first.migrate()
        with first.read() as session:
            mail = session.exec(select(Message).where(Message.key == "waiting")).one()
            if purpose == "open":
                (raw,) = Composer(session, Settings()).compose([mail]).values()
                assert "kl-1/dot-" in part(parsed(raw), "text/plain")
            else:
                assert mail.state is MessageState.DROPPED


class TestRunningOn:
    def test_closes_the_round_that_was_open(self, upgraded: Database) -> None:
        with upgraded.write() as session:
            found = session.get_one(Round, 2)
            summary = summarising.summarise(session, found, at(2024, 6, 3, 16) + timedelta(days=5))
            assert summary.figures["tally"]["missing"] == 1
            assert tasks_of(session)["g"].ending is Ending.CLOSED
            assert tasks_of(session)["f"].ending is Ending.DECLINED


class TestMail:
    def test_is_found_by_its_message_id_and_tried_for_five_days(self, upgraded: Database) -> None:
        with upgraded.read() as session:
            found = session.exec(select(Message)).all()
        for mail in found:
            assert mail.reference == reference(mail.key)
            assert mail.expires_at - mail.queued_at == timedelta(days=5)
