"""Emulation: the ranking of a round, a unit's points with the panel's form, what is proposed."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlmodel import Session

from models.directive import Directive
from models.errors import NotAllowed, SecretDocument, UnknownName
from models.i18n import gettext as _
from models.round import Round, Submission
from models.status import day_of
from models.typed import Unreadable, typed_number
from models.vietnamese import show_date, show_number
from models.words import AccountRole
from portal.access import Admitted, Forbidden, Let, admit
from portal.asked import Asked, Text, What
from portal.deeds import back, notice
from portal.pages import attachment, page
from portal.site import Here, Site
from tasks import emulating, emulation_list, emulation_workbook, lookup, panel_scores
from tasks.answer_changes import changes
from tasks.asking import asks_of
from tasks.emulating import Contender, Ranking
from tasks.evidence_guard import DOCX, XLSX
from tasks.panel_scores import Points, PointsRefused

office = APIRouter(dependencies=[Depends(admit)])

PLACE = "/directives/{code}/rounds/{round}/emulation"
STATES = ("proposed", "excluded", "waiting")
Typed = dict[str, tuple[str, str]]  # points and words by criterion


@office.get(PLACE, name="emulation")
def ranking_page(
    request: Request, site: Here, admitted: Let, what: What, code: str, round: str,
    block: Text = "", state: Text = "",
) -> Response:  # fmt: skip
    """The units by block and rank, with filters, and what is proposed."""
    if state and state not in STATES:
        raise UnknownName(_("There is no “{name}”.").format(name=state))
    with site.database.read() as session:
        asking, found = _ranking(session, what, code, round)
        shown = {
            name: [one for one in units if _is(one, state)]
            for name, units in found.blocks.items()
            if block in ("", name)
        }
        return page(
            request, "emulation", admitted, what=what, round=asking, found=found, shown=shown,
            directive=session.get_one(Directive, asking.directive_id), block=block, state=state,
            states=STATES, condition=emulating.condition, ground=emulating.ground_of,
            opens=admitted.may("emulation-unit"),
        )  # fmt: skip


def _is(one: Contender, state: str) -> bool:
    return {
        "": True,
        "proposed": bool(one.form),
        "excluded": bool(one.excluded),
        "waiting": one.sent is not None and not one.is_judged,
    }[state]


@office.get(f"{PLACE}.xlsx", name="emulation-sheet")
def sheet(site: Here, what: What, code: str, round: str) -> Response:
    """Points, ranking and proposals as a workbook."""
    with site.database.read() as session:
        asking, found = _ranking(session, what, code, round)
        day = day_of(what.as_of)
        words = _("{round}, as of {day}").format(round=asking.title, day=show_date(day))
        name = _("emulation") + f"-{_code(session, asking)}-{day.isoformat()}.xlsx"
    content = emulation_workbook.workbook(found, words)
    return Response(content, media_type=XLSX, headers=attachment(name))


@office.get(f"{PLACE}.docx", name="emulation-list")
def document(site: Here, what: What, code: str, round: str) -> Response:
    """The list of proposed commendations, to go with the letter that proposes them."""
    with site.database.read() as session:
        asking = lookup.round_(session, code, round)
        content = emulation_list.write(emulation_list.proposals(session, asking, what.as_of))
        name = f"danh-sach-de-nghi-khen-thuong-{_code(session, asking)}.docx"
    return Response(content, media_type=DOCX, headers=attachment(name))


@office.get(f"{PLACE}/{{unit}}", name="emulation-unit")
def unit_page(
    request: Request, site: Here, admitted: Let, what: What, code: str, round: str, unit: str
) -> Response:
    return _unit(request, site, admitted, what, (code, round, unit))


@office.post(f"{PLACE}/{{unit}}", name="emulation-score")
def score(
    request: Request, site: Here, admitted: Let, what: What, code: str, round: str, unit: str,
    criterion: Annotated[list[str], Form()] = [],  # noqa: B006 FastAPI copies it
    points: Annotated[list[str], Form()] = [],  # noqa: B006
    words: Annotated[list[str], Form()] = [],  # noqa: B006
) -> Response:  # fmt: skip
    """Records the panel's points; what is left empty is left as it is."""
    typed: Typed = {
        name: (number.strip(), why)
        for name, number, why in zip(criterion, points, words, strict=False)
    }
    try:
        changed = _give(site, admitted, typed, (code, round, unit))
    except PointsRefused as error:
        return _unit(request, site, admitted, what, (code, round, unit), typed, error.faults, 422)
    except (NotAllowed, SecretDocument) as error:
        said, status = {"": str(error)}, 422 if isinstance(error, SecretDocument) else 409
        return _unit(request, site, admitted, what, (code, round, unit), typed, said, status)
    done = "given" if changed else "same"
    return back(request, "emulation-unit", done, code=code, round=round, unit=unit)


