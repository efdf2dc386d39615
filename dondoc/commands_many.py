"""Commands of many machines: each part of `dondoc up` by itself, and what is told to Prefect."""

from typing import Annotated

import typer

from dondoc.output import reporting
from models.i18n import gettext as _


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.command(
        help=_(
            "Tell a Prefect server on another machine all it needs: work pool, flows, timers. "
            "The tables are made, too."
        ),
        epilog=_("Example: PREFECT_API_URL=http://prefect:4200/api dondoc deploy"),
    )(deploy)
    app.command(
        help=_("Run the pages alone."), epilog=_("Example: dondoc pages"),
    )(pages)  # fmt: skip
    app.command(
        help=_("Send mail until told to end; several senders share what is due."),
        epilog=_("Example: dondoc send"),
    )(send)


def deploy(
    pool: Annotated[
        str,
        typer.Option(
            metavar="process|docker|kubernetes",
            help=_("What starts the flow runs of the work pool, where it is made now."),
        ),
    ] = "process",
) -> None:
    from dondoc.deploy import run

    with reporting():
        run(pool)


def pages() -> None:
    from portal.serve import main

    with reporting():
        main()


def send() -> None:
    from dondoc.sender import run

    with reporting():
        run()
