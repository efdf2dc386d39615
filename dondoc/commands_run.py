"""Commands that run things: simulate a whole life, or serve the real one."""

import os
from pathlib import Path
from typing import Annotated

import typer

from dondoc.commands_files import UnitsOption
from dondoc.output import is_interactive, reporting
from models.i18n import gettext as _


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.command(
        help=_("Run a directive's whole life in simulated time and write it as pages to open."),
        epilog=_("Example: dondoc simulate 53/KH-UBND --out demo"),
    )(simulate)
    app.command(
        help=_("Run on this machine: Prefect, the flows, the pages; what dies is begun again."),
        epilog=_("Example: DONDOC_DATA=/srv/dondoc dondoc up"),
    )(up)


def simulate(
    directive: Annotated[
        str,
        typer.Argument(
            metavar="DIRECTIVE",
            help=_("A directive file, or the symbol or code of one in `examples`."),
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help=_("Folder to write; an old run is replaced."))
    ] = Path("demo"),
    seed: Annotated[int, typer.Option(help=_("Seed of the simulated units."))] = 7,
    units: UnitsOption = None,
) -> None:
    from dondoc.simulation.run import simulate as run

    with reporting():
        index = run(directive, out, seed, units)
        typer.echo(str(index))


def up() -> None:
    from dondoc import commands_setup
    from dondoc.up import run

    with reporting():
        if _is_new() and typer.confirm(
            _("Nothing is set yet and there are no data. Answer a few questions first? Without "
              "them it is a trial: mail is kept as files, and only this machine sees the pages."),
            default=True,
        ):  # fmt: skip
            commands_setup.run()
        run()


def _is_new() -> bool:
    """Whether somebody begins who can be asked: no settings, no data, and a terminal."""
    from models import settings_file
    from models.settings import names, settings

    told = settings_file.path() or (names() - {settings_file.DATA}) & set(os.environ)
    data = settings().data
    return is_interactive() and not told and not (data.exists() and any(data.iterdir()))
