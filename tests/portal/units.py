"""A small office whose units are asked for one answer of each stage, and their pages."""

from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from models.database import Database
from models.round import Evidence, Round, Submission
from models.unit import Unit
from models.words import Verdict
from portal.site import Site
from tests.tasks.office import (
    INDICATORS,
    ISSUED,
    OFFICE,
    SO_A,
    SO_B,
    a_file,
    a_round,
    issue,
    know,
    open_,
    owed,
)

ROUNDS = ("tiep-nhan", "ke-hoach", "thuc-hien", "bao-cao")
STAGES = dict(zip(ROUNDS, ("dissemination", "planning", "execution", "reporting"), strict=True))
TASK = {round_: f"kl-1/{round_}/so-a" for round_ in ROUNDS}

ACKNOWLEDGED = {"way.1": "on", "brought_to_staff": "Phòng Tổ chức, 01/03", "sender": "Lê Thị A"}
PLANNED = {
    "rows[1].product": "Quy chế",
    "rows[1].who": "Phòng Tổ chức",
    "rows[1].by": "30/09/2024",
    "rows[2].product": "Báo cáo",
    "rows[2].who": "Phòng Kế hoạch",
    "rows[2].by": "2024-10-31",
    "issued_as.document": "12/KH-SA",
    "issued_as.issued": "20/02/2024",
    "sender": "Lê Thị A",
}
PROGRESSED = {"percent": "62,5", "narrative": "Đã xong hai việc.", "sender": "Lê Thị A"}
REPORTED = {
    "narrative": "Đơn vị đã hoàn thành.",
    "values.co-ke-hoach": "yes",
    "values.so-cuoc": "1.234",
    "values.ty-le.numerator": "9",
    "values.ty-le.denominator": "10",
    "values.kinh-phi": "1.500.000,5",
    "sender": "Lê Thị A",
}
ANSWERS = dict(zip(ROUNDS, (ACKNOWLEDGED, PLANNED, PROGRESSED, REPORTED), strict=True))


def a_life() -> Any:
    """A directive with a round of each stage, two measures and a target."""
    rounds = [a_round(code, stage=stage) for code, stage in STAGES.items()]
    rounds[3]["indicators"] = [item["code"] for item in INDICATORS]
    quote = "Các sở tổ chức thực hiện"
    measures = [
        {"num": "1", "quote": "Rà soát quy chế"},
        {"num": "2", "quote": "Công khai tài sản"},
    ]
    given = {"id": "A1", "bodies": ["Các sở"], "role": "implement", "quote": quote}
    return a_file(
        indicators=INDICATORS, rounds=rounds, measures=measures,
        assignments=[given | {"measures": ["1", "2"]}],
        targets=[{"num": "1", "indicator": "Tỷ lệ kê khai", "quote": "kê khai đủ"}],
    )  # fmt: skip


def fill(db: Database) -> None:
    """An office where every round of `a_life` has been opened."""
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B)
        issue(session, a_life())
        for code in ROUNDS:
            open_(session, "kl-1", code, ISSUED)


def path_to(site: Site, code: str) -> str:
    """The path of an obligation's page."""
    with site.database.read() as session:
        found = owed(session, code)
        end = max(found.due, session.get_one(Round, found.round_id).closes)
        address = site.links.task(found.id or 0, found.links_revoked, end)
        return address.removeprefix(site.links.base)


def unit_path(site: Site, unit: str = "so-a", *, calendar: bool = False) -> str:
    """The path of the page of all a unit owes, or of its calendar."""
    with site.database.read() as session:
        found = session.exec(select(Unit).where(Unit.code == unit)).one()
        make = site.links.calendar if calendar else site.links.unit
        return make(found.id or 0, found.links_revoked, site.clock().date())[len(site.links.base) :]


def versions(site: Site, code: str) -> list[Submission]:
    """The versions of an answer, refused ones too."""
    with site.database.read() as session:
        found = select(Submission).where(Submission.obligation_id == owed(session, code).id)
        return list(session.exec(found.order_by(col(Submission.version))))


def accepted(site: Site, code: str) -> list[dict[str, Any]]:
    """What the recorded versions of an answer say."""
    return [v.payload for v in versions(site, code) if v.verdict is Verdict.ACCEPTED]


def files_of(site: Site, code: str) -> list[Evidence]:
    """The files of an obligation, in their order."""
    with site.database.read() as session:
        found = select(Evidence).where(Evidence.obligation_id == owed(session, code).id)
        return list(session.exec(found.order_by(col(Evidence.id))))


def state(site: Site) -> str:
    """A digest of every row of every table."""
    with site.database.read() as session:
        return sha256("".join(_rows(session)).encode()).hexdigest()


def _rows(session: Session) -> list[str]:
    return [
        f"{name}{sorted(map(repr, session.connection().execute(sa.select(table))))}"
        for name, table in sorted(SQLModel.metadata.tables.items())
    ]
