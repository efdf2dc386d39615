"""A unit's people corrected by hand: names, telephones, and the address its mail goes to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from models.errors import NotAllowed
from models.i18n import gettext as _
from models.unit import Contact, Unit
from models.vietnamese import printable
from models.words import ContactRole, Deed
from tasks import activities, resending
from tasks.lookup import id_of

LONGEST = 200  # characters of a name or telephone


@dataclass(frozen=True)
class Person:
    """Whom to ask for at a unit, and where."""

    name: str
    telephone: str


def of_unit(session: Session, unit: Unit) -> dict[ContactRole, Contact]:
    """The contacts of a unit by role."""
    found = session.exec(select(Contact).where(Contact.unit_id == unit.id))
    return {contact.role: contact for contact in found}


def change(
    session: Session,
    unit: Unit,
    people: Mapping[ContactRole, Person],
    email: str,
    by: str,
    as_of: datetime,
) -> resending.Corrected | None:
    """Corrects a unit's people and its address; what was sent again, where the address changed.

    Raises NotAllowed where nothing changes, or a value cannot be.
    """
    person, contacts = resending.in_the_name_of(by), of_unit(session, unit)
    before = {role: _shown(contact) for role, contact in contacts.items()}
    for role, wanted in people.items():
        if role in contacts:
            contacts[role].name = _clean(wanted.name)
            contacts[role].telephone = _clean(wanted.telephone)
    session.flush()
    corrected = None
    if email.strip() != contacts[ContactRole.CLERK].email:
        corrected = resending.correct(session, unit, email, person, as_of)
    after = {role: _shown(contact) for role, contact in of_unit(session, unit).items()}
    if after == before and corrected is None:
        raise NotAllowed(_("Nothing was changed."))
    if after != before:
        _note(session, unit, before, after, person, as_of)
    return corrected


def _clean(text: str) -> str:
    if len(text) > LONGEST:
        message = _("is too long: at most {max_length} characters")
        raise NotAllowed(message.format(max_length=LONGEST))
    return printable(text)


def _shown(contact: Contact) -> str:
    return f"{contact.name} · {contact.telephone}"


def _note(
    session: Session,
    unit: Unit,
    before: Mapping[ContactRole, str],
    after: Mapping[ContactRole, str],
    by: str,
    as_of: datetime,
) -> None:
    """Notes whose name or telephone changed; an address is noted where it is corrected."""
    changed = [role for role in after if after[role] != before[role]]
    activities.note(
        session, Deed.CORRECTED, by, as_of, unit=id_of(unit), about=unit.name,
        before={role.value: before[role] for role in changed},
        after={role.value: after[role] for role in changed},
    )  # fmt: skip
