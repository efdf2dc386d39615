"""The dry run before signing: rehearse."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from dondoc.commands_files import FileArgument, UnitsOption, read, register_beside
from dondoc.output import reporting
from models.i18n import gettext as _

SHOWN = 10  # warnings on the terminal


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command(
        help=_(
            "Try a draft before it is signed: its dates, the load on each unit beside the "
            "directives in force, what meets Tết or collides, what could be merged; as a page."
        ),
        epilog=_("Example: dondoc rehearse examples/thanh-hoa/2664-kl-tu.yaml"),
    )(rehearse)


def rehearse(
    file: FileArgument,
    units: UnitsOption = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=_("Page to write; by default CODE-rehearsal.html.")),
    ] = None,
) -> None:
    from tasks import rehearsing
    from tasks.calendars import calendar_in_force

    with reporting():
        directive = read(file, units).directive
        found = rehearsing.rehearse(directive, register_beside(file, units), calendar_in_force())
        page = out or Path(f"{directive.code}-rehearsal.html")
        page.write_text(rehearsing.write_page(found), encoding="utf-8")
        typer.echo(rehearsing.verdict(found))
        _show(list(rehearsing.warnings(found)))
        typer.echo(str(page))


def _show(warnings: Sequence[str]) -> None:
    for warning in warnings[:SHOWN]:
        typer.echo(_("to look at: {anomaly}").format(anomaly=warning))
    if len(warnings) > SHOWN:
        typer.echo(_("and {n} more: they stand on the page").format(n=len(warnings) - SHOWN))
