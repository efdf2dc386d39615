"""A unit's merger, split, renaming or end, recorded after a look at what it would change."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session

from models.errors import NotAllowed, RegisterError
from models.i18n import gettext as _
from models.words import Level, SuccessionKind, UnitKind
from portal.access import Admitted, Let, admit
from portal.deeds import Consequence, ask_first, back, notice, undone
from portal.pages import page
from portal.reminders import mailed_since, newest
from portal.site import Here, Site
from portal.unit_deeds import unit_of
from tasks.calendars import working_calendar
from tasks.succession import Passing
from tasks.succession_by_hand import Happened, NewUnit, record_succession
from tasks.units import Change

office = APIRouter(dependencies=[Depends(admit)])

PLACES = (1, 2, 3)  # new units of one form
LONGEST = 2_000  # characters of a field
PARTS = ("code", "name", "level", "kind", "email", "telephone", "parent", "clerk", "head")
FIELDS = (
    "what", "day", "rule", "successors", *(f"new{n}-{part}" for n in PLACES for part in PARTS),
)  # fmt: skip


async def _posted(request: Request) -> dict[str, str]:
    form = await request.form(max_files=0, max_fields=200)
    return {name: str(form.get(name, ""))[:LONGEST] for name in (*FIELDS, "confirmed")}


Posted = Annotated[dict[str, str], Depends(_posted)]


@office.get("/units/{id}/succession", name="succession")
def succession_page(request: Request, site: Here, admitted: Let, id: int) -> Response:
    return _page(request, site, admitted, id, dict.fromkeys(FIELDS, ""))


@office.post("/units/{id}/succession", name="succession-record")
def record(request: Request, site: Here, admitted: Let, id: int, typed: Posted) -> Response:
    confirmed = typed.pop("confirmed")
    try:
        with undone(site.database) as session:
            before = newest(session)
            changes, passing = _record(session, site, admitted, id, typed)
            consequence = _consequence(changes, passing, mailed_since(session, before))
    except RegisterError as error:
        return _page(request, site, admitted, id, typed, [f.message for f in error.faults])
    except NotAllowed as error:
        return _page(request, site, admitted, id, typed, [str(error)])
    if not confirmed:
        cancel = request.app.url_path_for("succession", id=id)
        return ask_first(request, admitted, consequence, typed, cancel)
    with site.database.write() as session:
        _record(session, site, admitted, id, typed)
    return back(request, "succession", "recorded", id=id)


def _record(
    session: Session, site: Site, admitted: Admitted, id: int, typed: Mapping[str, str]
) -> tuple[list[Change], Passing]:
    codes = typed["successors"].replace(",", " ").replace(";", " ").split()
    made = [unit for n in PLACES if (unit := _new(typed, n))]
    happened = Happened(
        _kind(typed["what"]),
        _day(typed["day"]),
        typed["rule"],
        tuple(dict.fromkeys([*codes, *(unit.code for unit in made)])),
    )
    by, calendar = admitted.viewer.name, working_calendar(session)
    return record_succession(
        session, unit_of(session, id), happened, made, by, calendar, site.clock()
    )


def _new(typed: Mapping[str, str], number: int) -> NewUnit | None:
    """A unit of the form that is new; None where its fields are empty."""
    values = {part: typed[f"new{number}-{part}"].strip() for part in PARTS}
    written = (value for part, value in values.items() if part not in ("level", "kind"))
    return NewUnit(**values) if any(written) else None


def _kind(word: str) -> SuccessionKind:
    if word not in set(SuccessionKind):
        raise NotAllowed(_("Say what became of the unit."))
    return SuccessionKind(word)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = _("Give the first day on which the unit is no more.")
        raise NotAllowed(message) from None


def _consequence(changes: list[Change], passing: Passing, mailed: list[str]) -> Consequence:
    words = {
        "added": _("added"), "changed": _("changed"), "ended": _("ended"),
        "succession": _("passed on"),
    }  # fmt: skip
    said = [f"{words[change.kind]}: {change.name} ({change.code})" for change in changes]
    line = _("{passed} open tasks passed on to {made} successors; {lapsed} found nobody.")
    said.append(line.format(**vars(passing)))
    said.append(
        _("It is not taken back: what the unit was asked and answered stays under its name.")
    )
    return Consequence(_("Record what became of the unit"), said, _("Record it"), mailed)


def _page(
    request: Request,
    site: Site,
    admitted: Admitted,
    id: int,
    typed: Mapping[str, str],
    faults: list[str] | None = None,
) -> HTMLResponse:
    with site.database.read() as session:
        unit = unit_of(session, id)
        return page(
            request, "succession", admitted, 422 if faults else 200, unit=unit, typed=typed,
            faults=faults or [], words=list(SuccessionKind), places=PLACES, levels=list(Level),
            kinds=list(UnitKind),
            done=notice(request, {"recorded": _("What became of the unit is recorded.")}),
        )  # fmt: skip
