"""The activity history in words: who, when, what, from what to what, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from models.account import Account
from models.activity import Activity
from models.directive import Directive
from models.i18n import N_
from models.i18n import gettext as _
from models.round import Obligation
from models.unit import Unit
from models.vietnamese import printable, show_date
from models.words import (
    AccountRole,
    Appraised,
    Channel,
    Deed,
    Ending,
    Quality,
    ReliefKind,
    SubmissionKind,
    label,
)

LONGEST = 300  # characters of one value that is shown

_NAMES = {
    "version": N_("version"),
    "kind": N_("kind"),
    "channel": N_("way in"),
    "found": N_("finding"),
    "quality": N_("mark"),
    "words": N_("words"),
    "due": N_("due date"),
    "until": N_("until"),
    "reason": N_("reason"),
    "granted": N_("granted"),
    "number": N_("request number"),
    "ending": N_("ending"),
    "to": N_("passed to"),
    "asked": N_("asked"),
    "email": N_("address"),
    "successors": N_("successors"),
    "changes": N_("changes"),
    "first": N_("the first of them"),
    "days": N_("days"),
    "again": N_("registered before"),
    "summary": N_("fingerprint of the summary"),
    "signed_by": N_("signed by"),
    "signed_on": N_("signed on"),
    "change": N_("change"),
    "role": N_("role"),
    "name": N_("name"),
    "login": N_("login"),
    "points": N_("points"),
    "taken_from": N_("taken from the report"),
    "scopes": N_("scopes"),
    "events": N_("events"),
}
_WORDS: Mapping[str, tuple[type[Any], ...]] = {
    "kind": (SubmissionKind, ReliefKind),
    "channel": (Channel,),
    "found": (Appraised,),
    "quality": (Quality,),
    "role": (AccountRole,),
}
_CHANGES = {
    "made": N_("made"),
    "password": N_("new password"),
    "disabled": N_("disabled"),
    "enabled": N_("enabled"),
    "revoked": N_("taken back"),
    "removed": N_("removed"),
}
_DAYS = frozenset({"due", "until", "signed_on"})
_FOR_VERIFYING = frozenset({"html", "papers", "signed_at"})  # not for people to read
_ENDINGS = {
    Ending.DECLINED: N_("declined"),
    Ending.WAIVED: N_("let off"),
    Ending.PASSED_ON: N_("passed on"),
    Ending.LAPSED: N_("found nobody"),
    Ending.CLOSED: N_("its round closed"),
}


@dataclass(frozen=True)
class Entry:
    """A deed as a page shows it; `changes` has each value's name, before and after, in words."""

    number: int
    at: datetime
    by: str
    deed: str
    what: str
    about: str
    unit: str
    directive: str
    obligation: str
    account: str
    changes: tuple[tuple[str, str, str], ...]


def activities(
    session: Session,
    *,
    directive: int | None = None,
    unit: int | None = None,
    obligation: int | None = None,
    account: int | None = None,
    deed: Deed | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Entry]:
    """The deeds about what is given, newest first: since an instant and up to another, both
    included; `before_id` continues after the last entry of the page before.
    """
    done = Activity
    wanted = {
        done.directive_id: directive, done.unit_id: unit, done.obligation_id: obligation,
        done.account_id: account, done.deed: deed and deed.value,
    }  # fmt: skip
    where = [col(column) == value for column, value in wanted.items() if value is not None]
    if deed is None:  # who came and went would bury what was done
        where.append(col(done.deed).not_in((Deed.SIGNED_IN.value, Deed.SIGNED_OUT.value)))
    where += [col(done.at) >= since] if since else []
    where += [col(done.at) <= until] if until else []
    where += [col(done.id) < before_id] if before_id else []
    columns = (done.id, done.at, done.by, done.deed, done.about, done.before, done.after)
    names = (Unit.name, Directive.symbol, Obligation.code, Account.login)
    rows = session.connection().execute(
        sa.select(*map(col, columns), *map(col, names))
        .outerjoin(Unit, col(Unit.id) == col(done.unit_id))
        .outerjoin(Directive, col(Directive.id) == col(done.directive_id))
        .outerjoin(Obligation, col(Obligation.id) == col(done.obligation_id))
        .outerjoin(Account, col(Account.id) == col(done.account_id))
        .where(*where)
        .order_by(col(done.id).desc())
        .limit(limit)
    )
    return [_entry(*row) for row in rows]


def _entry(
    id_: int,
    at: datetime,
    by: str,
    deed: str,
    about: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *names: str | None,
) -> Entry:
    unit, directive, obligation, account = (name or "" for name in names)
    what = label(Deed(deed)) if deed in set(Deed) else deed
    changed = tuple(_changes(before or {}, after or {}))
    return Entry(
        id_, at, by, deed, what, printable(about), unit, directive, obligation, account, changed
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What changed and what was said, value by value; what stayed is left out."""
    return [
        (_(_NAMES[name]) if name in _NAMES else name, old, new)
        for name in dict.fromkeys([*before, *after])
        if name not in _FOR_VERIFYING
        for old, new in [(_shown(name, before.get(name)), _shown(name, after.get(name)))]
        if old != new
    ]


def _shown(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in _DAYS and isinstance(value, str):
        return show_date(date.fromisoformat(value[:10]))
    if name == "change" and value in _CHANGES:
        return _(_CHANGES[value])
    if name == "ending":
        return _(_ENDINGS[Ending(value)])
    for words in _WORDS.get(name, ()):
        if value in {word.value for word in words}:
            return label(words(value))
    if isinstance(value, dict):
        value = [f"{key}: {inner}" for key, inner in value.items()]
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return printable(text)[:LONGEST]
