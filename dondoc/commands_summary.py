"""Commands on summaries: list, show, draw up anew, sign, verify, write to files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dondoc.commands_files import JsonOption
from dondoc.commands_store import AsOfOption, DirectiveArgument
from dondoc.output import as_of_option, day_option, reporting, show_json, table
from models.i18n import gettext as _

if TYPE_CHECKING:
    from sqlmodel import Session

    from models.round import Round, Summary

RoundArgument = Annotated[str, typer.Argument(metavar="ROUND", help=_("Code of the round."))]
VersionOption = Annotated[
    int | None, typer.Option("--version", metavar="N", help=_("A version; else the newest."))
]
ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help=_("Who does this."))]


def add_to(app: typer.Typer) -> None:
    """Adds the group of commands to the application."""
    summary = typer.Typer(
        help=_("Provincial summaries: show, draw up anew, sign, verify, write to files."),
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    summary.command(
        "list",
        help=_("List the newest summary of every round: signed or not, answers since."),
        epilog=_("Example: dondoc summary list --waiting"),
    )(list_summaries)
    summary.command(
        help=_("Print the provincial summary of a round: the frozen one, else as it stands."),
        epilog=_("Example: dondoc summary show 53/KH-UBND bao-cao-nam-2024 --format markdown"),
    )(show)
    summary.command(
        help=_("Draw the summary up anew: a new version where figures changed."),
        epilog=_("Example: dondoc summary draw 53/KH-UBND bao-cao-nam-2024 --by 'Lê Thị A'"),
    )(draw)
    summary.command(
        help=_("Record that a summary was signed: its files are frozen and never change."),
        epilog=_(
            "Example: dondoc summary sign 53/KH-UBND bao-cao-nam-2024 --number 45/BC-UBND "
            "--on 2024-12-26 --signed-by 'Nguyễn Văn B' --by 'Lê Thị A'"
        ),
    )(sign)
    summary.command(
        help=_("Check that summaries and signed files are what their hashes say."),
        epilog=_("Example: dondoc summary verify 53/KH-UBND bao-cao-nam-2024"),
    )(verify)
    summary.command(
        help=_("Write the files of a summary to a folder: Word, PDF, HTML, Excel annexes."),
        epilog=_("Example: dondoc summary export 53/KH-UBND bao-cao-nam-2024 --out bao-cao"),
    )(export)
    app.add_typer(summary, name="summary")


def list_summaries(
    waiting: Annotated[
        bool, typer.Option("--waiting", help=_("Only those that wait to be signed."))
    ] = False,
    as_json: JsonOption = False,
) -> None:
    from models.clock import now
    from models.database import database
    from models.status import day_of
    from models.vietnamese import show_date
    from tasks.summary_versions import newest_of_all

    with reporting(as_json):
        with database().read() as session:
            found = newest_of_all(session, now(), waiting=waiting)
        if as_json:
            show_json([
                {
                    "directive": one.directive.code, "round": one.round.code,
                    "version": one.version, "frozen_at": one.frozen_at, "number": one.number,
                    "signed_at": one.signed_at, "answers_since": one.answers,
                }
                for one in found
            ])  # fmt: skip
            return
        rows = [
            (one.directive.symbol, one.round.code, one.version,
             f"{one.number}, {show_date(day_of(one.signed_at))}" if one.signed_at else "—",
             one.answers)
            for one in found
        ]  # fmt: skip
        table(
            rows,
            (
                _("directive"),
                _("round"),
                _("Version of the summary"),
                _("signed"),
                _("answers since"),
            ),
        )


def show(
    directive: DirectiveArgument,
    round: RoundArgument,
    format: Annotated[
        str, typer.Option(metavar="markdown|html|json", help=_("How to print it."))
    ] = "markdown",
    version: VersionOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    from models.database import database
    from tasks import lookup, summarising, summary_versions

    if format not in ("markdown", "html", "json"):
        raise typer.BadParameter(_("choose markdown, html or json"), param_hint="--format")
    with reporting(as_json), database().read() as session:
        found = lookup.round_(session, directive, round)
        frozen = summarising.latest_summary(session, found)
        if version is not None:
            frozen = summary_versions.one(session, found, version)
        shown = frozen or summarising.draft(session, found, as_of_option(as_of))
        if as_json or format == "json":
            show_json(
                {
                    "frozen": frozen is not None, "version": shown.version,
                    "sha256": shown.sha256, "number": shown.number,
                    "signed_at": shown.signed_at, "signed_by": shown.signed_by,
                    "words": shown.words, "figures": shown.figures,
                }
            )  # fmt: skip
            return
        typer.echo(shown.html if format == "html" else shown.markdown)
        if frozen is None:
            typer.echo(_("Not frozen: the round has not closed."), err=True)
        else:
            typer.echo(f"sha256 {frozen.sha256}", err=True)


def draw(
    directive: DirectiveArgument, round: RoundArgument, by: ByOption, as_json: JsonOption = False
) -> None:
    from models.clock import now
    from models.database import database
    from tasks import lookup, summary_versions

    with reporting(as_json), database().write() as session:
        found = lookup.round_(session, directive, round)
        before = summary_versions.one(session, found)
        changes = summary_versions.since(session, found, before, now()).changes
        summary = summary_versions.draw_up(session, found, by, now())
        if as_json:
            show_json({"version": summary.version, "sha256": summary.sha256, "changes": changes})
            return
        for line in changes:
            typer.echo(f"– {line}")
        if summary.version == before.version:
            typer.echo(_("Nothing has changed: version {n} stays.").format(n=summary.version))
        else:
            typer.echo(_("Version {n} is drawn up.").format(n=summary.version))


def sign(
    directive: DirectiveArgument,
    round: RoundArgument,
    number: Annotated[
        str, typer.Option(metavar="NUMBER", help=_("Number and symbol, as on the paper."))
    ],
    signed_by: Annotated[str, typer.Option(metavar="NAME", help=_("Who signed the paper."))],
    by: ByOption,
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help=_("Day on the paper; else today."))
    ] = None,
    knowingly: Annotated[
        bool, typer.Option("--knowingly", help=_("Sign although the round changed since."))
    ] = False,
    as_json: JsonOption = False,
) -> None:
    from models.clock import now
    from models.database import database
    from models.settings import settings
    from models.status import day_of
    from tasks import lookup, signing, summary_versions

    with reporting(as_json):
        moment = now()
        signature = signing.Signature(number, day_option(on) or day_of(moment), signed_by)
        with database().read() as session:
            found = lookup.round_(session, directive, round)
            newest = summary_versions.one(session, found)
            ready = signing.prepare(
                session, settings().data, found, newest.version, newest.sha256, signature, moment,
                knowingly=knowingly,
            )  # fmt: skip
        with database().write() as session:
            found = lookup.round_(session, directive, round)
            done = signing.sign(session, settings().data, found, ready, by, moment)
            version, digest = done.version, done.sha256
        if as_json:
            show_json({"version": version, "number": ready.signature.number, "sha256": digest})
            return
        message = _("Version {n} is signed as number {number}; its files are frozen.")
        typer.echo(message.format(n=version, number=ready.signature.number))


def verify(
    directive: Annotated[str | None, typer.Argument(metavar="[DIRECTIVE]")] = None,
    round: Annotated[str | None, typer.Argument(metavar="[ROUND]")] = None,
    as_json: JsonOption = False,
) -> None:
    from models.database import database
    from models.settings import settings
    from tasks import summary_papers

    with reporting(as_json):
        with database().read() as session:
            checked = _to_check(session, directive, round)
            wrong = [
                {"round": found.code, "version": summary.version, "fault": fault}
                for found, summary in checked
                for fault in summary_papers.faults(session, settings().data, summary)
            ]
        if as_json:
            show_json({"checked": len(checked), "faults": wrong})
        else:
            for one in wrong:
                typer.echo(f"{one['round']}: {one['fault']}", err=True)
            message = _("{n} versions checked, {wrong} faults.")
            typer.echo(message.format(n=len(checked), wrong=len(wrong)))
    if wrong:
        raise typer.Exit(1)


def _to_check(
    session: "Session", directive: str | None, round: str | None
) -> "list[tuple[Round, Summary]]":
    """Every version of a round's summary; of every round of a directive, or of all."""
    from sqlmodel import col, select

    from models.round import Round, Summary
    from tasks import lookup

    wanted = select(Round, Summary).join(Summary, col(Summary.round_id) == col(Round.id))
    if directive is not None:
        wanted = wanted.where(Round.directive_id == lookup.directive(session, directive).id)
        if round is not None:
            wanted = wanted.where(Round.id == lookup.round_(session, directive, round).id)
    return list(session.exec(wanted.order_by(col(Summary.id))))


def export(
    directive: DirectiveArgument,
    round: RoundArgument,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help=_("Where the files are written."))],
    version: VersionOption = None,
    as_json: JsonOption = False,
) -> None:
    from models.clock import now
    from models.database import database
    from models.settings import settings
    from models.words import PaperKind
    from tasks import lookup, summarising, summary_papers, summary_versions

    with reporting(as_json):
        with database().read() as session:
            found = lookup.round_(session, directive, round)
            frozen = summarising.latest_summary(session, found)
            if frozen is None and version is None:
                frozen = summarising.draft(session, found, now())
            else:
                frozen = summary_versions.one(session, found, version)
            data = settings().data
            made = [
                summary_papers.given_out(session, data, found, frozen, kind) for kind in PaperKind
            ]
        out.mkdir(parents=True, exist_ok=True)
        for one in made:
            (out / one.name).write_bytes(one.raw)
        if as_json:
            show_json([str(out / one.name) for one in made])
            return
        for one in made:
            typer.echo(out / one.name)
