"""What an office does, in short, for tests: its small world, times, rounds opened, answers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from dondoc.environment import environment
from models import database as databases
from models.calendar import vietnam
from models.database import Database, database
from models.directive import Directive
from models.directive_file import DirectiveFile
from models.mail import Message
from models.register import Register, build
from models.round import Obligation, Round
from models.vietnamese import TIMEZONE
from models.words import Purpose
from tasks import lookup
from tasks.answering import Recorded, record_answer
from tasks.registering import register_directive
from tasks.rounds import open_round
from tasks.units import import_register, load_register

PROVINCE = "Thanh Hóa"
CODE = "53-kh-ubnd"
SMALL = "Thử Nghiệm"


def at(year: int, month: int, day: int, hour: int = 8, minute: int = 0) -> datetime:
    """A moment in Vietnam."""
    return datetime(year, month, day, hour, minute, tzinfo=TIMEZONE)


ISSUED = at(2024, 2, 26, 7)


def a_unit(code: str, **fields: str) -> dict[str, str]:
    """A row of a register; what is not given follows from the code."""
    return {
        "code": code,
        "name": f"Đơn vị {code}",
        "kind": "department",
        "level": "province",
        "parent": "van-phong" if code != "van-phong" else "",
        "groups": "so" if code.startswith("so-") else "",
        "head": f"Giám đốc {code}",
        "clerk": f"Văn thư {code}",
        "email": f"vanthu@{code}.example",
        "telephone": "0000 000 001",
    } | fields


def a_register(*rows: Mapping[str, str], groups: Mapping[str, str] | None = None) -> Register:
    """A register of units, and of the group "Các sở" unless others are given."""
    phrases = {"Các sở": "so"} if groups is None else groups
    return build(list(rows), [{"phrase": p, "members": m} for p, m in phrases.items()])


OFFICE, SO_A, SO_B, SO_C = (a_unit(code) for code in ("van-phong", "so-a", "so-b", "so-c"))


def a_round(code: str = "bao-cao", **fields: Any) -> dict[str, Any]:
    """A round of a directive file, which asks "Các sở" for a report by Monday 3 June 2024."""
    found = {
        "code": code,
        "stage": "reporting",
        "title": "Báo cáo",
        "asks": "Đề nghị gửi báo cáo.",
        "basis": ["assignments/A1"],
        "units_of": ["A1"],
        "when": {"on": "2024-06-03"},
    } | fields
    return {name: value for name, value in found.items() if value is not None}


def a_file(code: str = "kl-1", **parts: Any) -> DirectiveFile:
    """A small directive file of the province `SMALL`; parts given replace its own."""
    return DirectiveFile.model_validate(
        {
            "format": "dondoc/directive/1",
            "code": code,
            "symbol": f"{code.upper()}/TU",
            "kind": "KL",
            "regime": "party",
            "issuer": "Tỉnh ủy",
            "province": SMALL,
            "issued": "2024-02-26",
            "subject": "thử nghiệm",
            "assignments": [{"id": "A1", "bodies": ["Các sở"], "role": "implement"}],
            "rounds": [a_round()],
        }
        | parts
    )


INDICATORS: list[dict[str, Any]] = [
    {"code": "co-ke-hoach", "label": "Đã có kế hoạch", "kind": "yes_no"},
    {"code": "so-cuoc", "label": "Số cuộc kiểm tra", "kind": "count", "unit": "cuộc"},
    {"code": "ty-le", "label": "Việc đã xong", "kind": "ratio"},
    {"code": "kinh-phi", "label": "Kinh phí", "kind": "money", "required": False},
    {"code": "kho-khan", "label": "Khó khăn", "kind": "text", "required": False},
]
A_REPORT: dict[str, Any] = {
    "narrative": "Đơn vị đã hoàn thành.",
    "values": {
        "co-ke-hoach": True,
        "so-cuoc": 3,
        "ty-le": {"numerator": 9, "denominator": 10},
        "kinh-phi": 1_500_000,
        "kho-khan": "Thiếu người.",
    },
}


def figures(**values: Any) -> dict[str, Any]:
    """A report with other figures: "ty_le" stands for "ty-le"; None leaves one out."""
    changed = {name.replace("_", "-"): value for name, value in values.items()}
    given = {**A_REPORT["values"], **changed}
    return A_REPORT | {"values": {k: v for k, v in given.items() if v is not None}}


def report_file(code: str = "kl-1", **parts: Any) -> DirectiveFile:
    """A directive whose round "bao-cao" asks for a figure of every kind, due on 3 June 2024."""
    asked = a_round(indicators=[i["code"] for i in INDICATORS])
    return a_file(code, **{"indicators": INDICATORS, "rounds": [asked]} | parts)


def know(session: Session, *rows: Mapping[str, str], as_of: datetime = ISSUED) -> None:
    """Imports a small register."""
    import_register(session, SMALL, a_register(*rows), as_of.date())


def issue(session: Session, file: DirectiveFile, as_of: datetime = ISSUED) -> Directive:
    """Registers a directive file with the units the database knows."""
    units = load_register(session, file.province)
    return register_directive(session, file, units, vietnam(), as_of)


def open_(session: Session, directive: str, code: str, as_of: datetime) -> Round:
    """Opens a round."""
    found = lookup.round_(session, directive, code)
    open_round(session, found, as_of)
    return found


def answer(
    db: Database, code: str, payload: Any, as_of: datetime, *, decline: bool = False
) -> Recorded:
    """Records a unit's answer in a transaction of its own."""
    with db.write() as session:
        return record_answer(session, code, payload, "văn thư", as_of, decline=decline)


def owed(session: Session, code: str) -> Obligation:
    """An obligation by its code."""
    return session.exec(select(Obligation).where(Obligation.code == code)).one()


@contextmanager
def in_force(db: Database, **variables: str) -> Iterator[None]:
    """The database, and other settings, as those of the program.

    The program takes its engine, which keeps the statements it has compiled.
    """
    made = databases._engine

    def engine_of(url: str) -> Engine:
        return db.engine if url == db.url else made(url)

    with (
        environment({"DONDOC_DATABASE_URL": db.url, **variables}),
        patch.object(databases, "_engine", engine_of),
    ):
        database.cache_clear()
        try:
            yield
            db.engine.dispose()
        finally:
            database.cache_clear()


def mails(session: Session, *purposes: Purpose) -> list[Message]:
    """The mails queued for some purposes, in the order they were queued."""
    wanted = col(Message.purpose).in_(purposes)
    return list(session.exec(select(Message).where(wanted).order_by(col(Message.id))))
