"""Commands on the office's own Word templates: template list, export, import."""

from pathlib import Path
from typing import Annotated

import typer

from dondoc.commands_account import OPERATOR
from dondoc.commands_files import JsonOption
from dondoc.output import reporting, show_json
from models.i18n import gettext as _

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help=_("summary-state or summary-party."))
]


def add_to(app: typer.Typer) -> None:
    """Adds the group of commands to the application."""
    template = typer.Typer(
        help=_("Word files from which summaries are written: list, export, import."),
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    template.command(
        "list",
        help=_("List the Word templates with every version of the office's own."),
        epilog=_("Example: dondoc template list"),
    )(list_)
    template.command(
        help=_("Write a Word template to a file, to change it in Word."),
        epilog=_("Example: dondoc template export summary-state --out mau-bao-cao.docx"),
    )(export)
    template.command(
        "import",
        help=_("Check a Word template and put it in force; one with faults is refused."),
        epilog=_("Example: dondoc template import summary-state mau-bao-cao.docx"),
    )(import_)
    app.add_typer(template, name="template")


def list_(as_json: JsonOption = False) -> None:
    from models.database import database
    from models.vietnamese import show_instant
    from tasks import word_templates

    with reporting(as_json):
        with database().read() as session:
            kept = {one: word_templates.history(session, one) for one in word_templates.SHIPPED}
        if as_json:
            show_json({name: [one._asdict() for one in found] for name, found in kept.items()})
            return
        for name, found in kept.items():
            typer.echo(name if found else _("{name}: the built-in one").format(name=name))
            for one in found:
                line = _("    version {n}, {day}, {by}, {digest}")
                mark = _(" (in force)") if one.in_force else ""
                day, digest = show_instant(one.added_at), one.sha256[:8]
                typer.echo(line.format(n=one.id, day=day, by=one.added_by, digest=digest) + mark)


def export(
    name: NameArgument,
    out: Annotated[Path, typer.Option(metavar="FILE", help=_("Word file to write (.docx)."))],
    version: Annotated[
        int | None, typer.Option(metavar="N", help=_("An earlier version, by its number."))
    ] = None,
    shipped: Annotated[bool, typer.Option("--shipped", help=_("The built-in one."))] = False,
) -> None:
    from models.database import database
    from models.settings import settings
    from tasks import word_templates
    from tasks.papers import shipped_template

    with reporting():
        word_templates.refuse_unknown(name)
        data = settings().data
        with database().read() as session:
            if shipped:
                raw = shipped_template(name)
            elif version is not None:
                raw = word_templates.content(data, word_templates.one(session, name, version))
            else:
                raw = word_templates.in_force(session, data, name)
        out.write_bytes(raw)
        typer.echo(str(out))


def import_(
    name: NameArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("A Word file (.docx)."))],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help=_("Who changes it."))] = OPERATOR,
) -> None:
    from models.clock import now
    from models.database import database
    from models.settings import settings
    from tasks import word_templates
    from tasks.word_guard import MOST_BYTES

    with reporting():
        with file.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
        with database().write() as session:
            kept = word_templates.keep(session, settings().data, name, raw, by, now())
            number = kept.id
        typer.echo(_("{name}: version {n} is in force.").format(name=name, n=number))
