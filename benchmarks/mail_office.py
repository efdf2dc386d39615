"""An office whose outbox is full: a round opened for as many communes as one asks."""

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url
from sqlmodel import col, func, select

from models.calendar import vietnam
from models.database import Database
from models.directive_asks import OnDate, RoundItem
from models.directive_file import DirectiveFile
from models.mail import Message
from models.register import Register, UnitEntry
from models.round import Round
from models.vietnamese import TIMEZONE, slugify
from models.words import Kind, Level, MessageState, Regime, Stage, UnitKind
from tasks.registering import register_directive
from tasks.rounds import open_round
from tasks.units import import_register

PROVINCE, GROUP = "Đo thử", "UBND các xã"
OPENED = datetime(2026, 1, 5, 8, tzinfo=TIMEZONE)
BEFORE, AFTER = OPENED - timedelta(days=1), OPENED + timedelta(minutes=1)

KINDS = ("xã", "phường", "thị trấn")
FIRST = (
    "An", "Bình", "Cẩm", "Châu", "Đại", "Định", "Đông", "Gia", "Hà", "Hải", "Hậu", "Hòa", "Hoằng",
    "Hợp", "Hưng", "Khánh", "Lương", "Minh", "Mỹ", "Nga", "Ngọc", "Nông", "Phú", "Phước", "Quảng",
    "Sơn", "Tân", "Thạch", "Thái", "Thanh", "Thiệu", "Thọ", "Tiên", "Triệu", "Trường", "Vạn",
    "Vĩnh", "Xuân", "Yên", "Ý",
)  # fmt: skip
SECOND = (
    "Bắc", "Châu", "Cường", "Đạt", "Điền", "Đức", "Dương", "Giang", "Hiệp", "Hội", "Khê", "Lạc",
    "Lâm", "Lập", "Lễ", "Lĩnh", "Lộc", "Long", "Lý", "Nghĩa", "Nhân", "Ninh", "Phong", "Phúc",
    "Quang", "Quý", "Tâm", "Thắng", "Thành", "Thịnh", "Thuận", "Thủy", "Tiến", "Tín", "Trạch",
    "Trung", "Tường", "Văn", "Việt", "Xá",
)  # fmt: skip
THIRD = ("", " Thượng", " Hạ", " Nội", " Ngoại", " Đoài", " Một", " Hai", " Ba", " Tư", " Năm")


def communes(count: int) -> Register:
    """So many communes, each with a name, an address and a telephone of its own."""
    units = {unit.code: unit for unit in map(commune, range(count))}
    assert len(units) == count, "there are no more names"
    return Register(units, {GROUP: tuple(units)})


def commune(n: int) -> UnitEntry:
    n, kind = divmod(n, len(KINDS))
    n, first = divmod(n, len(FIRST))
    third, second = divmod(n, len(SECOND))
    name = f"UBND {KINDS[kind]} {FIRST[first]} {SECOND[second]}{THIRD[third]}"
    code = slugify(name)
    return UnitEntry(
        code=code, name=name, kind=UnitKind.PEOPLE_COMMITTEE, level=Level.COMMUNE,
        email=f"van-thu@{code}.example", telephone=f"0000 {kind}{first:02}{second:02}{third:02}",
    )  # fmt: skip


def a_plan() -> DirectiveFile:
    """A plan with one round, which asks every commune for its own plan."""
    return DirectiveFile(
        format="dondoc/directive/1", code="53-kh-ubnd", symbol="53/KH-UBND", kind=Kind.PLAN,
        regime=Regime.STATE, issuer="UBND tỉnh", province=PROVINCE, issued=date(2026, 1, 5),
        subject="phòng, chống tham nhũng, tiêu cực",
        rounds=[
            RoundItem(
                code="ke-hoach", stage=Stage.PLANNING, title="Xây dựng kế hoạch thực hiện",
                asks="Đề nghị xây dựng, ban hành kế hoạch thực hiện và gửi về cơ quan theo dõi.",
                basis=["issued"], units=[GROUP], when=OnDate(on=date(2026, 1, 30)),
            )
        ],
    )  # fmt: skip


def fill(url: str, mails: int) -> None:
    """Makes the database at a URL: its outbox holds so many mails, all due."""
    database = Database(url)
    database.migrate()
    register = communes(mails)
    with database.write() as session:
        import_register(session, PROVINCE, register, OPENED.date())
    with database.write() as session:
        register_directive(session, a_plan(), register, vietnam(), OPENED)
    with database.write() as session:
        found = session.exec(select(Round)).one()
        assert open_round(session, found, OPENED) == mails
    database.engine.dispose()


def copy(url: str, name: str) -> str:
    """The URL of a copy of a database, beside it; a copy of that name is replaced."""
    here = make_url(url)
    assert here.database is not None
    if here.get_backend_name() == "sqlite":
        there = Path(here.database).with_name(f"{name}.sqlite3")
        for old in there.parent.glob(f"{there.name}*"):
            old.unlink()
        shutil.copy(here.database, there)
        return f"sqlite:///{there}"
    address = here.set(drivername="postgresql", database="postgres")
    with psycopg.connect(
        address.render_as_string(hide_password=False), autocommit=True
    ) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {here.database}")
    return here.set(database=name).render_as_string(hide_password=False)


def recorded(url: str) -> int:
    """How many mails are sent, with what the relay said."""
    database = Database(url)
    with database.read() as session:
        found = session.exec(
            select(func.count()).where(
                Message.state == MessageState.SENT,
                col(Message.sent_at).is_not(None),
                col(Message.outcome).is_not(None),
            )
        ).one()
    database.engine.dispose()
    return found
