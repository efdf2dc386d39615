"""The mails by name, ready to be filled in: built in, or in words of the office's own.

The files are read once a process: an edit in the midst of a batch changes none of its mails.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Template

from models.errors import MailTemplateError, UnknownName
from models.i18n import gettext as _
from models.settings import settings
from tasks import stencils
from tasks.mail_files import PARTS, MailFiles, mail_files, nearest
from tasks.mail_language import MailEnvironment


class Words(NamedTuple):
    """What a mail says: one line of subject, and the same as text and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class MailTemplates:
    """The three files of a mail."""

    subject: Template
    text: Template
    html: Template

    def render(self, **values: Any) -> Words:
        """The mail filled in; the HTML is given the subject as well."""
        subject = " ".join(self.subject.render(**values).split())
        text = self.text.render(**values)
        return Words(subject, text, self.html.render(subject=subject, **values))


@dataclass(frozen=True)
class Library:
    """All mails of an office."""

    files: MailFiles
    environment: MailEnvironment

    def mail(self, name: str) -> MailTemplates:
        """The mail of that name; raises UnknownName."""
        if name not in self.files.mails:
            message = _("There is no mail “{name}”; {nearest}.")
            raise UnknownName(message.format(name=name, nearest=nearest(name, self.files.mails)))
        found = (self.environment.get_template(f"email/{name}/{part}") for part in PARTS)
        return MailTemplates(*found)


def library(files: MailFiles) -> Library:
    """The mails of these files."""
    return Library(files, MailEnvironment(files.sources, files.places))


@cache
def _library_of(folder: Path | None) -> Library:
    files = mail_files(folder)
    if files.faults:
        raise MailTemplateError(files.faults)
    return library(files)


def mail_names() -> list[str]:
    """The names of all mails."""
    return _library_of(settings().templates).files.mails


@cache
def _mail_of(folder: Path | None, name: str) -> MailTemplates:
    return _library_of(folder).mail(name)


def mail_templates(name: str) -> MailTemplates:
    """A mail in the words in force; raises MailTemplateError where the office's own are faulty."""
    return _mail_of(settings().templates, name)


def only_prints(name: str, values: tuple[str, ...]) -> bool:
    """Whether a mail does nothing with these values but print them, as it does with the subject."""
    return _only_prints(settings().templates, name, (*values, "subject"))


@cache
def _only_prints(folder: Path | None, name: str, values: tuple[str, ...]) -> bool:
    environment = _library_of(folder).environment
    return all(stencils.only_prints(environment, f"email/{name}/{part}", values) for part in PARTS)
