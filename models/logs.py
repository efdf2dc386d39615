"""Logs without personal data: what happened, to which directive or round, how long it took.

Three lines of defence. An event has fields of a fixed list only, and none of them is for an
address, a name or an answer. Of an error its type and its place are logged, never its words, which
quote values. And whatever looks like an address, a telephone number or a link is struck out of
every line, those of libraries included.
"""

import logging
import os
import re
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import Processor

from models.settings import settings

OURS = "dondoc"
PART = "DONDOC_PART"  # environment: which part of the program a process is; its children inherit it
PREFECT = Path(__file__).with_name("prefect_logging.yaml")
# what an event may say; anything else is left out
FIELDS = frozenset(
    (
        "event", "time", "level", "part", "logger", "request", "route", "method", "status",
        "seconds", "flow", "command", "code", "directive", "round", "check", "again", "counts",
        "name", "pid", "restarts", "state", "port", "error", "place", "version",
    )
)  # fmt: skip
_ROOT = Path(__file__).parents[1]
_EXACT = ("time", "request", "level", "part")  # made by us, and too like a number to be looked at
_STRUCK = "[…]"
_PRIVATE = (
    re.compile(r"[^\s<>\"'(),;:@]+@[^\s<>\"'(),;:@]+"),
    re.compile(r"(?<=/)[tuc]/[^\s\"'<>]+"),  # the path of a signed link
    re.compile(r"\b[\w-]{6,}\.[\w-]{20,}(?:\.[\w-]+)*\b"),  # a signed token
    re.compile(r"(?i)\b(?:bearer|basic)\s+[\w.~+/=-]+"),
    re.compile(r"(?i)(?<=://)[^\s/@]+(?=@)"),
    re.compile(r"(?i)\b(?:password|secret|token|authorization)\b[\"']?\s*[=:]\s*\S+"),
    re.compile(r"(?<![\w.-])(?:\+?84|0)(?:[ .-]?\d){8,10}(?![\w-])"),  # a telephone number
)
_QUOTING = ("prefect", "asyncio", "concurrent")  # loggers that put an error's words into a message


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a subject: `get("delivery").info("sent", mails=3)`."""
    found: structlog.stdlib.BoundLogger = structlog.get_logger(f"{OURS}.{name}")
    return found


def set_up(part: str) -> None:
    """Sends all that this process logs, and its libraries, to standard error through one format."""
    os.environ[PART] = part
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "fastapi"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True


def formatter() -> logging.Formatter:
    """Writes a record as a line, as the operator has set it; Prefect is told to use it too."""
    found = settings()
    logging.getLogger(OURS).setLevel(found.log_level.upper())
    line: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if found.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, timestamp_key="time")
    )
    return structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, line],
        foreign_pre_chain=[_of_library, *_SHARED],
    )


class Unquoted(logging.Filter):
    """Takes what is private out of a record, for handlers that send it elsewhere."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not isinstance(record.msg, dict):
            record.msg, record.args = scrubbed(_unquoted(record, record.getMessage())), ()
            record.exc_info = record.exc_text = None
        return True


@contextmanager
def timed(
    logger: structlog.stdlib.BoundLogger, event: str, **fields: Any
) -> Iterator[dict[str, Any]]:
    """Logs what is done in a `with` block, how long it took, and where it failed; what the block
    puts into the fields is logged, too.
    """
    began = perf_counter()
    try:
        yield fields
    except Exception as error:
        logger.error(event, seconds=_since(began), exc_info=error, **fields)
        raise
    logger.info(event, seconds=_since(began), **fields)


def of_request(request: str) -> AbstractContextManager[None]:
    """Names the request in whatever is logged in a `with` block."""
    return structlog.contextvars.bound_contextvars(request=request)


def _since(began: float) -> float:
    return round(perf_counter() - began, 4)


def scrubbed(text: str) -> str:
    """The text without addresses, links, tokens, passwords and telephone numbers."""
    for private in _PRIVATE:
        text = private.sub(_STRUCK, text)
    return text


def place(error: BaseException) -> str:
    """Where an error came from: the last lines of ours on its way, the last of all."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if _is_ours(f.filename) and f.filename != __file__]
    chosen = [*ours[-3:], *(frames[-1:] if frames[-1:] != ours[-1:] else [])]
    return " < ".join(f"{_short(f.filename)}:{f.lineno} {f.name}" for f in reversed(chosen))


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(_ROOT) and "site-packages" not in path.parts


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(_ROOT) if _is_ours(filename) else Path(*path.parts[-2:]))


def _unquoted(record: logging.LogRecord, message: str) -> str:
    """A library's message; where it is about an error, without the words of that."""
    quoting = record.levelno >= logging.ERROR and record.name.startswith(_QUOTING)
    if not (record.exc_info or quoting):
        return message
    return message.partition("\n")[0].partition(":")[0].partition("(")[0].strip()


def _of_library(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Any:
    record: logging.LogRecord = event["_record"]
    event["event"] = _unquoted(record, event["event"])
    event["logger"] = record.name
    if record.exc_info and "exc_info" not in event:
        event["exc_info"] = record.exc_info
    return event


def _with_error(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Any:
    """The type and place of an error instead of its words."""
    error = _error_of(event.pop("exc_info", None))
    if error is not None:
        event["error"], event["place"] = type(error).__name__, place(error)
    return event


def _error_of(found: Any) -> BaseException | None:
    if isinstance(found, BaseException):
        return found
    known: tuple[type[BaseException] | None, BaseException | None, TracebackType | None]
    known = sys.exc_info() if found is True else (found or (None, None, None))
    return known[1]


def _with_part(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Any:
    event["part"] = os.environ.get(PART, OURS)
    return event


def _known(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Any:
    """The fields that may be logged, scrubbed."""
    kept = {key: value for key, value in event.items() if key in FIELDS or key.startswith("_")}
    for key, value in kept.items():
        if isinstance(value, str) and key not in _EXACT:
            kept[key] = scrubbed(value)
    return kept


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    _with_part,
    _with_error,
    _known,
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
