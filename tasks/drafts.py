"""Answers that units have begun: saved as typed, gone on with later on any device."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, select

from models.errors import NotAllowed
from models.i18n import gettext as _
from models.round import Draft, Obligation
from models.secrecy import refuse_if_secret

MOST = 500_000  # characters


def saved(session: Session, obligation_id: int) -> Draft | None:
    """The draft of an obligation, where there is one."""
    return session.exec(select(Draft).where(Draft.obligation_id == obligation_id)).first()


def save(session: Session, obligation_id: int, fields: Mapping[str, str], as_of: datetime) -> None:
    """Keeps what was typed in the place of what was kept before."""
    refuse_if_secret(list(fields.values()))
    if sum(map(len, fields.values())) > MOST:
        raise NotAllowed(_("The draft is too long: at most {n} characters.").format(n=MOST))
    # of two devices that save at once the later one finds the row of the first
    session.get_one(Obligation, obligation_id, with_for_update=True)
    found = saved(session, obligation_id) or Draft(
        obligation_id=obligation_id, fields={}, saved_at=as_of
    )
    found.fields, found.saved_at = dict(fields), as_of
    session.add(found)
    session.flush()


def drop(session: Session, obligation_id: int) -> None:
    """Forgets the draft: it was sent, or is begun anew."""
    found = saved(session, obligation_id)
    if found is not None:
        session.delete(found)
        session.flush()
