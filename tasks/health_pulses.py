"""Whether each part that runs again and again still does: by its signs of life."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from models.check import Check, ill, odd, well
from models.i18n import gettext as _
from models.pulse import Pulse
from models.settings import Settings
from models.vietnamese import show_instant
from models.words import Part, Watched
from tasks.health_machine import backup_folder
from tasks.pulses import pulses

FAILING = timedelta(minutes=30)  # that a part may fail before it is ill: a relay restarts, a disk


@dataclass(frozen=True)
class Rhythm:
    """How long a part may be silent: from `late` on it is looked at, from `dead` on it is ill."""

    late: timedelta
    dead: timedelta


OFTEN = Rhythm(timedelta(minutes=20), timedelta(minutes=45))
RHYTHMS: Mapping[Part, Rhythm] = {
    Part.DELIVERY: OFTEN,  # every 5 minutes
    Part.INBOX: OFTEN,  # every 5 minutes
    Part.WEBHOOKS: OFTEN,
    Part.ALERTS: Rhythm(timedelta(minutes=30), timedelta(minutes=60)),  # every 10 minutes
    Part.RECONCILE: Rhythm(timedelta(minutes=90), timedelta(hours=3)),  # every hour
    Part.REMINDERS: Rhythm(timedelta(hours=19), timedelta(hours=26)),  # at 8:45 and 14:45
    Part.BACKUP: Rhythm(timedelta(hours=26), timedelta(hours=36)),  # every night
}


def checks(session: Session, settings: Settings, as_of: datetime) -> list[Check]:
    """A check for each part that is to run with these settings."""
    found = pulses(session)
    return [
        _check(part, found.get(part), as_of) for part in Part if _is_to_run(part, found, settings)
    ]


def _is_to_run(part: Part, found: Mapping[Part, Pulse], settings: Settings) -> bool:
    if part is Part.INBOX:
        return bool(settings.imap_host)
    if part is Part.BACKUP:
        return backup_folder(settings) is not None
    return part is not Part.WEBHOOKS or part in found


def _check(part: Part, pulse: Pulse | None, as_of: datetime) -> Check:
    name = Watched(part.value)
    if pulse is None:
        return odd(name, _("It has not run yet."), _advice(part))
    if pulse.failed_at is not None:
        words = _("It has failed since {moment}: {problem}")
        said = words.format(moment=show_instant(pulse.failed_at), problem=pulse.problem)
        failing = ill if as_of - pulse.failed_at >= FAILING else odd
        return failing(name, said, _advice(part), pulse.failed_at)
    last = pulse.at or pulse.tried_at
    said = _("It last ran at {moment}.").format(moment=show_instant(last))
    silent, rhythm = as_of - last, RHYTHMS[part]
    if silent <= rhythm.late:
        return well(name, said)
    return (ill if silent > rhythm.dead else odd)(name, said, _advice(part), last)


def _advice(part: Part) -> str:
    """What to do where a part does not do its work."""
    by_part = {
        Part.INBOX: _("Look at DONDOC_IMAP_… and whether the mailbox takes the login."),
        Part.BACKUP: _("Look at the folder DONDOC_BACKUP_DIR and run `dondoc backup` by hand."),
        Part.ALERTS: _("Look at DONDOC_OPERATOR_EMAIL and DONDOC_ALERT_SMTP_…, and at the log."),
        Part.WEBHOOKS: _("Look whether the other system answers at its address."),
    }
    return by_part.get(part) or _(
        "Look whether the part “flows” of `dondoc up` runs, and at its log; restart it if need be."
    )
