"""The links that a mail carries: to what it is about, to all its unit owes, to its calendar.

They are signed when the mail is written, of the day it was queued, so that a mail written again
carries the same.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from models.round import Obligation, Round
from models.settings import Settings
from models.status import day_of
from models.unit import Unit
from tasks.links import Links
from tasks.outbox import Claimed


class MailLinks:
    """Makes the links of a batch of mails."""

    def __init__(self, session: Session, settings: Settings, mails: Sequence[Claimed]) -> None:
        self.links = Links.of(settings)
        self.revoked = _of_units(session, {mail.unit_id for mail in mails})
        codes = {item["code"] for mail in mails for item in mail.context.get("items", ())}
        self.named = _named(session, codes) if codes else {}

    def of_unit(self, mail: Claimed) -> str:
        """To all that a mail's unit owes."""
        return self.links.unit(mail.unit_id, self.revoked[mail.unit_id], _day(mail.queued_at))

    def of_calendar(self, mail: Claimed) -> str:
        """To the calendar of a mail's unit."""
        revoked = self.revoked[mail.unit_id]
        return self.links.calendar(mail.unit_id, revoked, _day(mail.queued_at))

    def of_task(self, id_: int, revoked: int, due: date, closes: date) -> str:
        """To the page of an obligation."""
        return self.links.task(id_, revoked, max(due, closes))

    def with_links(self, items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """What a reminder says its unit owes, each with the link to its page."""
        return [item | {"task_link": self.of_task(*self.named[item["code"]])} for item in items]


@lru_cache(maxsize=8)
def _day(moment: datetime) -> date:
    return day_of(moment)


def _of_units(session: Session, ids: Collection[int]) -> dict[int, int]:
    statement = sa.select(col(Unit.id), col(Unit.links_revoked)).where(col(Unit.id).in_(ids))
    return {row.id: row.links_revoked for row in session.connection().execute(statement)}


def _named(session: Session, codes: Collection[str]) -> dict[str, tuple[int, int, date, date]]:
    columns = (Obligation.code, Obligation.id, Obligation.links_revoked, Obligation.due)
    statement = (
        sa.select(*map(col, columns), col(Round.closes))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .where(col(Obligation.code).in_(codes))
    )
    return {code: tuple(rest) for code, *rest in session.connection().execute(statement)}
