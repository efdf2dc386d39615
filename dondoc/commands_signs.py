"""The command on signs of formalism in the answers to a round."""

from typing import Annotated

import typer

from dondoc.commands_files import JsonOption
from dondoc.commands_store import AsOfOption, DirectiveArgument
from dondoc.output import as_of_option, reporting, show_json, table, terminal_width
from models.i18n import gettext as _


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command(
        help=_("List what is to be looked at again in a round's answers; it is no verdict."),
        epilog=_("Example: dondoc signs 53/KH-UBND bao-cao-nam-2024 --kind copied"),
    )(signs)


def signs(
    directive: DirectiveArgument,
    round_: Annotated[str, typer.Argument(metavar="ROUND", help=_("Code of the round."))],
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help=_("Only of this kind, as --json has it."))
    ] = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    from models.database import database
    from tasks import formalism, lookup
    from tasks.signs import as_dict, name_of, of_kind

    with reporting(as_json), database().read() as session:
        found = lookup.round_(session, directive, round_)
        seen = of_kind(formalism.signs(session, found, as_of_option(as_of)), kind or "")
        if as_json:
            show_json([as_dict(sign) for sign in seen])
        elif seen:
            rows = [(name_of(s.kind), s.words, "\n".join(s.units)) for s in seen]
            head = (_("What was seen"), _("In words"), _("Units"))
            table(rows, head, terminal_width())
            typer.echo(_("These are signs, no verdict."))
        else:
            typer.echo(_("Nothing of this kind was seen."))
