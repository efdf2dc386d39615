"""Whether the machine has room, and its clock and the database's tell the same time."""

import shutil
import time
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.activity import Activity
from models.check import Check, ill, odd, well
from models.i18n import gettext as _
from models.pulse import Pulse
from models.settings import Settings
from models.vietnamese import show_instant, show_number, show_percent
from models.words import Watched

MB = 1024 * 1024
SCARCE, LITTLE = 2_000 * MB, 300 * MB  # bytes free, below which it is odd, and ill
SCARCE_SHARE, LITTLE_SHARE = 0.10, 0.02  # the same as a share: the smaller of both counts
APART = timedelta(minutes=1)  # that two clocks may be apart
AHEAD = timedelta(minutes=5)  # that something may lie in the future


def room(name: Watched, folder: Path) -> Check:
    """Whether the disk of a folder has room."""
    usage = shutil.disk_usage(nearest(folder))
    words = _("{free} MB are free, {share} of the disk.").format(
        free=show_number(usage.free // MB), share=show_percent(usage.free, usage.total)
    )
    advice = _("Make room on the disk of {folder}, or give it a larger one.").format(folder=folder)
    if usage.free < min(LITTLE, LITTLE_SHARE * usage.total):
        return ill(name, words, advice)
    if usage.free < min(SCARCE, SCARCE_SHARE * usage.total):
        return odd(name, words, advice)
    return well(name, words)


def backup_folder(settings: Settings) -> Path | None:
    """Where backups are kept, if they are."""
    return settings.backup_dir


def nearest(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    found = folder.absolute()
    return found if found.exists() or found == found.parent else nearest(found.parent)


def clock(session: Session, as_of: datetime) -> Check:
    """Whether the clocks go alike, and nothing that was done lies in the future."""
    advice = _("Set the clock of the machine and keep it set (NTP, `timedatectl`).")
    apart = seconds_apart(session)
    if abs(apart) > APART.total_seconds():
        words = _("The clocks of this machine and of the database are {n} seconds apart.")
        return ill(Watched.CLOCK, words.format(n=round(abs(apart))), advice)
    last = _last_done(session)
    if last is not None and last > as_of + AHEAD:
        words = _("Something was done at {moment}, which is yet to come: the clock was set back.")
        return ill(Watched.CLOCK, words.format(moment=show_instant(last)), advice)
    return well(Watched.CLOCK, _("The clocks agree."))


def seconds_apart(session: Session) -> float:
    """How far the database's clock is ahead of this machine's, the two clocks themselves and not
    `as_of`; SQLite has that of the machine.
    """
    if session.get_bind().dialect.name == "sqlite":
        return 0.0
    theirs = session.scalar(sa.text("SELECT extract(epoch FROM clock_timestamp())"))
    return float(theirs) - time.time()


def _last_done(session: Session) -> datetime | None:
    done = session.exec(select(Activity.at).order_by(col(Activity.at).desc()).limit(1)).first()
    tried = session.scalar(sa.select(sa.func.max(col(Pulse.tried_at))))
    return max((moment for moment in (done, tried) if moment is not None), default=None)
