"""Signed links: each opens one thing of one unit for one purpose, until a day, unless taken back.

A token is `[id, revoked, last day]`, signed with a salt of its purpose. `revoked` is the counter
that the unit or obligation has beside it: raising it takes back every link made before. So no link
is stored, and the same one stands in every mail about the same thing.
"""

import hmac
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_encode
from sqlmodel import Session, col

from models.errors import DondocError
from models.i18n import gettext as _
from models.round import Obligation
from models.settings import Settings
from models.status import day_of
from models.unit import Unit
from models.vietnamese import show_date
from tasks.keys import keys

LONGEST = 400  # characters of a token that is looked at
TASK_DAYS = 180  # after the round's end or the due date, whichever is later
UNIT_DAYS = 400
CALENDAR_DAYS = 1_100


class LinkPurpose(StrEnum):
    """What a link opens: an obligation, all a unit owes, its calendar; or which form a file is."""

    TASK = "task"
    UNIT = "unit"
    CALENDAR = "calendar"
    WORKBOOK = "workbook"


_OWNERS: dict[LinkPurpose, type[Unit] | type[Obligation]] = {
    LinkPurpose.TASK: Obligation,
    LinkPurpose.UNIT: Unit,
    LinkPurpose.CALENDAR: Unit,
    LinkPurpose.WORKBOOK: Obligation,
}


class BadLink(DondocError):
    """A link that opens nothing: changed, expired, taken back, or of another purpose."""


@dataclass(frozen=True)
class Links:
    """Makes and reads the links of an installation."""

    keys: tuple[str, ...] = field(repr=False)  # never in a log
    base: str

    @classmethod
    def of(cls, settings: Settings) -> "Links":
        return cls(keys(settings.data), settings.portal)

    def token(self, purpose: LinkPurpose, id_: int, revoked: int, last: date) -> str:
        """The token for a thing, good up to and on its last day."""
        return self._signed(self.keys[0], purpose, [id_, revoked, last.toordinal()])

    def task(self, id_: int, revoked: int, end: date) -> str:
        """The address of an obligation's page; `end` is its due date or the round's closing."""
        last = end + timedelta(days=TASK_DAYS)
        return f"{self.base}/t/{self.token(LinkPurpose.TASK, id_, revoked, last)}"

    def unit(self, id_: int, revoked: int, today: date) -> str:
        """The address of the page of all a unit owes."""
        last = today + timedelta(days=UNIT_DAYS)
        return f"{self.base}/u/{self.token(LinkPurpose.UNIT, id_, revoked, last)}"

    def calendar(self, id_: int, revoked: int, today: date) -> str:
        """The address of a unit's calendar feed."""
        last = today + timedelta(days=CALENDAR_DAYS)
        return f"{self.base}/c/{self.token(LinkPurpose.CALENDAR, id_, revoked, last)}.ics"

    def read(self, session: Session, purpose: LinkPurpose, token: str, as_of: datetime) -> int:
        """The id of what a token opens; raises BadLink, saying what to do, where it opens nothing.

        A token is taken only in the very letters it was made in: base64 has several for the same
        bytes.
        """
        id_, revoked, last = self._parts(purpose, token)
        owner = _OWNERS[purpose]
        counter = session.scalar(sa.select(col(owner.links_revoked)).where(col(owner.id) == id_))
        if counter != revoked:
            message = _("This link was taken back. Use the one in the newest mail, or ask for one.")
            raise BadLink(message)
        if day_of(as_of).toordinal() > last:
            message = _("This link was good until {day}. Ask the secretariat for a new one.")
            raise BadLink(message.format(day=show_date(date.fromordinal(last))))
        return id_

    def _parts(self, purpose: LinkPurpose, token: str) -> tuple[int, int, int]:
        bad = BadLink(_("This link is not whole or not ours: copy it from the mail once more."))
        if len(token) > LONGEST or not token.isascii():
            raise bad
        try:
            # the serializer tries the last key of its list first
            found: Any = _serializer(self.keys[::-1], purpose).loads(token)
        except BadData:
            raise bad from None
        if token not in {self._signed(key, purpose, found) for key in self.keys}:
            raise bad
        id_, revoked, last = found
        return int(id_), int(revoked), int(last)

    def _signed(self, key: str, purpose: LinkPurpose, parts: list[int]) -> str:
        """What the serializer makes of these parts, in a tenth of its time: a mail has three."""
        payload = base64_encode(f"[{parts[0]},{parts[1]},{parts[2]}]")
        signature = _begun(key, purpose).copy()
        signature.update(payload)
        return (payload + b"." + base64_encode(signature.digest())).decode("ascii")


@lru_cache(maxsize=64)
def _begun(key: str, purpose: LinkPurpose) -> hmac.HMAC:
    """A signature that nothing was signed with yet."""
    signer = _serializer((key,), purpose).make_signer(f"dondoc.{purpose}")
    return hmac.new(signer.derive_key(), digestmod="sha256")


def _serializer(found: tuple[str, ...], purpose: LinkPurpose) -> URLSafeSerializer:
    how = {"digest_method": sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(list(found), salt=f"dondoc.{purpose}", signer_kwargs=how)


def take_back(session: Session, owner: Unit | Obligation) -> None:
    """Takes back every link made for a unit or an obligation so far; new ones can be made."""
    owner.links_revoked += 1
    session.add(owner)
    session.flush()
