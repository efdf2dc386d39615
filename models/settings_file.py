"""The settings file: lines `DONDOC_…=value`, read by every command. The environment wins.

It is the file that `DONDOC_SETTINGS` names (empty: none is read), else `settings.env` in the data
folder, else `/etc/dondoc/settings.env`. Its values become environment variables of this process,
so that whatever it starts has the same.
"""

import os
import re
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path

from models.errors import Fault, SettingsFileError
from models.i18n import gettext as _

NAME = "settings.env"
SYSTEM = Path("/etc/dondoc") / NAME
WHERE = "DONDOC_SETTINGS"
DATA = "DONDOC_DATA"
AUTH = "DONDOC_PREFECT_AUTH"
PREFECT_AUTH = ("PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING")
# what is no field of `Settings`: the language, the file, what `dondoc up` marks its children with
OTHERS = frozenset({"DONDOC_LANG", WHERE, "DONDOC_SUPERVISED"})
LINE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")

_given: dict[str, str] = {}


def path() -> Path | None:
    """The settings file in force, if there is one; raises SettingsFileError where one is named
    that is not there.
    """
    named = os.environ.get(WHERE)
    if named == "":
        return None
    if named:
        if not Path(named).is_file():
            problem = _("there is no such file; {name} names it.").format(name=WHERE)
            raise SettingsFileError([Fault(named, None, "", "", problem)])
        return Path(named)
    return next(filter(Path.is_file, (in_data(), SYSTEM)), None)


def in_data() -> Path:
    """Where the settings file of the data folder stands."""
    return Path(os.environ.get(DATA) or "data") / NAME


def into_environment(known: Collection[str] | None = None) -> None:
    """Makes what the file says the environment's where that says nothing; safe to repeat.

    Raises SettingsFileError with every line that cannot be read and, where the names are given,
    every name that is none of them.
    """
    for name, value in _given.items():
        if os.environ.get(name) == value:
            del os.environ[name]
    _given.clear()
    file = path()
    for name, value in (read(file, known) if file else {}).items():
        _give(name, value)
    # Prefect reads its own variables, the server one and all others the other
    auth = [os.environ.get(name) for name in (AUTH, *PREFECT_AUTH)]
    for name in PREFECT_AUTH:
        if given := next(filter(None, auth), None):
            _give(name, given)


def _give(name: str, value: str) -> None:
    if name not in os.environ:
        os.environ[name] = _given[name] = value


def read(file: Path, known: Collection[str] | None = None) -> dict[str, str]:
    """The variables that a settings file gives."""
    faults: list[Fault] = []
    found: dict[str, str] = {}
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        line = text.strip()
        if not line or line.startswith("#"):
            continue
        match = LINE.fullmatch(line)
        problem = _problem(match, found, known, file)
        if problem or match is None:
            faults.append(Fault(str(file), number, "", line, problem))
        else:
            found[match[1]] = _unquoted(match[2])
    if faults:
        raise SettingsFileError(faults)
    return found


def _problem(
    match: re.Match[str] | None,
    found: Collection[str],
    known: Collection[str] | None,
    file: Path,
) -> str:
    """Why a line cannot stand; empty where it can. What it says is not repeated: it may be a
    password.
    """
    if match is None:
        return _("not a line NAME=value.")
    name = match[1]
    if name in found:
        return _("{name} is set a second time.").format(name=name)
    if known is not None and not is_known(name, known):
        return _("{name} is no setting.").format(name=name) + meant(name, known)
    if name == DATA and file.name == NAME and _leads_elsewhere(file, _unquoted(match[2])):
        return _("it names another data folder than the one it stands in.")
    return ""


def _leads_elsewhere(file: Path, folder: str) -> bool:
    """Whether the file of a data folder says that the data are in another."""
    return file.resolve() == in_data().resolve() and Path(folder).resolve() != file.resolve().parent


def is_known(name: str, known: Collection[str]) -> bool:
    """Whether a variable is one of ours, or one of Prefect's."""
    return name in known or name in OTHERS or name.startswith("PREFECT_")


def meant(name: str, known: Collection[str]) -> str:
    """A sentence that names the setting that may be meant; empty where none is near."""
    near = get_close_matches(name, [*known, *OTHERS], n=1)
    return " " + _("Do you mean {name}?").format(name=near[0]) if near else ""


def unknown(known: Collection[str]) -> list[str]:
    """The variables of the environment that look like settings and are none, in words."""
    found = [name for name in os.environ if name.startswith("DONDOC_")]
    words = _("The environment variable {name} is no setting and is ignored.")
    return [
        words.format(name=name) + meant(name, known)
        for name in sorted(found)
        if not is_known(name, known)
    ]


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        inner = value[1:-1]
        return inner if value[0] == "'" else re.sub(r"\\([\\\"$`])", r"\1", inner)
    return value


def written(name: str, value: str) -> str:
    """A line of the file; read again it gives the same value, by systemd and a shell too."""
    if re.fullmatch(r"[\w@%+:,./-]*", value):
        return f"{name}={value}"
    escaped = re.sub(r'([\\"$`])', r"\\\1", value)
    return f'{name}="{escaped}"'
