"""Guessing is slowed: who has failed too often waits, a minute at first, up to an hour.

What is guarded has several names (a login, an address), each with as many failures as it may have
before the first pause. A guarded thing asks `paused` first; while it is, nothing is tried, and
asking does not lengthen the pause. Then it tells `failed`, or `forget` on success. Failures must
be committed, so what guards returns a refusal and raises none.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

import sqlalchemy as sa
from sqlmodel import Session, col

from models.account import Attempts
from models.i18n import gettext as _
from models.vietnamese import show_instant
from tasks.outbox import upsert

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
REMEMBERED = timedelta(days=1)  # after the last pause; an address has no success that clears it
BY_ADDRESS = 50  # an office shares one address

Limits = Mapping[str, int]


def paused(session: Session, limits: Limits, as_of: datetime) -> datetime | None:
    """Until when nothing may be tried under any of the names; None where it may.

    The names are locked until the transaction ends, so that guesses made at once are counted.
    """
    new = [{"name": name, "failed": 0, "until": as_of} for name in sorted(limits)]
    session.connection().execute(upsert(session, Attempts).on_conflict_do_nothing(), new)
    rows = session.connection().execute(
        sa.select(col(Attempts.until))
        .where(col(Attempts.name).in_(list(limits)), col(Attempts.failed) > 0)
        .order_by(col(Attempts.name))
        .with_for_update()
    )
    return max((until for (until,) in rows if until > as_of), default=None)


def failed(session: Session, limits: Limits, as_of: datetime) -> None:
    """Counts a failure under each name; from its limit on each sets a pause, twice the last."""
    connection = session.connection()
    connection.execute(
        sa.delete(Attempts).where(col(Attempts.until) < as_of - REMEMBERED)  # of any name
    )
    statement = sa.select(col(Attempts.name), col(Attempts.failed))
    found = connection.execute(statement.where(col(Attempts.name).in_(list(limits))))
    before: dict[str, int] = dict(found.tuples().all())
    rows = []
    for name in sorted(limits):
        count = before.get(name, 0) + 1
        until = as_of + pause(count, limits[name])
        rows.append({"name": name, "failed": count, "until": until})
    insert = upsert(session, Attempts)
    changed = {name: insert.excluded[name] for name in ("failed", "until")}
    connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_=changed), rows)


def pause(failures: int, limit: int) -> timedelta:
    """How long to wait after so many failures: none below the limit."""
    if failures < limit:
        return timedelta()
    doublings = min(failures - limit, 10)  # beyond that the hour is reached anyway
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def too_many(until: datetime) -> str:
    """What a person is told in a pause."""
    message = _("Too many failed attempts. Try again after {moment}.")
    return message.format(moment=show_instant(until + FIRST_PAUSE))  # it shows no seconds


def forget(session: Session, names: Collection[str]) -> None:
    """Forgets the failures under some names."""
    session.connection().execute(sa.delete(Attempts).where(col(Attempts.name).in_(names)))


def by_address(address: str) -> dict[str, int]:
    """The name and limit of an address; of IPv6 its /64, which one connection has whole."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return {"address:?": BY_ADDRESS}
    if isinstance(found, IPv6Address):
        known = found.ipv4_mapped or ip_network((found, 64), strict=False)
        return {f"address:{known}": BY_ADDRESS}
    return {f"address:{found}": BY_ADDRESS}
