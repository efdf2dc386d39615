"""The command line. Heavy parts are imported by the command that needs them, so help is quick."""

import os

import typer

from dondoc import (
    commands_account,
    commands_calendar,
    commands_emulation,
    commands_files,
    commands_letter,
    commands_link,
    commands_mail,
    commands_many,
    commands_office,
    commands_post,
    commands_rehearse,
    commands_run,
    commands_signs,
    commands_store,
    commands_summary,
    commands_template,
)
from models.i18n import gettext as _

app = typer.Typer(
    help=_(
        "Đôn Đốc runs the life of a directive: dated obligations, mail, reminders, answers, "
        "summaries."
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
MODULES = (
    commands_files,
    commands_rehearse,
    commands_calendar,
    commands_store,
    commands_office,
    commands_letter,
    commands_emulation,
    commands_signs,
    commands_summary,
    commands_template,
    commands_link,
    commands_mail,
    commands_post,
    commands_account,
    commands_run,
    commands_many,
)
for module in MODULES:
    module.add_to(app)


def main() -> None:
    """The entry point `dondoc`."""
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    app()


if __name__ == "__main__":
    main()
