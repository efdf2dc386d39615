"""Every fault of the mails' words, found before the first mail is written.

What stands in a branch that no sample reaches is read as well: a name that the mail does not hold
is a fault wherever it stands.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from traceback import extract_tb

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError

from models.errors import Fault, MailTemplateError
from models.i18n import gettext as _
from tasks.mail_files import PARTS, MailFiles, at, mail_files, nearest
from tasks.mail_language import refused, taken_in, taking
from tasks.mail_names import Trees, known_of, unknown_names
from tasks.mail_samples import SAMPLES, Values
from tasks.mail_templates import Library, library


def check_mails(folder: Path | None) -> None:
    """Raises MailTemplateError with every fault of the mails in these words."""
    files = mail_files(folder)
    mails = library(files)
    trees, faults = _read(mails)
    found = [*files.faults, *faults, *_astray(files, trees), *_strange(files, trees)]
    found += _written(mails, trees, {fault.where for fault in found})
    once = {(f.where, f.line, f.message): f for f in reversed(found)}  # shared files: by each mail
    if once:
        raise MailTemplateError([once[key] for key in sorted(once, key=_in_order)])


def _in_order(key: tuple[str, int | None, str]) -> tuple[str, int, str]:
    where, line, message = key
    return where, line or 0, message


def _read(mails: Library) -> tuple[Trees, list[Fault]]:
    """Each file as a tree; and where one cannot be read, or says what is not for mails."""
    trees: dict[str, nodes.Template] = {}
    faults = []
    for name, source in mails.files.sources.items():
        place = mails.files.places[name]
        try:
            trees[name] = mails.environment.read(source, name)
        except TemplateSyntaxError as error:
            message = _("Jinja cannot read this line: {problem}").format(
                problem=str(error.message).rstrip(".")
            )
            faults.append(at(place, error.lineno, message))
            continue
        faults += [at(place, line, message) for line, message in refused(trees[name], name)]
    return trees, faults


def _astray(files: MailFiles, trees: Trees) -> Iterator[Fault]:
    """Files that are named and not there; files that nothing names."""
    named = set()
    for name, tree in trees.items():
        for node in taking(tree):
            taken = taken_in(node)
            if taken is None:  # refused already
                continue
            named.add(taken)
            if taken not in files.sources:
                message = _("there is no file “{name}”; {nearest}")
                close = nearest(taken, files.sources)
                yield at(files.places[name], node.lineno, message.format(name=taken, nearest=close))
            if name in _with_all(trees, taken):
                yield at(files.places[name], node.lineno, _("the file takes in itself"))
    for name in files.own:
        if name.rpartition("/")[2].startswith("_") and name not in named:
            message = _("no mail includes this file; {nearest}")
            others = files.sources.keys() - {name}
            yield at(files.places[name], None, message.format(nearest=nearest(name, others)))


def _strange(files: MailFiles, trees: Trees) -> Iterator[Fault]:
    """Names that stand for nothing in the mail."""
    for mail, samples in SAMPLES.items():
        values = known_of(samples.values())
        for part in PARTS:
            known = {**values, "subject": [""]} if part == "body.html" else values
            for name, line, message in unknown_names(trees, f"email/{mail}/{part}", known):
                yield at(files.places[name], line, message)


def _with_all(trees: Trees, name: str) -> set[str]:
    """A file and all that it takes in."""
    found, left = set(), [name]
    while left:
        file = left.pop()
        if file in trees and file not in found:
            left += [str(taken_in(node)) for node in taking(trees[file])]
        found.add(file)
    return found


def _written(mails: Library, trees: Trees, told: Collection[str]) -> Iterator[Fault]:
    """What fails when the samples are filled in; not in files whose faults are told already."""
    for mail, samples in SAMPLES.items():
        for part in PARTS:
            name = f"email/{mail}/{part}"
            if any(mails.files.places.get(file) in told for file in _with_all(trees, name)):
                continue
            for variant, values in samples.items():
                fault = _fault_of(mails, name, values | {"subject": mail})
                if fault:
                    yield replace(fault, field=f"{mail} ({variant})")


def _fault_of(mails: Library, name: str, values: Values) -> Fault | None:
    place = mails.files.places[name]
    try:
        if mails.environment.get_template(name).render(values).strip():
            return None
        return at(place, None, _("says nothing"))
    except Exception as error:  # whatever a template can do wrong
        places = set(mails.files.places.values())
        lines = [step for step in extract_tb(error.__traceback__) if step.filename in places]
        found = (lines[-1].filename, lines[-1].lineno) if lines else (place, None)
        message = _("cannot be filled in: {problem}")
        return at(*found, message.format(problem=error))
