"""What every command shares: how errors end it, how results are printed, how dates are read."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import zip_longest
from shutil import get_terminal_size
from textwrap import wrap
from typing import Any

import typer

from models.errors import (
    DondocError,
    InputError,
    NotAllowed,
    SecretDocument,
    ServiceError,
    UnknownName,
)
from models.i18n import gettext as _

NARROWEST = 8  # characters: of a column that is narrowed
# 2 is the usual code for a command line that cannot be understood
EXIT_CODES: dict[type[DondocError], int] = {
    InputError: 1,
    SecretDocument: 3,
    UnknownName: 4,
    NotAllowed: 4,
    ServiceError: 5,
}


@contextmanager
def reporting(as_json: bool = False) -> Iterator[None]:
    """Ends the command with the exit code of the error that passes through, and its message."""
    try:
        with _in_our_words():
            _warn_of_misspelt()
            yield
    except DondocError as error:
        if as_json:
            show_json(_error_as_data(error))
        else:
            typer.echo(str(error), err=True)
        code = next((c for kind, c in EXIT_CODES.items() if isinstance(error, kind)), 1)
        raise typer.Exit(code) from error


def _warn_of_misspelt() -> None:
    """Names variables of the environment that look like settings and are none."""
    from models import settings_file
    from models.settings import names

    for words in settings_file.unknown(names()):
        typer.echo(words, err=True)


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Turns what the machine refuses, the settings lack or the database says into our errors."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    try:
        yield
    except OSError as error:
        if error.filename is None:
            raise NotAllowed(error.strerror or str(error)) from error
        raise NotAllowed(f"{error.filename}: {error.strerror}") from error
    except SettingsError as error:
        name = str(error).partition('"')[2].partition('"')[0].upper()
        message = _("The setting DONDOC_{name} is not valid JSON.")
        raise NotAllowed(message.format(name=name)) from error
    except ValidationError as error:
        if error.title != "Settings":
            raise
        message = _("The setting DONDOC_{name} cannot be “{found}”.")
        found = [
            message.format(name="_".join(map(str, fault["loc"])).upper(), found=fault["input"])
            for fault in error.errors()
        ]
        raise NotAllowed("\n".join(found)) from error
    except Exception as error:
        # SQLAlchemy is imported by then, if it is what failed; not on the way to a quick `--help`
        if not type(error).__module__.startswith("sqlalchemy."):
            raise
        problem = str(error).partition("\n")[0]
        raise ServiceError(
            _("The database cannot be used: {problem}").format(problem=problem)
        ) from error


def _error_as_data(error: DondocError) -> dict[str, Any]:
    faults = [f.as_dict() for f in error.faults] if isinstance(error, InputError) else []
    return {"error": type(error).__name__, "message": str(error), "faults": faults}


def show_json(data: Any) -> None:
    """Prints data as JSON a program can read."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=_as_text))


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def table(
    rows: Sequence[Sequence[object]], header: Sequence[str], width: int | None = None
) -> None:
    """Prints rows as aligned columns; to keep to a width, cells break into lines of their own."""
    texts = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = _fitted(
        [max(len(line) for text in column for line in text.split("\n"))
         for column in zip(*texts, strict=True)],
        width,
    )  # fmt: skip
    for number, row in enumerate(texts):
        if width and number > 1:
            typer.echo("")
        cells = [_broken(text, limit) for text, limit in zip(row, widths, strict=True)]
        for parts in zip_longest(*cells, fillvalue=""):
            line = "  ".join(part.ljust(w) for part, w in zip(parts, widths, strict=True))
            typer.echo(line.rstrip())


def _fitted(widths: list[int], width: int | None) -> list[int]:
    """The widths of columns, the widest ones narrowed until all fit, with two spaces between."""
    room = (width or sys.maxsize) - 2 * (len(widths) - 1)
    while sum(widths) > room and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _broken(text: str, width: int) -> list[str]:
    return [
        part
        for line in text.split("\n")
        for part in wrap(line, width, break_on_hyphens=False) or [""]
    ]


def terminal_width() -> int:
    """The columns of the terminal; 100 where the output goes elsewhere."""
    return get_terminal_size((100, 24)).columns


def day_option(text: str | None) -> date | None:
    """A date given as 2024-02-26."""
    if text is None:
        return None
    from models.calendar import FIRST_DAY, LAST_DAY

    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(_("must be a date that exists, written 2024-02-26")) from error
    if not FIRST_DAY <= day <= LAST_DAY:
        message = _("must be a date from {first} to {last}")
        raise typer.BadParameter(message.format(first=FIRST_DAY, last=LAST_DAY))
    return day


def as_of_option(text: str | None) -> datetime:
    """The end of the given day in Vietnam, or this moment."""
    from models.clock import now
    from models.timers import at

    day = day_option(text)
    return now() if day is None else at(day, time(23, 59, 59))


def is_interactive() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
