"""The copy of every night: made, noted as a sign of life, the oldest removed."""

from datetime import datetime

from models.database import database
from models.errors import DondocError
from models.settings import settings
from models.words import Part
from tasks import backup
from tasks.pulses import beat, missed


def nightly(as_of: datetime) -> str:
    """The name of the copy that was made; empty where no folder is set for copies.

    An older one goes only once the new one was read again and found whole.
    """
    folder = settings().backup_dir
    if folder is None:
        return ""
    try:
        made = backup.make(database(), settings(), folder, as_of)
        backup.keep(folder, settings().backup_keep)
    except (DondocError, OSError) as error:
        with database().write() as session:
            missed(session, Part.BACKUP, as_of, str(error))
        raise
    with database().write() as session:
        beat(session, Part.BACKUP, as_of)
    return made.path.name
