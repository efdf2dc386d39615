"""The signed links by hand: shown, to be passed on; taken back."""

from typing import Annotated

import typer

from dondoc.commands_files import JsonOption
from dondoc.commands_post import ByOption
from dondoc.output import reporting, show_json
from models.i18n import gettext as _

LINK = typer.Typer(
    help=_("The links by which units open their pages: show them, take them back."),
    no_args_is_help=True,
    rich_markup_mode=None,
)
OwnerArgument = Annotated[
    str, typer.Argument(metavar="UNIT|OBLIGATION", help=_("A unit's code or name; a task's code."))
]


def add_to(app: typer.Typer) -> None:
    app.add_typer(LINK, name="link")
    LINK.command(
        "show",
        help=_("The addresses of a unit's pages or of one task, to pass on to the unit itself."),
        epilog=_("Example: dondoc link show 53-kh-ubnd/tiep-nhan/so-y-te"),
    )(show)
    LINK.command(
        help=_("Take back every link of a unit and its tasks, or of one task."),
        epilog=_("Example: dondoc link revoke so-y-te --by 'Chánh Văn phòng'"),
    )(revoke)


def show(owner: OwnerArgument, as_json: JsonOption = False) -> None:
    from models.clock import now
    from models.database import database
    from models.settings import settings
    from tasks import passing_links

    with reporting(as_json), database().read() as session:
        found = passing_links.owner_of(session, owner)
        shown = passing_links.addresses(session, found, settings(), now())
        if as_json:
            show_json({"code": found.code, "links": shown})
        else:
            typer.echo("\n".join(shown))


def revoke(owner: OwnerArgument, by: ByOption) -> None:
    from models.clock import now
    from models.database import database
    from models.settings import settings
    from tasks import passing_links

    with reporting():
        with database().write() as session:
            found = passing_links.owner_of(session, owner)
            passing_links.revoke(session, found, by, now())
            shown, code = passing_links.addresses(session, found, settings(), now()), found.code
        line = _("{code}: every link made so far is taken back. The new ones:")
        typer.echo(line.format(code=code))
        typer.echo("\n".join(shown))
