"""Units in a dated tree, the groups that phrases expand to, contacts, and who succeeded whom."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import optional_instant, owned_by, word
from models.words import ContactRole, Level, SuccessionKind, UnitKind


class Unit(SQLModel, table=True):
    """A body (cơ quan, đơn vị); it exists from `begins` to `ends`, both days included. Links signed
    for it are good while they carry its number of `links_revoked`.
    """

    __table_args__ = (
        UniqueConstraint("province", "code"),
        CheckConstraint("begins IS NULL OR ends IS NULL OR begins <= ends", name="unit_dates"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="unit_not_its_own_parent"),
    )

    id: int | None = Field(default=None, primary_key=True)
    province: str
    code: str
    name: str
    search: str = Field(index=True)
    kind: UnitKind = word(UnitKind)
    level: Level = word(Level)
    parent_id: int | None = owned_by("unit.id", nullable=True)
    begins: date | None = None
    ends: date | None = None
    links_revoked: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class UnitName(SQLModel, table=True):
    """A name or alias a unit goes by in documents; `key` is free of case and tone-mark style."""

    __tablename__ = "unit_name"
    __table_args__ = (UniqueConstraint("unit_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = owned_by("unit.id")
    name: str
    key: str = Field(index=True)


class Succession(SQLModel, table=True):
    """`unit` ended before `day`, and `successor` took over by the rule named; none, where it ended.

    Who succeeds whom is read through every link: a successor may have ended in its turn.
    """

    __table_args__ = (
        UniqueConstraint("unit_id", "successor_id"),
        CheckConstraint("unit_id <> successor_id", name="succession_of_another"),
        CheckConstraint("(kind = 'end') = (successor_id IS NULL)", name="succession_kind"),
    )

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = owned_by("unit.id")
    successor_id: int | None = owned_by("unit.id", nullable=True)
    day: date
    kind: SuccessionKind = word(SuccessionKind)
    rule: str


class Contact(SQLModel, table=True):
    """Whom to write to or call at a unit: its clerk (văn thư) or its head.

    `bounced_at` and `bounce` say when and in which words mail to the address came back for good.
    """

    __table_args__ = (
        UniqueConstraint("unit_id", "role"),
        CheckConstraint("email LIKE '%_@_%'", name="contact_email"),
    )

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = owned_by("unit.id")
    role: ContactRole = word(ContactRole)
    name: str
    email: str
    telephone: str
    bounced_at: datetime | None = optional_instant()
    bounce: str | None = None


class Group(SQLModel, table=True):
    """A phrase that directives use for many units ("các sở, ban, ngành")."""

    __tablename__ = "unit_group"
    __table_args__ = (UniqueConstraint("province", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    province: str
    phrase: str
    key: str


class GroupMember(SQLModel, table=True):
    """A unit belongs to a group from one day to another."""

    __tablename__ = "group_member"
    __table_args__ = (
        UniqueConstraint("group_id", "unit_id"),
        CheckConstraint("begins IS NULL OR ends IS NULL OR begins <= ends", name="member_dates"),
    )

    id: int | None = Field(default=None, primary_key=True)
    group_id: int = owned_by("unit_group.id")
    unit_id: int = owned_by("unit.id")
    begins: date | None = None
    ends: date | None = None
