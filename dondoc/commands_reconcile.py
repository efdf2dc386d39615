"""The command that compares Prefect's runs with the database."""

from dataclasses import asdict

import typer

from dondoc.commands_files import JsonOption
from dondoc.commands_store import AsOfOption
from dondoc.output import as_of_option, reporting, show_json
from models.i18n import gettext as _

SHOWN = 20  # names of each kind


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command(
        help=_("Compare what is scheduled with the database; set, delete, run again what differs."),
        epilog=_("Example: dondoc reconcile"),
    )(reconcile)


def reconcile(as_of: AsOfOption = None, as_json: JsonOption = False) -> None:
    from flows.timers import reconcile_all
    from models.settings import settings

    with reporting(as_json):
        moment = None if as_of is None else as_of_option(as_of)
        done = reconcile_all(settings(), moment)
        if as_json:
            show_json(asdict(done))
            return
        _show(_("{n} timers were missing and are set."), done.missing)
        _show(_("{n} runs were superseded and are deleted."), done.superseded)
        _show(_("{n} runs were lost and run again."), done.lost)
        _show(_("{n} runs were stuck with nothing left to do and are ended."), done.stuck)
        if not any(asdict(done).values()):
            typer.echo(_("Everything is scheduled as it should be."))


def _show(line: str, names: tuple[str, ...]) -> None:
    if not names:
        return
    typer.echo(line.format(n=len(names)))
    for name in names[:SHOWN]:
        typer.echo(f"    {name}")
    if len(names) > SHOWN:
        typer.echo("    " + _("and {n} more").format(n=len(names) - SHOWN))
