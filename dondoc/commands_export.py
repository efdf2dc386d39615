"""The command that gives out everything an office owns, for other programs: export."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dondoc.commands_files import JsonOption
from dondoc.output import reporting, show_json
from models.i18n import gettext as _


class Form(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command(
        help=_("Write everything the office owns as tables and files, without secrets."),
        epilog=_("Example: dondoc export --out /srv/export --format csv"),
    )(export)


def export(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help=_("A folder that is not there yet."))],
    form: Annotated[Form, typer.Option("--format", help=_("Of the tables."))] = Form.XLSX,
    directive: Annotated[
        str | None, typer.Option(metavar="DIRECTIVE", help=_("Only of this directive."))
    ] = None,
    as_json: JsonOption = False,
) -> None:
    from models.clock import now
    from models.database import database
    from models.settings import settings
    from tasks import lookup
    from tasks.exporting import export as write

    with reporting(as_json):
        owner = None
        if directive is not None:
            with database().read() as session:
                owner = lookup.id_of(lookup.directive(session, directive))
        found = write(database(), settings(), out, now(), form.value, owner)
        if as_json:
            show_json(vars(found))
            return
        line = _("{folder}: {rows} rows in {tables} tables, {files} files.")
        typer.echo(line.format(folder=out, rows=sum(found.rows.values()), tables=len(found.rows),
                               files=found.files))  # fmt: skip
        for name in found.missing:
            typer.echo(_("WARNING: a file is missing: {name}").format(name=name), err=True)
