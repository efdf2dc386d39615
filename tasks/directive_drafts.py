"""Directive files uploaded to be issued: read, mended, confirmed; nothing of one binds before that.

A file with faults is kept, so that nothing is lost; one that is a state secret is not.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlmodel import Session, col, select

from models.calendar import Calendar
from models.directive import Directive, DirectiveDraft
from models.directive_asks import Confirmation, QuestionItem
from models.directive_check import check
from models.directive_file import DirectiveFile
from models.directive_reader import read_raw
from models.document import MAX_BYTES, parse
from models.errors import DirectiveFileError, Fault, NotAllowed, UnknownName
from models.i18n import gettext as _
from models.secrecy import refuse_if_secret
from models.status import day_of
from models.timetable import resolve
from models.vietnamese import printable
from models.words import Deed
from tasks import activities, registering
from tasks.lookup import id_of
from tasks.reliefs import LAST_NUMBER
from tasks.resending import in_the_name_of
from tasks.units import load_register

MAX_NAME = 200  # characters of a file's name


@dataclass(frozen=True)
class Read:
    """A draft as it is now. `file` has the readings confirmed so far; it is None where the file has
    faults. `mark` tells this text from one that replaces it.
    """

    draft: DirectiveDraft
    mark: str
    file: DirectiveFile | None
    faults: tuple[Fault, ...] = ()
    anomalies: tuple[Fault, ...] = ()

    @property
    def open_questions(self) -> list[QuestionItem]:
        return [q for q in self.file.questions if not q.is_confirmed] if self.file else []


def upload(session: Session, name: str, raw: bytes, by: str, as_of: datetime) -> DirectiveDraft:
    """Keeps a directive file as a draft, whatever its faults.

    Raises DirectiveFileError where it is no text at all, and SecretDocument; then nothing is kept.
    """
    person, text = in_the_name_of(by), _text(name, raw)
    found = DirectiveDraft(
        name=_name(name), text=text, confirmed={}, uploaded_at=as_of, uploaded_by=person
    )
    session.add(found)
    session.flush()
    activities.note(session, Deed.DRAFTED, person, as_of, about=found.name)
    return found


def replace(
    session: Session, number: int, mark: str, name: str, raw: bytes, by: str, as_of: datetime
) -> DirectiveDraft:
    """Puts a mended file in a draft's place; what was confirmed stays, where the question and its
    reading are the same.
    """
    person, text = in_the_name_of(by), _text(name, raw)
    found = _locked(session, number, mark)
    before, after = _file(found.text), _file(text)
    kept = _unchanged(before, after) if before and after else set()
    found.confirmed = {code: who for code, who in found.confirmed.items() if code in kept}
    found.name, found.text = _name(name), text
    found.uploaded_at, found.uploaded_by = as_of, person
    session.add(found)
    session.flush()
    activities.note(session, Deed.DRAFTED, person, as_of, about=found.name)
    return found


def confirm(
    session: Session, number: int, mark: str, codes: Collection[str], by: str, as_of: datetime
) -> None:
    """Confirms questions of a draft in a person's name; they bind once it is issued."""
    person, found = in_the_name_of(by), _locked(session, number, mark)
    file = without_faults(read(session, found, as_of))
    known = {q.id for q in file.questions}
    if unknown := sorted(set(codes) - known):
        message = _("{directive} has no question “{name}”. It has: {known}")
        shown = message.format(
            directive=file.display_symbol, name=unknown[0], known=", ".join(sorted(known))
        )
        raise UnknownName(shown)
    if not codes:
        raise NotAllowed(_("Choose the readings you confirm."))
    waiting = {q.id for q in file.questions if not q.is_confirmed}
    new = [code for code in dict.fromkeys(codes) if code in waiting]
    found.confirmed = {**found.confirmed, **dict.fromkeys(new, person)}
    session.add(found)
    session.flush()
    activities.note(
        session, Deed.CONFIRMED, person, as_of, about=file.display_symbol, after={"questions": new}
    )


def issue(
    session: Session, number: int, mark: str, by: str, calendar: Calendar, as_of: datetime
) -> Directive:
    """Issues a draft: the directive is registered with the readings confirmed. Issuing it again
    gives the same directive.
    """
    person, found = in_the_name_of(by), _draft(session, number, lock=True)
    if found.directive_id is not None:
        return session.get_one(Directive, found.directive_id)
    _refuse_changed(found, mark)
    file = without_faults(read(session, found, as_of))
    register = load_register(session, file.province)
    plain = _file(found.text)
    assert plain is not None
    row = registering.register_directive(session, plain, register, calendar, as_of, person)
    for who in dict.fromkeys(found.confirmed.values()):
        codes = [code for code, name in found.confirmed.items() if name == who]
        registering.confirm(session, row.code, codes, who, calendar, as_of)
    found.issued_at, found.directive_id = as_of, id_of(row)
    session.add(found)
    session.flush()
    return row


