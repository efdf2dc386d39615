"""The command that says how the program is, also where nothing of it runs."""

from typing import Annotated

import typer

from dondoc.commands_files import JsonOption
from dondoc.output import reporting, show_json, table, terminal_width
from models.i18n import gettext as _

ILL = 5  # the exit code: something the program needs has stopped


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command(
        help=_("How the program is: every check, with what to do; exit code 5 where one is ill."),
        epilog=_("Example: dondoc health --json"),
    )(health)


def health(
    as_json: JsonOption = False,
    every: Annotated[bool, typer.Option("--all", help=_("What is well, too."))] = False,
) -> None:
    from models.clock import now
    from models.settings import settings
    from models.words import Health, label
    from tasks import health as checking

    with reporting(as_json):
        found = checking.look_at(settings(), now())
        worst = checking.worst(found)
        if as_json:
            show_json({"status": worst, "checks": [vars(check) for check in found]})
        else:
            shown = [c for c in found if every or c.health is not Health.OK]
            rows = [
                (label(c.name), label(c.health), f"{c.words}\n{c.advice}".strip()) for c in shown
            ]
            if rows:
                table(rows, (_("What is watched"), _("Finding"), ""), terminal_width())
            else:
                typer.echo(_("All that is watched is well."))
        if worst is Health.ILL:
            raise typer.Exit(ILL)
