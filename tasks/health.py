"""How the program is: every check in one list, for page, command, probe, metrics and alert mail."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from models.check import Check, ill, well
from models.database import MIGRATIONS, Database, is_there
from models.i18n import gettext as _
from models.settings import Settings
from models.words import Health, Watched
from tasks import (
    health_audit,
    health_machine,
    health_mail,
    health_pulses,
    health_rounds,
    running_parts,
)

_ORDER = list(Watched)
_WORST = (Health.ILL, Health.WARN, Health.OK)


def look(db: Database, settings: Settings, as_of: datetime) -> list[Check]:
    """Every check; where the database does not answer, that, and what can be known without it."""
    try:
        with db.read() as session:
            return checks(session, settings, as_of)
    except SQLAlchemyError as error:
        words = _("The database does not answer: {problem}")
        advice = _(
            "Look whether its server runs, its disk has room, and DONDOC_DATABASE_URL is right."
        )
        # the kind alone: what the driver says quotes addresses and values
        lost = ill(Watched.DATABASE, words.format(problem=type(error).__name__), advice)
        return in_order([lost, *_of_machine(settings, as_of)])


def look_at(settings: Settings, as_of: datetime) -> list[Check]:
    """Every check, of the database as it is: nothing is made or brought up to date."""
    if is_there():
        return look(Database(settings.url), settings, as_of)
    words = _("There is no database at DONDOC_DATA or DONDOC_DATABASE_URL.")
    advice = _("Name the right folder, or begin with `dondoc up`.")
    return in_order([ill(Watched.DATABASE, words, advice), *_of_machine(settings, as_of)])


def checks(session: Session, settings: Settings, as_of: datetime) -> list[Check]:
    """Every check, in the order in which they are shown."""
    found = database(session)
    if found.health is not Health.OK:  # its tables are not those that the other checks ask
        return in_order([found, *_of_machine(settings, as_of)])
    of_parts = {check.name: check for check in health_pulses.checks(session, settings, as_of)}
    delivery = of_parts.pop(Watched.DELIVERY)
    return in_order(
        [
            found,
            health_rounds.check(session, as_of),
            health_mail.waiting(session, settings, as_of, delivery),
            health_mail.relay(session, settings, as_of),
            health_mail.arriving(session, as_of),
            *of_parts.values(),
            health_audit.check(session, settings.data),
            health_machine.clock(session, as_of),
            *_of_machine(settings, as_of),
        ]
    )


def in_order(found: Sequence[Check]) -> list[Check]:
    """The checks as they are always shown."""
    return sorted(found, key=lambda check: _ORDER.index(check.name))


def database(session: Session) -> Check:
    """Whether the database answers, and has the tables of this program."""
    revision = session.scalar(sa.text("SELECT version_num FROM alembic_version"))
    if revision == newest_revision():
        return well(Watched.DATABASE, _("It answers, and its tables are those of this program."))
    words = _("Its tables are of version {found}, those of this program of {wanted}.")
    advice = _("Run the newest program everywhere: its first command brings the tables up to date.")
    return ill(Watched.DATABASE, words.format(found=revision, wanted=newest_revision()), advice)


@cache
def newest_revision() -> str:
    """The version of the tables that this program is written for."""
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


def _of_machine(settings: Settings, as_of: datetime) -> list[Check]:
    rooms = [health_machine.room(Watched.DISK, settings.data)]
    if backups := health_machine.backup_folder(settings):
        rooms.append(health_machine.room(Watched.BACKUP_DISK, backups))
    return [running_parts.check(settings, as_of), *rooms]


def worst(found: Sequence[Check]) -> Health:
    """How the program is as a whole."""
    return next((h for h in _WORST if any(check.health is h for check in found)), Health.OK)


def of_health(found: Sequence[Check], *kinds: Health) -> list[Check]:
    """The checks that came out so."""
    return [check for check in found if check.health in kinds]
