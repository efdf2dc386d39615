"""Commands on the working-day calendar: import the operator's own table, show a year."""

from pathlib import Path
from typing import Annotated

import typer

from dondoc.commands_files import JsonOption
from dondoc.output import is_interactive, reporting, show_json, table
from models.i18n import gettext as _


def add_to(app: typer.Typer) -> None:
    """Adds the group of commands to the application."""
    calendar = typer.Typer(
        help=_("Days off and working days: import your own table, show a year."),
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    calendar.command(
        "import",
        help=_("Import your table of days off and swapped working days (CSV), which wins."),
        epilog=_("Example: dondoc calendar import days-2027.csv --yes"),
    )(import_days)
    calendar.command(
        help=_("Show every day of a year that is not what its weekday says, and why."),
        epilog=_("Example: dondoc calendar show 2026"),
    )(show)
    app.add_typer(calendar, name="calendar")


def import_days(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=_("CSV with day, kind, reason, source."))
    ],
    yes: Annotated[bool, typer.Option("--yes", help=_("Import without asking."))] = False,
    as_json: JsonOption = False,
) -> None:
    from sqlmodel import select

    from dondoc.commands_store import set_timers
    from models.calendar import read_decisions
    from models.clock import now
    from models.database import database
    from models.directive import Directive
    from models.vietnamese import show_date
    from tasks import calendars

    with reporting(as_json):
        wanted = read_decisions(file)
        with database().read() as session:
            added, dropped = calendars.changes(session, wanted)
        if as_json:
            show_json({"added": list(map(vars, added)), "dropped": list(map(vars, dropped))})
        for word, days in ((_("new"), added), (_("dropped"), dropped)):
            for found in [] if as_json else days:
                kind = _KINDS[found.kind]()
                typer.echo(f"{word}: {show_date(found.day)} {kind} – {found.reason}")
        if not (added or dropped):
            return
        if not yes and not (is_interactive() and typer.confirm(_("Import these changes?"))):
            typer.echo(_("Nothing was changed. Add --yes to import."), err=True)
            return
        with database().write() as session:
            moved = calendars.import_days(session, wanted)
            calendars.note_import(session, added, dropped, now())
            codes = session.exec(select(Directive.code).order_by(Directive.code)).all()
        for move in [] if as_json else moved:
            line = _("{directive}: {round} moves from {before} to {after}")
            before, after = show_date(move.before), show_date(move.after)
            told = line.format(
                directive=move.directive, round=move.round, before=before, after=after
            )
            typer.echo(told)
        set_timers(*codes)


_KINDS = {
    "off": lambda: _("day off"),
    "work": lambda: _("worked"),
    "decided": lambda: _("the year is decided"),
}


def show(
    year: Annotated[int, typer.Argument(metavar="YEAR", min=1945, max=2100)],
    as_json: JsonOption = False,
) -> None:
    from models.vietnamese import show_date
    from tasks.calendars import calendar_in_force, special_days

    with reporting(as_json):
        calendar = calendar_in_force()
        days = special_days(calendar, year)
        if as_json:
            rows = [{"day": day, "kind": kind.value, "reason": why} for day, kind, why in days]
            show_json({"year": year, "decided": year in calendar.decided, "days": rows})
            return
        table(
            [(show_date(day), _KINDS[kind](), why) for day, kind, why in days],
            (_("Day"), _("Kind"), _("Reason")),
        )
        if year not in calendar.decided:
            typer.echo(_("Days off of {year} are computed: no decision is known yet.").format(
                year=year))  # fmt: skip
