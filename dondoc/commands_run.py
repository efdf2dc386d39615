"""Commands that run things: simulate a whole life, or serve the real one."""

from pathlib import Path
from typing import Annotated

import typer

from dondoc.commands_files import UnitsOption
from dondoc.output import reporting
from models.i18n import gettext as _


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.command(
        help=_("Run a directive's whole life in simulated time and write it as pages to open."),
        epilog=_("Example: dondoc simulate 53/KH-UBND --out demo"),
    )(simulate)
    app.command(
        help=_("Run on this machine: Prefect server and pages, the flows, mail, SQLite."),
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
    from dondoc.up import run

    with reporting():
        run()
