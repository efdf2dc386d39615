"""Every error the program raises on purpose.

DondocError
├── InputError            a file, answer or argument is wrong; carries every fault found
│   ├── DirectiveFileError
│   ├── RegisterError
│   ├── CalendarError
│   ├── AnswerError
│   ├── MailTemplateError
│   ├── SettingsFileError
│   └── WordTemplateError
├── WorkbookRefused       a filled form that is not read: too large, dangerous, not ours
├── ArchiveRefused        a copy that is not restored: damaged, altered, of a newer program
├── SecretDocument        a document marked Mật, Tối mật or Tuyệt mật
├── UnknownName           nothing is stored under that name
├── NotAllowed            the thing exists, but this may not be done to it now
│   └── Altered           what is stored is not what was frozen or signed
├── LibraryMissing        the machine lacks a library that a kind of file needs
└── ServiceError          a server the program needs does not answer
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass


class DondocError(Exception):
    """Base of all errors; the message says what to do next, in the user's language."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong in an input: where it is, what was found, what is allowed."""

    where: str
    line: int | None
    field: str
    found: str
    message: str

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    def __str__(self) -> str:
        place = self.where if self.line is None else f"{self.where}:{self.line}"
        field = f" {self.field}:" if self.field else ""
        return f"{place}:{field} {self.message}"


class InputError(DondocError):
    """An input has faults; all of them are listed, not just the first."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, faults)))


class DirectiveFileError(InputError):
    """A directive file does not say what a directive file must."""


class RegisterError(InputError):
    """A register of units cannot be read or contradicts itself."""


class CalendarError(InputError):
    """A table of days off and working days cannot be read or contradicts itself."""


class AnswerError(InputError):
    """A unit's answer does not fit what was asked."""


class MailTemplateError(InputError):
    """The words of a mail cannot be read, or say what the mail does not hold."""


class SettingsFileError(InputError):
    """The settings file cannot be read, or names what is no setting."""


class WordTemplateError(InputError):
    """A Word template of an office cannot be filled in, or could do harm."""


class WorkbookRefused(DondocError):
    """A filled form is not read: it is too large, could do harm, or is no form of ours."""


class ArchiveRefused(DondocError):
    """A copy of the office is not restored: it is damaged, altered, or of a newer program."""


class SecretDocument(DondocError):
    """The document is a state secret: it is refused and nothing of it is kept."""


class UnknownName(DondocError):
    """Nothing is stored under the name given."""


class NotAllowed(DondocError):
    """What was asked may not be done in the present state."""


class Altered(NotAllowed):
    """A frozen summary, or a file that was signed, is not any more what its hash says."""


class LibraryMissing(DondocError):
    """The machine lacks a library without which a kind of file cannot be written."""


class ServiceError(DondocError):
    """A server the program needs (database, SMTP, Prefect) does not answer."""
