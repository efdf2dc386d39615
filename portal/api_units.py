"""Units and what they owe, for other systems; and the token that asks."""

from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.succession import key_of
from models.unit import Unit
from models.words import ContactRole, Level, UnitKind
from portal.api_access import Let, admit_token
from portal.api_answer_models import Changed, ContactGiven
from portal.api_asked import AsOf, Key, Wanted, Word, unit_of
from portal.api_models import AllOwedSaid, ComingSaid, OwedSaid, Page, TokenSaid, UnitSaid
from portal.site import Here
from tasks import contacts, lookup, owing
from tasks.asking_once import Done, once
from tasks.contacts import Person

router = APIRouter(dependencies=[Depends(admit_token)], tags=["units"])


@router.get("/token", name="token")
def token(site: Here, holder: Let) -> TokenSaid:
    """The token that asks."""
    with site.database.read() as session:
        of = session.get(Unit, holder.unit_id) if holder.unit_id else None
        unit = key_of(of.province, of.code) if of else None
    return TokenSaid(name=holder.name, scopes=sorted(holder.scopes), unit=unit)


@router.get("/units", name="units")
def units(
    site: Here, holder: Let, wanted: Wanted, province: Word = "", level: Level | None = None,
    kind: UnitKind | None = None,
) -> Page[UnitSaid]:  # fmt: skip
    """Units, those that have ended too; to a token of a unit, that unit."""
    where = [col(Unit.id) > wanted.after]
    where += [col(Unit.province) == province] if province else []
    where += [col(Unit.level) == level] if level else []
    where += [col(Unit.kind) == kind] if kind else []
    where += [col(Unit.id) == holder.unit_id] if holder.unit_id else []
    with site.database.read() as session:
        rows = _rows(session, where, wanted.limit + 1)
    shown, cursor = wanted.of(rows, [row.id for row in rows])
    return Page(items=[_said(row) for row in shown], next=cursor)


@router.get("/units/{unit}", name="unit")
def one_unit(site: Here, holder: Let, unit: str) -> UnitSaid:
    """A unit by its code here, by the register's where only one province has it, or by its name."""
    with site.database.read() as session:
        found = unit_of(session, holder, unit)
        (row,) = _rows(session, [col(Unit.id) == found.id], 1)
    return _said(row)


def _rows(session: Session, where: list[Any], limit: int) -> list[Any]:
    above = aliased(Unit)
    columns = (Unit.id, Unit.province, Unit.code, Unit.name, Unit.kind, Unit.level, Unit.begins,
               Unit.ends)  # fmt: skip
    statement = (
        sa.select(*map(col, columns), col(above.code).label("parent"))
        .outerjoin(above, col(above.id) == col(Unit.parent_id))
        .where(*where)
        .order_by(col(Unit.id))
        .limit(limit)
    )
    return list(session.connection().execute(statement))


def _said(row: Any) -> UnitSaid:
    parent = key_of(row.province, row.parent) if row.parent else None
    return UnitSaid(
        code=key_of(row.province, row.code), province=row.province, name=row.name, kind=row.kind,
        level=row.level, parent=parent, begins=row.begins, ends=row.ends,
    )  # fmt: skip


@router.get("/units/{unit}/owed", name="unit-owed")
def owed(site: Here, holder: Let, unit: str, as_of: AsOf) -> AllOwedSaid:
    """Everything the unit owes at an instant, over all directives, and why then."""
    with site.database.read() as session:
        found = unit_of(session, holder, unit)
        owes = owing.all_owed(session, lookup.id_of(found), as_of)
        coming = owing.coming(session, lookup.id_of(found), as_of)
        code = key_of(found.province, found.code)
    return AllOwedSaid(
        unit=code, as_of=as_of, open=[_owed(line) for line in owes.open],
        over=[_owed(line) for line in owes.over],
        coming=[ComingSaid.model_validate(one) for one in coming],
    )  # fmt: skip


def _owed(line: owing.Line) -> OwedSaid:
    return OwedSaid(
        obligation=line.code, directive=line.directive, issuer=line.issuer, stage=line.stage,
        title=line.title, asks=line.asks, due=line.due, status=line.status,
        days_overdue=line.days_overdue, over_at=line.over_at, reason=line.reason,
    )  # fmt: skip


@router.put("/units/{unit}/contacts", name="unit-contact")
def change_contacts(
    site: Here, holder: Let, unit: str, given: ContactGiven, key: Key = ""
) -> Changed:
    """Corrects whom to call and write to; mail that did not arrive is sent to a new address."""
    now = site.clock()
    with site.database.write() as session:
        asked = ["contacts", unit, given.model_dump()]

        def work() -> Done:
            _correct(session, unit_of(session, holder, unit), given, holder.name, now)
            return Done(200, {})

        once(session, holder.token_id, key, asked, now, work)
    return Changed()


def _correct(session: Session, unit: Unit, given: ContactGiven, by: str, now: Any) -> None:
    known = contacts.of_unit(session, unit)
    said = given.model_dump(exclude_none=True)
    people = {
        role: Person(
            said.get(f"{role.value}_name", found.name),
            said.get(f"{role.value}_telephone", found.telephone),
        )
        for role, found in known.items()
    }
    email = said.get("clerk_email", known[ContactRole.CLERK].email)
    contacts.change(session, unit, people, email, by, now)
