"""The activity history: every deed is noted in the transaction that does it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from models.activity import Activity
from models.i18n import N_, vi
from models.vietnamese import printable
from models.words import Deed
from tasks import webhook_outbox


def system() -> str:
    """Whose name stands at what a timer did, or a command that names nobody."""
    return vi(N_("the system"))


def note(
    session: Session,
    deed: Deed,
    by: str,
    as_of: datetime,
    *,
    account: int | None = None,
    unit: int | None = None,
    directive: int | None = None,
    obligation: int | None = None,
    about: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Adds a deed to the history; `before` and `after` hold what changed, as JSON can hold it.

    Webhooks that are told of such deeds find it in their outbox.
    """
    row = {
        "at": as_of,
        "by": printable(by),
        "deed": deed.value,
        "account_id": account,
        "unit_id": unit,
        "directive_id": directive,
        "obligation_id": obligation,
        "about": about,
        "before": dict(before) if before is not None else None,
        "after": dict(after) if after is not None else None,
    }
    number = session.connection().execute(_NOTE, row).scalar_one()
    webhook_outbox.announce(session, int(number or 0), deed, as_of)


_NOTE = sa.insert(Activity).returning(col(Activity.id))
