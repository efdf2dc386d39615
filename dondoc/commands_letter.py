"""The command on paper for signature: letter."""

from pathlib import Path
from typing import Annotated

import typer

from dondoc.commands_store import AsOfOption, DirectiveArgument
from dondoc.output import as_of_option, reporting
from models.i18n import gettext as _


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command(
        help=_(
            "Write the formal letter that urges everybody late (công văn đôn đốc), to be signed."
        ),
        epilog=_("Example: dondoc letter 53/KH-UBND --out don-doc.docx"),
    )(letter)


def letter(
    directive: DirectiveArgument,
    out: Annotated[Path, typer.Option(metavar="FILE", help=_("Word file to write (.docx)."))],
    as_of: AsOfOption = None,
    issuer: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=_("Who issues it; by default who oversees the rounds.")),
    ] = None,
) -> None:
    from models.database import database
    from models.errors import NotAllowed
    from models.status import day_of
    from models.vietnamese import show_date
    from tasks import lookup
    from tasks.official_letter import write
    from tasks.urging import urging_letter

    with reporting():
        moment = as_of_option(as_of)
        with database().read() as session:
            owner = lookup.directive(session, directive)
            found = urging_letter(session, owner, moment, issuer)
            symbol = owner.symbol
        if found is None:
            message = _("Nobody is late with {directive} on {day}: there is no letter to write.")
            raise NotAllowed(message.format(directive=symbol, day=show_date(day_of(moment))))
        out.write_bytes(write(found))
        line = _("{file}: {issuer} urges {count} bodies. The number and the signer are left blank.")
        typer.echo(line.format(file=out, issuer=found.issuer.name, count=len(found.bodies)))
