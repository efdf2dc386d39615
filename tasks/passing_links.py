"""Links by hand: shown, for the secretariat to pass on; taken back, where strangers have them."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.errors import UnknownName
from models.i18n import gettext as _
from models.round import Obligation, Round
from models.settings import Settings
from models.status import day_of
from models.unit import Unit
from models.words import Deed
from tasks import activities, lookup
from tasks.links import Links, take_back
from tasks.resending import in_the_name_of


def owner_of(session: Session, name: str) -> Unit | Obligation:
    """The unit or the obligation of that name: its code, or a unit's name; raises UnknownName."""
    found = session.exec(select(Obligation).where(Obligation.code == name.strip())).first()
    if found is not None:
        return found
    if "/" in name:
        message = _("There is no obligation “{name}”: `dondoc status --late` lists those overdue.")
        raise UnknownName(message.format(name=name))
    return lookup.unit(session, name)


def addresses(
    session: Session, owner: Unit | Obligation, settings: Settings, as_of: datetime
) -> list[str]:
    """The addresses good now: of an obligation's page; of a unit's page and its calendar."""
    links, id_, revoked = Links.of(settings), lookup.id_of(owner), owner.links_revoked
    if isinstance(owner, Obligation):
        closes = session.get_one(Round, owner.round_id).closes
        return [links.task(id_, revoked, max(owner.due, closes))]
    today = day_of(as_of)
    return [links.unit(id_, revoked, today), links.calendar(id_, revoked, today)]


def revoke(session: Session, owner: Unit | Obligation, by: str, as_of: datetime) -> None:
    """Takes back every link to a unit's pages, those of its obligations included, or to one
    obligation; noted in a person's name.
    """
    person, before = in_the_name_of(by), owner.links_revoked
    take_back(session, owner)
    if isinstance(owner, Unit):
        _take_back_its_tasks(session, owner)
        about = {"unit": owner.id}
    else:
        about = {"unit": owner.unit_id, "obligation": owner.id}
    activities.note(
        session,
        Deed.REVOKED,
        person,
        as_of,
        **about,
        about=owner.code,
        before={"links_revoked": before},
        after={"links_revoked": owner.links_revoked},
    )


def _take_back_its_tasks(session: Session, unit: Unit) -> None:
    session.exec(
        sa.update(Obligation)
        .where(col(Obligation.unit_id) == unit.id)
        .values(links_revoked=Obligation.links_revoked + 1)
    )
