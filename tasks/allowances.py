"""How many mails a minute may leave, to the relay in all and to each domain.

The allowances are rows of the database, so that they hold over all senders. Each refills steadily
and holds a sixth of a minute's mails at most: with what refills, no minute passes its limit.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from models.mail import Allowance, Message
from models.settings import Settings
from tasks.outbox import Claimed, upsert

RELAY = "*"
_HELD = 1 / 6  # of a minute's mails, at once; the rest of the minute refills as much as is left


def are_set(settings: Settings) -> bool:
    """Whether any limit is set."""
    return bool(settings.mail_per_minute or settings.mail_per_minute_to)


def take(
    session: Session, mails: Sequence[Claimed], settings: Settings, as_of: datetime
) -> list[Claimed]:
    """The mails that may leave now; the others are put off until they may."""
    limits = {name: limit for mail in mails for name, limit in _limits(mail, settings).items()}
    tokens, as_of = _tokens(session, limits, as_of)
    now, later = [], []
    waiting: Counter[str] = Counter()
    for mail in mails:
        names = _limits(mail, settings)
        if all(tokens[name] >= 1 for name in names):
            tokens.update({name: tokens[name] - 1 for name in names})
            now.append(mail)
        else:
            waiting.update(names.keys())  # a mapping would add its limits
            seconds = max(
                (waiting[n] - tokens[n]) * _seconds_a_mail(limit) for n, limit in names.items()
            )
            later.append((mail.id, as_of + timedelta(seconds=max(1.0, seconds))))
    _store(session, tokens, as_of)
    _put_off(session, later)
    return now


def domain_of(address: str) -> str:
    """The domain of an address, in small letters."""
    return address.rpartition("@")[2].lower()


def _limits(mail: Claimed, settings: Settings) -> dict[str, int]:
    """The allowances a mail needs, with their mails a minute."""
    found = {RELAY: settings.mail_per_minute} if settings.mail_per_minute else {}
    by_domain = settings.mail_per_minute_to
    domain = domain_of(mail.to_email)
    limit = by_domain.get(domain) or by_domain.get("*")
    return found | ({domain: limit} if limit else {})


def _held(limit: int) -> float:
    return max(1.0, limit * _HELD)


def _seconds_a_mail(limit: int) -> float:
    return 60 / max(limit - _held(limit), limit / 2)


def _tokens(
    session: Session, limits: dict[str, int], as_of: datetime
) -> tuple[dict[str, float], datetime]:
    """What each allowance holds now, locked, a new one being full; and the moment that is now: not
    before another sender's that was quicker to the lock, or that time would refill twice.
    """
    new = [
        {"name": name, "tokens": _held(limit), "as_of": as_of}
        for name, limit in sorted(limits.items())
    ]
    if new:
        session.connection().execute(upsert(session, Allowance).on_conflict_do_nothing(), new)
    rows = (
        session.connection()
        .execute(
            sa.select(col(Allowance.name), col(Allowance.tokens), col(Allowance.as_of))
            .where(col(Allowance.name).in_(list(limits)))
            .order_by(col(Allowance.name))
            .with_for_update()
        )
        .all()
    )
    as_of = max([as_of, *(before for _name, _tokens, before in rows)])
    found = {}
    for name, tokens, before in rows:
        passed = (as_of - before).total_seconds()
        refilled = tokens + passed / _seconds_a_mail(limits[name])
        found[name] = min(_held(limits[name]), refilled)
    return found, as_of


def _store(session: Session, tokens: dict[str, float], as_of: datetime) -> None:
    for name, left in tokens.items():
        session.connection().execute(
            sa.update(Allowance).where(col(Allowance.name) == name).values(tokens=left, as_of=as_of)
        )


def _put_off(session: Session, later: list[tuple[int, datetime]]) -> None:
    if later:
        statement = (
            sa.update(Message.__table__)  # type: ignore[attr-defined]
            .where(col(Message.id) == sa.bindparam("b_id"))
            .values(next_at=sa.bindparam("b_next_at"))
        )
        rows = [{"b_id": id_, "b_next_at": moment} for id_, moment in later]
        session.connection().execute(statement, rows)
