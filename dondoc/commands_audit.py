"""The history that cannot be changed unseen: verified, shown, its head noted elsewhere."""

from typing import TYPE_CHECKING, Annotated

import typer

from dondoc.commands_files import JsonOption
from dondoc.commands_post import ByOption
from dondoc.output import reporting, show_json, table
from models.i18n import gettext as _

if TYPE_CHECKING:
    from tasks.audit import Verified
    from tasks.audit_words import Told

SHOWN = 200  # of what is wrong, in words; all of it with --json


def add_to(app: typer.Typer) -> None:
    """Adds the group of commands to the application."""
    audit = typer.Typer(
        help=_("The history of every change: verify it, note its head, show who did what."),
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    audit.command(
        help=_("Find every change and deletion that was not made by the program."),
        epilog=_("Example: dondoc audit verify"),
    )(verify)
    audit.command(
        help=_("The newest entry, NUMBER:HASH: kept elsewhere it vouches for all before it."),
        epilog=_("Example: dondoc audit head"),
    )(head)
    audit.command(
        help=_("Who did what and when, newest first."),
        epilog=_("Example: dondoc audit show --directive 53/KH-UBND"),
    )(show)
    audit.command(
        help=_("Take what was changed outside the program as right, in your name."),
        epilog=_("Example: dondoc audit accept --by 'Lê Thị A' --reason 'khôi phục sau sự cố'"),
    )(accept)
    app.add_typer(audit, name="audit")


def verify(
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against", metavar="NUMBER:HASH", help=_("A head you kept; may be given again.")
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    from models.database import database
    from models.settings import settings
    from tasks import audit, audit_words

    with reporting(as_json), database().snapshot() as session:
        heads = [*audit.anchors(settings().data), *map(audit.head_from, against or ())]
        done = audit.verify(session, heads)
        told = list(audit_words.told(session, done, None if as_json else SHOWN))
    if as_json:
        head = {"number": done.head.number, "hash": done.head.hash}
        counts = {"facts": done.facts, "heads": done.heads, "unnoted": done.unnoted}
        show_json({"head": head, **counts, "wrong": [one.as_dict() for one in told]})
    else:
        _print(done, told)
    if done.found:
        raise typer.Exit(1)


def _print(done: "Verified", told: "list[Told]") -> None:
    for one in told:
        typer.echo(" ".join(part for part in (one.sentence, one.last) if part))
    if more := len(done.found) - len(told):
        typer.echo(_("… and {n} more; --json has all.").format(n=more))
    if done.unnoted:
        line = _("{n} entries have no deed that says who made them: --json counts them, too.")
        typer.echo(line.format(n=done.unnoted))
    line = _("{entries} entries, {facts} facts, {heads} heads noted elsewhere: {result}")
    result = _("{n} things are wrong").format(n=len(done.found)) if done.found else _("all holds")
    typer.echo(
        line.format(entries=done.head.number, facts=done.facts, heads=done.heads, result=result)
    )
    if done.found:
        typer.echo(
            _(
                "Compare with a backup of before, and ask who was on the machine. What turns out "
                "to be right: dondoc audit accept --by NAME --reason WHY"
            )
        )


def head(as_json: JsonOption = False) -> None:
    from models.database import database
    from tasks import audit

    with reporting(as_json), database().read() as session:
        newest = audit.head(session)
    if as_json:
        show_json({"number": newest.number, "hash": newest.hash})
    else:
        typer.echo(f"{newest.number}:{newest.hash}")


def show(
    directive: Annotated[
        str | None, typer.Option("--directive", metavar="DIRECTIVE", help=_("Symbol or code."))
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="UNIT", help=_("A unit's code or name."))
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help=_("How many."))] = 50,
    as_json: JsonOption = False,
) -> None:
    from dataclasses import asdict

    from models.database import database
    from models.vietnamese import TIMEZONE
    from tasks import history, lookup

    with reporting(as_json), database().read() as session:
        found = history.activities(
            session,
            directive=lookup.id_of(lookup.directive(session, directive)) if directive else None,
            unit=lookup.id_of(lookup.unit(session, unit)) if unit else None,
            limit=limit,
        )
    if as_json:
        show_json([asdict(one) for one in found])
        return
    rows = [
        (f"{one.at.astimezone(TIMEZONE):%d/%m/%Y %H:%M}", one.by, one.what,
         one.obligation or one.unit or one.directive or one.account, one.about)
        for one in found
    ]  # fmt: skip
    table(rows, (_("when"), _("who"), _("what"), _("of"), _("about")))


def accept(
    by: ByOption,
    reason: Annotated[str, typer.Option("--reason", metavar="WHY", help=_("Why it is right."))],
) -> None:
    from models.clock import now
    from models.database import database
    from tasks import audit

    with reporting():
        with database().write() as session:
            count = audit.accept(session, by, reason, now())
        line = _("{n} facts are taken as they stand; your name and reason are in the history.")
        typer.echo(line.format(n=count) if count else _("Nothing is to be accepted."))
