"""Word templates of an office: looked at before they are kept, every version kept, the last in
force. What is broken is refused with the line that breaks it.
"""

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any, NamedTuple

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from sqlmodel import Session, col, select

from models.errors import Fault, UnknownName, WordTemplateError
from models.i18n import N_
from models.i18n import gettext as _
from models.round import WordTemplate
from models.words import Deed, Regime
from tasks import activities, kept_files, lookup
from tasks.mail_files import nearest
from tasks.mail_names import known_of, unknown_names
from tasks.paper_content import TEXTS, content_of
from tasks.paper_sample import sample
from tasks.papers import NAMES, shipped_template, word_values
from tasks.word_guard import Part, Refused, at, parts_of
from tasks.word_language import WordEnvironment, refused
from tasks.word_template import Picture, fill_in, printed_names

DOT = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)  # a picture of one point
FOLDER = "word-templates"
SHIPPED = tuple(NAMES.values())
_FOR = re.compile(r"(\{\{|\{%)-?(?:tr|tc|p|r) ")  # what docxtpl reads of rows and paragraphs
_OPENS = re.compile(r"\{%-?(?:tr|tc|p|r)?\s*(end)?(for|if)\b")
_QUOTES = str.maketrans("“”‘’", "\"\"''")
_NO_DOCUMENT = N_(
    "no document comes of it: {problem}. A loop over rows begins and ends in rows of its own "
    "({{%tr … %}}), one over paragraphs in paragraphs of its own ({{%p … %}})."
)
_NO_TEXT = N_(
    "nothing of the report would stand in it. Write where it belongs: {{ number }}, {{ title }}, "
    "{{ subject }} and the parts, each as {%p for text in results %}, {{ text }}, {%p endfor %} "
    "(opening, situation, results, limitations, causes, proposals)."
)
_UNKNOWN = N_("there is no “{name}” for documents; {nearest}")


class Kept(NamedTuple):
    """A version of a template that was kept, and who keeps it in force."""

    id: int
    name: str
    size: int
    added_at: datetime
    added_by: str
    sha256: str
    in_force: bool


def check(raw: bytes, name: str, where: str = "") -> list[Fault]:
    """Everything wrong with a template: what it is, what it says, and what it gives filled in."""
    where = where or f"{name}.docx"
    try:
        parts = parts_of(raw, where)
    except Refused as error:
        return error.faults
    samples = [_sample_values(name, short=short) for short in (False, True)]
    faults = [fault for part in parts for fault in _said(part, samples, where)]
    faults = faults or [fault for values in samples for fault in _written(raw, values, where)][:1]
    return faults or list(_says_nothing(raw, where))


def _says_nothing(raw: bytes, where: str) -> Iterator[Fault]:
    """A file without any of the texts: whatever is written from it, no report would come of it."""
    if not printed_names(raw) & set(TEXTS):
        yield Fault(where, None, "", "", _(_NO_TEXT))


def _sample_values(name: str, *, short: bool) -> dict[str, Any]:
    regime = next((regime for regime, known in NAMES.items() if known == name), Regime.STATE)
    figures, annex = sample(regime, short=short)
    values = word_values(content_of(figures, "12", None, {}), annex)
    return {name: _undrawn(one) for name, one in values.items()}


def _undrawn(value: Any) -> Any:
    """The values with a dot for each chart: whether there is a place for it is what matters."""
    if isinstance(value, Picture):
        return replace(value, draw=lambda: DOT)
    if isinstance(value, Mapping):
        return {name: _undrawn(one) for name, one in value.items()}
    return value


def _said(part: Part, samples: list[dict[str, Any]], where: str) -> Iterator[Fault]:
    """What a part says that cannot be read or is not known, by paragraph."""
    source = "\n".join(_as_jinja(text) for text in part.paragraphs)
    environment = WordEnvironment()

    def fault(line: int | None, message: str) -> Fault:
        number = min(line or 1, len(part.paragraphs)) or 1
        text = part.paragraphs[number - 1] if part.paragraphs else ""
        return at(where, number, text, message)

    try:
        tree = environment.read(source, part.name)
    except TemplateSyntaxError as error:
        problem = str(error.message).rstrip(".")
        line = _left_open(part) or error.lineno
        yield fault(line, _("this line cannot be read: {problem}").format(problem=problem))
        return
    found = [fault(line, message) for line, message in refused(tree)]
    found = found or [fault(line, message) for line, message in _strange(tree, part.name, samples)]
    yield from found or _filled(environment, source, part, samples, fault)


def _left_open(part: Part) -> int | None:
    """The paragraph with a loop or a condition that nothing closes; None where all are closed."""
    open_: list[tuple[str, int]] = []
    for number, text in enumerate(part.paragraphs, 1):
        for end, kind in _OPENS.findall(text):
            if not end:
                open_.append((kind, number))
            elif open_ and open_[-1][0] == kind:
                open_.pop()
            else:
                return open_[-1][1] if open_ else None
    return open_[-1][1] if open_ else None


