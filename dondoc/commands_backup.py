"""Commands that copy a whole office and restore it: backup, restore, mail release."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dondoc.commands_files import JsonOption
from dondoc.commands_mail import MAIL
from dondoc.commands_post import ByOption
from dondoc.output import reporting, show_json, table
from models.i18n import gettext as _

if TYPE_CHECKING:
    from collections import Counter

    from models.words import Purpose
    from tasks.backup import Copy

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help=_("The copy: a .tar file."))]

BACKUP = typer.Typer(
    help=_("Copy the whole office into one file, while it runs."),
    epilog=_("Example: dondoc backup --out /srv/copies"),
    invoke_without_command=True,
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    BACKUP.callback()(backup)
    BACKUP.command(
        help=_("Read a copy whole: every hash, every row, every file that a row names."),
        epilog=_("Example: dondoc backup verify /srv/copies/dondoc-20261123-013000.tar"),
    )(verify)
    app.add_typer(BACKUP, name="backup")
    app.command(
        help=_("Restore an office from a copy, into an empty folder and an empty database."),
        epilog=_("Example: DONDOC_DATA=/srv/dondoc dondoc restore dondoc-20261123-013000.tar"),
    )(restore)
    MAIL.command(
        help=_("Show what mail is held back after a restore, and let it leave."),
        epilog=_("Example: dondoc mail release --by 'Chánh Văn phòng'"),
    )(release)


def backup(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option(metavar="PLACE", help=_("File, or folder; else DONDOC_BACKUP_DIR.")),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    if context.invoked_subcommand:
        return
    from models.clock import now
    from models.database import database, is_there
    from models.errors import NotAllowed
    from models.settings import settings
    from models.words import Part
    from tasks.backup import make
    from tasks.pulses import beat

    with reporting(as_json):
        if not is_there():
            message = _("There is no database in {folder}: nothing to copy.")
            raise NotAllowed(message.format(folder=settings().data))
        place = out or settings().backup_dir
        if place is None:
            raise typer.BadParameter(_("say where with --out, or set DONDOC_BACKUP_DIR"))
        moment = now()
        made = make(database(), settings(), place, moment)
        if out is None:  # one of those that are watched
            with database().write() as session:
                beat(session, Part.BACKUP, moment)
        _show(made, as_json)


def verify(file: FileArgument, as_json: JsonOption = False) -> None:
    from tasks.backup import verify as read

    with reporting(as_json):
        _show(read(file), as_json)


def _show(copy: "Copy", as_json: bool) -> None:
    found = copy.manifest
    if as_json:
        tables = {name: rows.rows for name, rows in found.tables.items()}
        show_json(
            {"file": copy.path, "size": copy.size, "made_at": found.made_at, "rows": tables,
             "program": found.program, "revision": found.revision, "files": len(found.files),
             "audit": found.audit, "missing": found.missing}
        )  # fmt: skip
        return
    line = _("{file}: {rows} rows, {files} files, {size} MB; of {made_at}; whole.")
    size = -(-copy.size // 10**6)
    typer.echo(line.format(file=copy.path, rows=found.rows, files=len(found.files), size=size,
                           made_at=found.made_at))  # fmt: skip
    for name in found.missing:
        message = _("WARNING: a file that rows name was missing or altered already: {name}")
        typer.echo(message.format(name=name), err=True)


def restore(file: FileArgument, by: ByOption = "", as_json: JsonOption = False) -> None:
    from dondoc.processes import alone_in
    from models import embedded_postgres
    from models.clock import now
    from models.settings import settings
    from tasks.activities import system
    from tasks.restoring import restore as take_back

    with reporting(as_json), alone_in(settings().data.resolve()):
        if settings().embedded:
            embedded_postgres.at_hand(settings().data)
        done = take_back(file, settings(), now(), by or system())
        if as_json:
            show_json({"made_at": done.manifest.made_at, "rows": done.manifest.rows,
                       "files": len(done.manifest.files), "waiting": done.waiting})  # fmt: skip
            return
        line = _("Restored: {rows} rows and {files} files, as of {made_at}.")
        typer.echo(line.format(rows=done.manifest.rows, files=len(done.manifest.files),
                               made_at=done.manifest.made_at))  # fmt: skip
        if done.templates:
            words = _("The office's own words for mails: set DONDOC_TEMPLATES={folder}")
            typer.echo(words.format(folder=done.templates))
        typer.echo(_("Mail is held back; {n} mails waited when the copy was made.").format(
            n=done.waiting))  # fmt: skip
        typer.echo(
            _(
                "Next: start `dondoc up`, which sets the timers again; look at `dondoc mail list`; "
                "then `dondoc mail release --by NAME`, with --drop to send nothing of what waits."
            )
        )


def release(
    by: ByOption = "",
    drop: Annotated[
        bool, typer.Option("--drop", help=_("Do not send what waits now; later mail leaves."))
    ] = False,
    as_json: JsonOption = False,
) -> None:
    from models.clock import now
    from models.database import database
    from models.errors import NotAllowed
    from tasks import holding

    with reporting(as_json), database().write() as session:
        if holding.held(session) is None:
            raise NotAllowed(_("No mail is held back."))
        rows = _waiting(holding.waiting(session))
        if by:
            count = holding.release(session, by, now(), drop=drop)
        if as_json:
            show_json({"waiting": rows, "released": bool(by), "dropped": bool(by) and drop})
            return
        table(rows, (_("Mail"), _("Waited at the copy"), _("Queued since")))
        if not by:
            typer.echo(_("Nothing was released: say who does it with --by."))
        elif drop:
            typer.echo(_("{n} mails will not be sent; what comes now leaves.").format(n=count))
        else:
            typer.echo(_("{n} mails leave within five minutes.").format(n=count))


def _waiting(found: "Counter[tuple[Purpose, bool]]") -> list[tuple[str, int, int]]:
    from models.words import label

    purposes = sorted({purpose for purpose, _before in found})
    return [(label(p), found[p, True], found[p, False]) for p in purposes]
