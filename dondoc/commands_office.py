"""What the secretariat does in the course of a round: open one on request, decide requests."""

from typing import Annotated, Any

import typer

from dondoc.commands_files import JsonOption
from dondoc.commands_store import DirectiveArgument, set_timers
from dondoc.output import day_option, reporting, show_json, table
from models.i18n import gettext as _

ObligationArgument = Annotated[
    str, typer.Argument(metavar="OBLIGATION", help=_("Its code: directive/round/unit."))
]
ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help=_("Who decides."))]


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.command(
        "open",
        help=_("Open a round “on request” now, with a date to answer by."),
        epilog=_("Example: dondoc open 53/KH-UBND theo-yeu-cau --due 2025-07-11 --by 'Thanh tra'"),
    )(open_round)
    app.command(
        help=_("Record a unit's request for more time, or to be let off (--waiver)."),
        epilog=_("Example: dondoc ask 53-kh-ubnd/ke-hoach/so-noi-vu --until 2024-04-05 --reason …"),
    )(ask)
    app.command(
        help=_("List the requests that wait for a decision; with --all, the decided too."),
        epilog=_("Example: dondoc requests 53/KH-UBND"),
    )(requests)
    app.command(
        help=_("Grant or refuse a request; the unit is told, its old reminders end."),
        epilog=_("Example: dondoc decide 12 --grant --by 'Chánh Văn phòng'"),
    )(decide)


def open_round(
    directive: DirectiveArgument,
    series: Annotated[str, typer.Argument(metavar="ROUND", help=_("Code of the round."))],
    due: Annotated[str, typer.Option(metavar="DATE", help=_("Day to answer by."))],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help=_("Who asks."))],
) -> None:
    from models.clock import now
    from models.database import database
    from models.vietnamese import show_date
    from tasks.calendars import working_calendar
    from tasks.on_request import open_on_request
    from tasks.rounds import obligations

    with reporting():
        day = day_option(due)
        assert day is not None
        with database().write() as session:
            calendar = working_calendar(session)
            found = open_on_request(session, directive, series, day, by, calendar, now())
            code, last, asked = found.code, found.due, len(obligations(session, found))
        line = _("{round} is open: {asked} units are asked to answer by {due}.")
        typer.echo(line.format(round=code, asked=asked, due=show_date(last)))
        set_timers(directive)


def ask(
    obligation: ObligationArgument,
    reason: Annotated[str, typer.Option(metavar="TEXT", help=_("Why the unit asks."))],
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help=_("Until when it asks for time."))
    ] = None,
    waiver: Annotated[bool, typer.Option("--waiver", help=_("It asks to be let off."))] = False,
    sender: Annotated[
        str, typer.Option(metavar="NAME", help=_("Who sent it; by default the clerk."))
    ] = "văn thư",
) -> None:
    from models.clock import now
    from models.database import database
    from models.words import ReliefKind
    from tasks import lookup, reliefs

    with reporting():
        if waiver == (until is not None):
            raise typer.BadParameter(_("give either --until or --waiver"))
        kind = ReliefKind.WAIVER if waiver else ReliefKind.EXTENSION
        with database().write() as session:
            found = reliefs.ask(session, obligation, kind, reason, sender, now(), day_option(until))
            number = lookup.id_of(found)
        typer.echo(_("Request {number} is recorded; `dondoc decide` settles it.").format(
            number=number))  # fmt: skip


def requests(
    directive: Annotated[
        str | None,
        typer.Argument(metavar="DIRECTIVE", help=_("Symbol or code; without it, all.")),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help=_("The decided ones too."))] = False,
    as_json: JsonOption = False,
) -> None:
    from models.database import database
    from tasks import lookup, reliefs

    with reporting(as_json), database().read() as session:
        owner = lookup.directive(session, directive) if directive else None
        found = reliefs.requests(session, owner, every)
        if as_json:
            show_json([vars(request) for request in found])
        elif found:
            table([_row(request) for request in found], (_("Number"), _("Kind"), _("Unit"),
                  _("Obligation"), _("Due"), _("Until"), _("Decision"), _("Reason")))  # fmt: skip
        else:
            typer.echo(_("No request waits for a decision."))


def _row(request: Any) -> tuple[object, ...]:
    from models.vietnamese import show_date
    from models.words import label

    decision = {None: _("waits"), True: _("granted"), False: _("refused")}[request.granted]
    until = show_date(request.until) if request.until else "—"
    return (
        request.number, label(request.kind), request.unit, request.obligation,
        show_date(request.due), until, decision, request.reason,
    )  # fmt: skip


def decide(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help=_("Number of the request."))],
    by: ByOption,
    grant: Annotated[bool, typer.Option("--grant", help=_("Granted."))] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help=_("Refused."))] = False,
    words: Annotated[
        str, typer.Option(metavar="TEXT", help=_("What the unit is told with it."))
    ] = "",
) -> None:
    from models.clock import now
    from models.database import database
    from tasks import reliefs
    from tasks.calendars import working_calendar

    with reporting():
        if grant == refuse:
            raise typer.BadParameter(_("give either --grant or --refuse"))
        with database().write() as session:
            calendar = working_calendar(session)
            found = reliefs.decide(session, number, grant, by, words, calendar, now())
            directive = reliefs.directive_of(session, found)
        typer.echo(_("Granted; the unit is told.") if grant else _("Refused; the unit is told."))
        if grant:
            set_timers(directive)