def _as_jinja(text: str) -> str:
    """A paragraph as Jinja reads it: loops over rows and paragraphs are loops."""
    return _FOR.sub(r"\1 ", text).translate(_QUOTES)


def _strange(
    tree: nodes.Template, name: str, samples: list[dict[str, Any]]
) -> Iterator[tuple[int, str]]:
    known = known_of([_plain(values) for values in samples])
    for _name, line, message in unknown_names({name: tree}, name, known, _UNKNOWN):
        yield line, message


def _plain(value: Any) -> Any:
    """The values with words in place of pictures."""
    if isinstance(value, Picture):
        return value.words
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return value


def _filled(
    environment: WordEnvironment, source: str, part: Part, samples: list[dict[str, Any]],
    fault: Any,
) -> Iterator[Fault]:  # fmt: skip
    """What fails when the samples are printed, still line by line."""
    for values in samples:
        try:
            WordEnvironment().from_string(source).render(_plain(values))
        except Exception as error:  # whatever a template can do wrong
            lines = [step.lineno for step in extract_tb(error.__traceback__)
                     if step.filename == "<template>"]  # fmt: skip
            message = _("cannot be filled in: {problem}").format(problem=error)
            yield fault(lines[-1] if lines else None, message)
            return


def _written(raw: bytes, values: dict[str, Any], where: str) -> Iterator[Fault]:
    """Whether a whole document comes of it that can be opened again."""
    try:
        parts_of(fill_in(raw, values, "", "", None), where)
    except Refused as error:
        yield error.faults[0]
    except Exception as error:  # docxtpl and lxml have no list of what they may raise
        yield Fault(where, None, "", "", _(_NO_DOCUMENT).format(problem=error))


def keep(
    session: Session, data: Path, name: str, raw: bytes, by: str, as_of: datetime
) -> WordTemplate:
    """Keeps a template and puts it in force; raises WordTemplateError with every fault."""
    refuse_unknown(name)
    faults = check(raw, name)
    if faults:
        raise WordTemplateError(faults)
    return _put_in_force(session, name, kept_files.keep(data / FOLDER, raw), len(raw), by, as_of)


def _put_in_force(
    session: Session, name: str, digest: str, size: int, by: str, as_of: datetime
) -> WordTemplate:
    before = current(session, name)
    found = WordTemplate(name=name, sha256=digest, size=size, added_at=as_of, added_by=by)
    session.add(found)
    session.flush()
    activities.note(
        session, Deed.TEMPLATE, by, as_of, about=name,
        before={"sha256": before.sha256} if before else None, after={"sha256": digest},
    )  # fmt: skip
    return found


def go_back(
    session: Session, data: Path, name: str, number: int | None, by: str, as_of: datetime
) -> WordTemplate:
    """Puts an earlier version in force again, or the shipped one (None); raises UnknownName."""
    refuse_unknown(name)
    if number is None:
        raw = shipped_template(name)
        digest = kept_files.keep(data / FOLDER, raw)
        return _put_in_force(session, name, digest, len(raw), by, as_of)
    found = one(session, name, number)
    return _put_in_force(session, name, found.sha256, found.size, by, as_of)


def refuse_unknown(name: str) -> None:
    """Raises UnknownName where no document is written from a template of that name."""
    if name not in SHIPPED:
        message = _("There is no document “{name}”; {nearest}.")
        raise UnknownName(message.format(name=name, nearest=nearest(name, SHIPPED)))


def one(session: Session, name: str, number: int) -> WordTemplate:
    """A version of a template by its number; raises UnknownName."""
    found = session.get(WordTemplate, number) if 0 < number < 2**31 else None
    if found is None or found.name != name:
        raise UnknownName(_("There is no such version of the template."))
    return found


def current(session: Session, name: str) -> WordTemplate | None:
    """The office's own template in force; None where the shipped one is."""
    return session.exec(
        select(WordTemplate)
        .where(WordTemplate.name == name)
        .order_by(col(WordTemplate.id).desc())
        .limit(1)
    ).first()


def content(data: Path, found: WordTemplate) -> bytes:
    """The file of a version; raises UnknownName where it is not in the data folder."""
    path = kept_files.path_of(data / FOLDER, found.sha256)
    if not path.is_file():
        raise UnknownName(_("The file of this template is missing from the data folder."))
    return path.read_bytes()


def in_force(session: Session, data: Path, name: str) -> bytes:
    """What documents of that name are written from now."""
    refuse_unknown(name)
    found = current(session, name)
    return content(data, found) if found else shipped_template(name)


def history(session: Session, name: str) -> list[Kept]:
    """Every version of a template, the newest first, which is in force."""
    rows = session.exec(
        select(WordTemplate).where(WordTemplate.name == name).order_by(col(WordTemplate.id).desc())
    ).all()
    return [
        Kept(lookup.id_of(row), row.name, row.size, row.added_at, row.added_by, row.sha256, at == 0)
        for at, row in enumerate(rows)
    ]