def read(session: Session, draft: DirectiveDraft, as_of: datetime) -> Read:
    """A draft with all that is wrong with it, or the file it is."""
    mark = mark_of(draft)
    try:
        document, plain = read_raw(draft.name, draft.text.encode())
        register = load_register(session, plain.province)
        if not register.units:
            message = _("No units of {province} are known yet: import them first.")
            words = message.format(province=plain.province)
            raise DirectiveFileError([document.fault(["province"], words, plain.province)])
        checked = check(document, plain, register)
    except DirectiveFileError as error:
        return Read(draft, mark, None, error.faults)
    return Read(draft, mark, _confirmed(plain, draft.confirmed, as_of), (), checked.anomalies)


def every(session: Session) -> list[DirectiveDraft]:
    """The drafts, those that wait to be issued first, the newest first."""
    newest = select(DirectiveDraft).order_by(
        col(DirectiveDraft.issued_at).is_not(None), col(DirectiveDraft.id).desc()
    )
    return list(session.exec(newest))


def one(session: Session, number: int) -> DirectiveDraft:
    """A draft by its number; raises UnknownName."""
    return _draft(session, number, lock=False)


def mark_of(draft: DirectiveDraft) -> str:
    """What tells a draft's text from one that replaces it."""
    return sha256(draft.text.encode()).hexdigest()[:16]


def quotes(file: DirectiveFile, question: QuestionItem) -> list[str]:
    """The words of the text that a question is about."""
    found = [
        question.words,
        *(part.quote for ref in question.about if (part := resolve(file, ref))),
    ]
    return list(dict.fromkeys(filter(None, found)))


def _text(name: str, raw: bytes) -> str:
    """A file's text; raises where it is none, is too large, or bears a stamp of secrecy."""
    refuse_if_secret([name])
    try:
        parse(name, raw, DirectiveFileError)
    except DirectiveFileError:
        return _of_no_yaml(name, raw)
    return raw.decode("utf-8-sig")


def _of_no_yaml(name: str, raw: bytes) -> str:
    """The text of a file that is no YAML; which words are its values nobody knows, so each line of
    it is looked at for a stamp.
    """
    text = raw.decode("utf-8-sig", errors="replace")
    refuse_if_secret(text)
    if len(raw) > MAX_BYTES:
        raise DirectiveFileError([Fault(name, None, "", "", _("the file is too large"))])
    if not text.strip() or "\x00" in text or "\ufffd" in text:
        message = _("this is no directive file: it must be text, saved as UTF-8")
        raise DirectiveFileError([Fault(name, None, "", "", message)])
    return text


def _name(name: str) -> str:
    return printable(name)[:MAX_NAME] or "directive.yaml"


def _file(text: str) -> DirectiveFile | None:
    try:
        return read_raw("", text.encode())[1]
    except DirectiveFileError:
        return None


def _confirmed(file: DirectiveFile, by: Mapping[str, str], as_of: datetime) -> DirectiveFile:
    """The file with what persons have confirmed of the draft."""
    questions = [
        q.model_copy(update={"confirmed": Confirmation(by=by[q.id], on=day_of(as_of))})
        if q.id in by and not q.is_confirmed
        else q
        for q in file.questions
    ]
    return file.model_copy(update={"questions": questions})


def _unchanged(before: DirectiveFile, after: DirectiveFile) -> set[str]:
    """The questions that are asked and read in two files alike."""
    known = {q.id: (q.asks, q.words, q.proposed, q.about) for q in before.questions}
    return {
        q.id for q in after.questions if known.get(q.id) == (q.asks, q.words, q.proposed, q.about)
    }


def _draft(session: Session, number: int, *, lock: bool) -> DirectiveDraft:
    known = 0 < number <= LAST_NUMBER
    statement = select(DirectiveDraft).where(DirectiveDraft.id == number)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.exec(statement).first() if known else None
    if found is None:
        raise UnknownName(_("There is no draft {number}.").format(number=number))
    return found


def _locked(session: Session, number: int, mark: str) -> DirectiveDraft:
    found = _draft(session, number, lock=True)
    if found.issued_at is not None:
        raise NotAllowed(_("This draft was issued already: its directive is on the board."))
    _refuse_changed(found, mark)
    return found


def _refuse_changed(found: DirectiveDraft, mark: str) -> None:
    if mark != mark_of(found):
        message = _("{by} has replaced the file meanwhile: read the draft once more.")
        raise NotAllowed(message.format(by=found.uploaded_by))


def without_faults(found: Read) -> DirectiveFile:
    """The file of a draft; raises NotAllowed where it has faults."""
    if found.file is None:
        raise NotAllowed(_("The file has faults: mend it and upload it again."))
    return found.file
