"""Commands on mail: the words of every mail, previewed and checked."""

from pathlib import Path
from typing import Annotated

import typer

from dondoc.commands_files import JsonOption
from dondoc.output import reporting, show_json, table
from models.i18n import gettext as _

MAIL = typer.Typer(
    help=_("Mail: what became of it and whom to call; its words, previewed and checked."),
    no_args_is_help=True,
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    """Adds the group of commands to the application."""
    MAIL.command(
        help=_("Write a mail with sample values, as files to open; without NAME list the mails."),
        epilog=_("Example: dondoc mail preview reminder --variant to-head --out mail-preview"),
    )(preview)
    MAIL.command(
        help=_("Find every fault in the words of the mails, your own and the built-in."),
        epilog=_("Example: DONDOC_TEMPLATES=/srv/dondoc/templates dondoc mail check"),
    )(check)
    app.add_typer(MAIL, name="mail")


def preview(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help=_("Which mail; without it, a list."))
    ] = None,
    variant: Annotated[
        str | None, typer.Option(metavar="VARIANT", help=_("One of its variants; else all."))
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help=_("Folder to write into."))] = Path(
        "mail-preview"
    ),
) -> None:
    from models.settings import settings
    from tasks.mail_check import check_mails
    from tasks.mail_preview import variants
    from tasks.mail_samples import SAMPLES

    with reporting():
        if name is None:
            rows = [(mail, ", ".join(samples)) for mail, samples in SAMPLES.items()]
            table(rows, (_("Mail"), _("Variants")))
            return
        chosen = variants(name) if variant is None else [variant]
        check_mails(settings().templates)
        for one in chosen:
            _write(name, one, out)


def _write(name: str, variant: str, folder: Path) -> None:
    from models.clock import now
    from models.settings import settings
    from tasks.mail_preview import preview as mail_of
    from tasks.mail_preview import words_of

    mail, words = mail_of(name, variant, settings(), now()), words_of(name, variant)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}-{variant}.eml"
    file.write_bytes(mail)
    file.with_suffix(".txt").write_text(words.text, "utf-8")
    file.with_suffix(".html").write_text(words.html, "utf-8")
    typer.echo(_("Subject: {subject}").format(subject=words.subject))
    typer.echo(_("{file} (with .html and .txt), {n} KB").format(file=file, n=-(-len(mail) // 1024)))


def check(as_json: JsonOption = False) -> None:
    from models.settings import settings
    from tasks.mail_check import check_mails
    from tasks.mail_samples import SAMPLES

    with reporting(as_json):
        folder = settings().templates
        check_mails(folder)
        if as_json:
            show_json({"templates": folder, "mails": {m: list(s) for m, s in SAMPLES.items()}})
            return
        variants = sum(map(len, SAMPLES.values()))
        message = _("{n} mails in {variants} variants are in order.")
        typer.echo(message.format(n=len(SAMPLES), variants=variants))
