"""The command on emulation (thi đua): emulation."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dondoc.commands_files import JsonOption
from dondoc.commands_store import AsOfOption, DirectiveArgument
from dondoc.output import as_of_option, reporting, show_json, table, terminal_width
from models.i18n import gettext as _

if TYPE_CHECKING:
    from tasks.emulating import Contender, Ranking


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command(
        help=_("Rank the units of a round by their points; who is proposed for a commendation."),
        epilog=_("Example: dondoc emulation 577/KH-UBND tu-cham-diem --xlsx thi-dua.xlsx"),
    )(emulation)


def emulation(
    directive: DirectiveArgument,
    round_: Annotated[str, typer.Argument(metavar="ROUND", help=_("Code of the round."))],
    as_of: AsOfOption = None,
    xlsx: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=_("Excel file to write: points, ranking, proposals.")),
    ] = None,
    docx: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=_("Word file to write: who is proposed.")),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    from models.database import database
    from models.status import day_of
    from models.vietnamese import show_date
    from tasks import emulation_list, lookup
    from tasks.emulating import ranking
    from tasks.emulation_workbook import workbook

    with reporting(as_json):
        moment = as_of_option(as_of)
        with database().read() as session:
            asking = lookup.round_(session, directive, round_)
            found, title = ranking(session, asking, moment), asking.title
            # before the panel has judged there is a ranking, and nobody to propose
            if docx is not None and (found.proposals or xlsx is None):
                proposed = emulation_list.proposals(session, asking, moment)
                docx.write_bytes(emulation_list.write(proposed))
        if xlsx is not None:
            words = _("{round}, as of {day}")
            xlsx.write_bytes(
                workbook(found, words.format(round=title, day=show_date(day_of(moment))))
            )
        if as_json:
            show_json([_as_data(one) for one in found.contenders])
        else:
            _show(found)
        if docx is not None and not found.proposals:
            typer.echo(emulation_list.nobody_yet(), err=True)


def _as_data(one: "Contender") -> dict[str, Any]:
    return {
        "unit": one.key,
        "name": one.unit,
        "block": one.block,
        "rank": one.rank,
        "total": one.total if one.sent else None,
        "own_total": one.own_total if one.sent else None,
        "criteria": {
            s.criterion.code: {"own": s.own, "panel": s.panel.points if s.panel else None}
            for s in one.scores
        },
        "late": one.conduct.late,
        "missing": one.conduct.missing,
        "given_back": one.conduct.given_back,
        "excluded": one.excluded,
        "proposed": one.form or None,
    }


def _show(found: "Ranking") -> None:
    from models.vietnamese import show_number

    for name, units in found.blocks.items():
        typer.echo(name)
        rows = [
            (
                one.rank or "—",
                one.unit,
                show_number(one.total) if one.sent else "—",
                f"{one.judged}/{len(found.criteria)}",
                one.form or "; ".join(one.excluded),
            )
            for one in units
        ]
        head = (_("Rank"), _("Unit"), _("Total"), _("By the panel"), _("Outcome"))
        table(rows, head, terminal_width())
        typer.echo("")