def _give(site: Site, admitted: Admitted, typed: Typed, place: tuple[str, str, str]) -> int:
    viewer, moment = admitted.viewer, site.clock()
    faults, given = _read(typed)
    with site.database.write() as session:
        asking = lookup.round_(session, *place[:2])
        one = emulating.ranking(session, asking, moment).of(place[2])
        if not _may_judge(admitted, asking, one):
            raise Forbidden(_("Your unit does not oversee this task."))
        if faults:
            raise PointsRefused(faults)
        return panel_scores.give(
            session, one.obligation_id, given, viewer.name, moment, viewer.account_id
        )


def _read(typed: Typed) -> tuple[dict[str, str], dict[str, Points]]:
    """What cannot be read as points, and what can."""
    faults: dict[str, str] = {}
    given: dict[str, Points] = {}
    for name, (number, words) in typed.items():
        try:
            if number:
                given[name] = Points(float(typed_number(number)), words)
        except Unreadable as error:
            faults[name] = _(str(error))
    return faults, given


def _may_judge(admitted: Admitted, asking: Round, one: Contender) -> bool:
    """Reviewers give points; an overseer in the rounds its unit oversees, and not to itself."""
    if not admitted.may("emulation-score"):
        return False
    if admitted.viewer.role is not AccountRole.OVERSEER:
        return True
    return admitted.viewer.unit_id == asking.overseer_id and admitted.viewer.unit_id != one.unit_id


def _unit(
    request: Request, site: Site, admitted: Admitted, what: Asked, place: tuple[str, str, str],
    typed: Typed | None = None, faults: dict[str, str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    with site.database.read() as session:
        asking, found = _ranking(session, what, *place[:2])
        one = found.of(place[2])
        may = what.day is None and one.sent is not None and _may_judge(admitted, asking, one)
        return page(
            request, "emulation_unit", admitted, status, what=what, round=asking, one=one,
            found=found, directive=session.get_one(Directive, asking.directive_id), may=may,
            says=_says(session, asking, one), typed=typed or _filled(one), faults=faults or {},
            ground=emulating.ground_of(one, found.rules), most=panel_scores.MAX_WORDS,
            done=notice(request, {"given": _("The points are recorded."),
                                  "same": _("Nothing was changed.")}),
        )  # fmt: skip


def _filled(one: Contender) -> Typed:
    """The form as it opens: the panel's points, else the unit's own, to be agreed with."""
    return {
        s.criterion.code: (show_number(s.panel.points if s.panel else s.own or 0), "")
        for s in one.scores
    }


def _says(session: Session, asking: Round, one: Contender) -> Sequence[Any]:
    """The answer that stands, field by field."""
    if one.sent is None:
        return []
    given = session.get_one(Submission, one.sent.id)
    return changes({}, given.payload, asks_of(session, lookup.id_of(asking), given.kind))


def _code(session: Session, asking: Round) -> str:
    return session.get_one(Directive, asking.directive_id).code


def _ranking(session: Session, what: Asked, code: str, round: str) -> tuple[Round, Ranking]:
    asking = lookup.round_(session, code, round)
    return asking, emulating.ranking(session, asking, what.as_of)
