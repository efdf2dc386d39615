"""The first settings of an office: asked for, checked, written to the settings file."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from models import settings_file
from models.errors import Fault, NotAllowed, SettingsFileError
from models.i18n import N_
from models.i18n import gettext as _
from models.settings import Settings, names
from models.words import AccountRole


@dataclass(frozen=True)
class Question:
    """One setting to ask for; `only_with` another that has a value."""

    field: str
    words: str
    secret: bool = False
    only_with: str = ""

    @property
    def variable(self) -> str:
        return f"DONDOC_{self.field.upper()}"


ASKED = (
        Question("database_url", N_("Database (empty: SQLite; “embedded”: a Postgres of its own)")),
        Question("smtp_host", N_("Relay that takes the mail (empty: mail is kept as files)")),
        Question("smtp_port", N_("Port of the relay"), only_with="smtp_host"),
        Question("smtp_user", N_("User name at the relay (empty: none)"), only_with="smtp_host"),
        Question("smtp_password", N_("Password at the relay"), True, only_with="smtp_user"),
        Question("mail_from", N_("Sender of every mail, a mailbox that people read")),
        Question("mail_domain", N_("Domain of Message-IDs, one of the office's; it must not change "
                                   "later")),
        Question("portal_url", N_("https:// address at which units reach the pages (empty: this "
                                  "machine only)")),
        Question("operator_email", N_("Mail address of who is told when something stops")),
        Question("backup_dir", N_("Folder of the nightly copies, on another disk (empty: none)")),
)  # fmt: skip
ROLES = (AccountRole.SECRETARIAT, AccountRole.OPERATOR)


def present() -> dict[str, str]:
    """What is set now, by the file or by the environment."""
    return {name: os.environ[name] for name in names() if name in os.environ}


def wrong(values: Mapping[str, str]) -> list[str]:
    """The variables whose values cannot be, each with its value but for passwords."""
    fields = {name.removeprefix("DONDOC_").lower(): name for name in names()}
    given = {field: values[name] for field, name in fields.items() if name in values}
    try:
        Settings.model_validate(given)
    except ValidationError as error:
        words = _("The setting {name} cannot be “{found}”.")
        return [
            words.format(
                name=fields[str(fault["loc"][0])],
                found="…" if "password" in str(fault["loc"][0]) else fault["input"],
            )
            for fault in error.errors()
        ]
    return []


def given_in(file: Path) -> dict[str, str]:
    """The settings of a prepared file; raises SettingsFileError with all that is wrong in it."""
    found = settings_file.read(file, names())
    if faults := wrong(found):
        raise SettingsFileError([Fault(str(file), None, "", "", fault) for fault in faults])
    return found


def where(data: Path, to: Path | None) -> Path:
    """The file to write: the one named, the one in force, or that of the data folder."""
    return to or settings_file.path() or data / settings_file.NAME


def write(file: Path, values: Mapping[str, str], data: Path) -> None:
    """Writes the settings for the eyes of their owner only; what a file says already and is not
    given stays.
    """
    before = settings_file.read(file, names()) if file.exists() else {}
    whole = {**before, **values, settings_file.DATA: str(data)}
    whole = {name: value for name, value in whole.items() if value}
    if file.resolve().parent == data.resolve():
        del whole[settings_file.DATA]  # it says so by where it stands
    order = [*(f"DONDOC_{field.upper()}" for field in Settings.model_fields), *sorted(whole)]
    lines = [
        settings_file.written(name, whole[name]) for name in dict.fromkeys(order) if name in whole
    ]
    if broken := [line.partition("=")[0] for line in lines if "\n" in line or "\r" in line]:
        raise NotAllowed(_("The setting {name} must be one line.").format(name=broken[0]))
    text = "\n".join(["# " + _("Settings of Đôn Đốc; docs/operators.md explains each."), *lines])
    _replace(file, text + "\n")


def _replace(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    new.replace(file)


def relay_problem(found: Settings) -> str:
    """Why the relay cannot be used, in words; empty where it can."""
    from tasks import smtp

    async def visit() -> None:
        await (await smtp.connect(found)).quit()

    try:
        asyncio.run(visit())
    except smtp.CannotConnect as error:
        return str(error)
    return ""
