"""The command line. Heavy parts are imported by the command that needs them, so help is quick."""

import os
import sys
from contextlib import suppress
from time import perf_counter

import typer
from typer.core import TyperGroup

from models import settings_file
from models.errors import DondocError

# before the words of the commands are translated: it may say in which language; what is wrong
# with it is told by the command that needs it
with suppress(DondocError, OSError):
    settings_file.into_environment()

from dondoc import (
    commands_account,
    commands_api,
    commands_audit,
    commands_backup,
    commands_calendar,
    commands_emulation,
    commands_export,
    commands_files,
    commands_health,
    commands_letter,
    commands_link,
    commands_mail,
    commands_many,
    commands_office,
    commands_post,
    commands_reconcile,
    commands_rehearse,
    commands_run,
    commands_setup,
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
    commands_reconcile,
    commands_account,
    commands_api,
    commands_audit,
    commands_backup,
    commands_export,
    commands_setup,
    commands_run,
    commands_health,
    commands_many,
)
for module in MODULES:
    module.add_to(app)


def main() -> None:
    """The entry point `dondoc`."""
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    if os.environ.get("DONDOC_LOG_FORMAT") == "json":  # to people a command says enough itself
        _logged()
    else:
        app()


def _logged() -> None:
    """Runs the command with a line in the log: which it was, how long, how it ended."""
    from models import logs

    logs.set_up("command")
    began = perf_counter()
    try:
        app()
    except SystemExit as ended:
        log = logs.get("command")
        log.info("command", command=_named(sys.argv[1:]), code=ended.code,
                 seconds=round(perf_counter() - began, 3))  # fmt: skip
        raise


def _named(words: list[str]) -> str:
    """The command that the words name, without what it was given: that may be anybody's name."""
    group, found = typer.main.get_command(app), list[str]()
    for word in words:
        if not isinstance(group, TyperGroup) or word not in group.commands:
            break
        group = group.commands[word]
        found.append(word)
    return " ".join(found)


if __name__ == "__main__":
    main()
