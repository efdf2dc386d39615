"""A draft tried out: issued in a database in memory, so that its mails can be read beforehand.

The real database is only read; the links of such a mail are signed with a key that is thrown away.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, select

from models.calendar import Calendar
from models.directive_file import DirectiveFile
from models.errors import NotAllowed
from models.i18n import gettext as _
from models.mail import Message
from models.settings import Settings
from models.tables import METADATA
from models.timers import OPENS_AT, at
from models.unit import Contact, Group, GroupMember, Succession, Unit, UnitName
from tasks import lookup, registering
from tasks.composing import Composer
from tasks.mime import seen
from tasks.rounds import open_round
from tasks.undelivered import as_claimed
from tasks.units import load_register

UNITS: tuple[type[SQLModel], ...] = (Unit, UnitName, Contact, Group, GroupMember, Succession)


@dataclass(frozen=True)
class Sample:
    """The mail that the first unit of a round would get."""

    round: str
    leaves: datetime
    to_name: str
    to_email: str
    subject: str
    text: str
    html: str


def sample(
    session: Session,
    file: DirectiveFile,
    code: str,
    by: str,
    calendar: Calendar,
    settings: Settings,
    as_of: datetime,
) -> Sample:
    """The mail of a round, as if the draft were issued now; who confirms what is still open is
    `by`. Raises UnknownName, or NotAllowed where the round asks nobody.
    """
    with _in_memory() as scratch, TemporaryDirectory(prefix="dondoc-trial-") as folder:
        _copy_units(session, scratch)
        register = load_register(scratch, file.province)
        registering.register_directive(scratch, file, register, calendar, as_of)
        registering.confirm(scratch, file.code, ["all"], by, calendar, as_of)
        found = lookup.round_(scratch, file.code, code)
        leaves = max(as_of, at(found.opens, OPENS_AT))
        open_round(scratch, found, leaves)
        mail = scratch.exec(select(Message).order_by(sa.text("id"))).first()
        if mail is None:
            raise NotAllowed(_("Round {round} sends no mail.").format(round=code))
        composer = Composer(scratch, settings.model_copy(update={"data": Path(folder)}))
        (raw,) = composer.compose([as_claimed(mail)]).values()
        if not isinstance(raw, bytes):
            raise NotAllowed(_("This mail cannot be written: {problem}").format(problem=raw))
        return Sample(code, leaves, mail.to_name, mail.to_email, *_parts(raw))


def _parts(raw: bytes) -> tuple[str, str, str]:
    """Subject, text and HTML of a mail written here."""
    text = message_from_bytes(raw, policy=default).get_body(("plain",))
    subject, html = seen(raw)
    return subject, text.get_content() if text else "", html


@contextmanager
def _in_memory() -> Iterator[Session]:
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    METADATA.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def _copy_units(session: Session, scratch: Session) -> None:
    for model in UNITS:
        table: sa.Table = model.__table__  # type: ignore[attr-defined]
        rows: list[dict[str, Any]] = [
            dict(row) for row in session.connection().execute(sa.select(table)).mappings()
        ]
        if rows:
            scratch.connection().execute(sa.insert(table), rows)
