"""The files of a summary: written from its figures, kept once signed, checked when given out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from sqlmodel import Session, col, select

from models.errors import Altered
from models.i18n import gettext as _
from models.round import Paper, Round, Summary
from models.vietnamese import slugify
from models.words import PaperKind
from tasks import kept_files, summary_history, word_templates
from tasks.annex_workbook import workbook
from tasks.evidence_guard import XLSX
from tasks.papers import paper, template_name
from tasks.pdf_printer import can_print
from tasks.summary_versions import hash_of

FOLDER = "papers"
MEDIA = {
    PaperKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    PaperKind.PDF: "application/pdf",
    PaperKind.HTML: "text/html; charset=utf-8",
    PaperKind.XLSX: XLSX,
}


def writable() -> list[PaperKind]:
    """The kinds that this machine can write: without its libraries there is no PDF."""
    return [kind for kind in PaperKind if kind is not PaperKind.PDF or can_print()]


@dataclass(frozen=True)
class Made:
    """A file of a summary: its kind, its name and its content."""

    kind: PaperKind
    name: str
    raw: bytes


def written(
    session: Session, data: Path, found: Round, summary: Summary, kind: PaperKind,
    number: str = "", signed_on: date | None = None, signed_by: str = "",
) -> Made:  # fmt: skip
    """A file of a version; without a number it is a draft, and its name says so."""
    name = f"{slugify(number)}_{found.code}" if number else f"DU-THAO_{found.code}"
    words = dict(summary.words) | ({"signer": signed_by} if signed_by else {})
    if kind is PaperKind.XLSX:
        raw = workbook(summary.figures, summary.annex, number=number, signed_on=signed_on)
    else:
        own = _own_template(session, data, summary, words) if kind is PaperKind.DOCX else None
        raw = paper(
            summary.figures, summary.annex, kind,
            number=number, signed_on=signed_on, template=own, words=words,
        )  # fmt: skip
    return Made(kind, f"{name}_v{summary.version}.{kind.value}", raw)


def _own_template(
    session: Session, data: Path, summary: Summary, words: Mapping[str, str]
) -> bytes:
    """The Word file in force, the office's own if it has one."""
    return word_templates.in_force(session, data, template_name(summary.figures, words))


def papers(session: Session, summary: Summary) -> list[Paper]:
    """The files of a version that is signed, in the order of their kinds."""
    found = select(Paper).where(Paper.summary_id == summary.id).order_by(col(Paper.id))
    return list(session.exec(found))


def path_of(data: Path, digest: str) -> Path:
    """Where a signed file lies."""
    return kept_files.path_of(data / FOLDER, digest)


def keep(session: Session, data: Path, summary_id: int, made: Sequence[Made]) -> None:
    """Keeps the files of a version that is being signed: each lies there before its row does."""
    for one in made:
        digest = kept_files.keep(data / FOLDER, one.raw)
        session.add(
            Paper(summary_id=summary_id, kind=one.kind, name=one.name, size=len(one.raw),
                  sha256=digest)
        )  # fmt: skip


def given_out(
    session: Session, data: Path, found: Round, summary: Summary, kind: PaperKind
) -> Made:
    """A file to download: the very one that was signed, else a draft written now.

    Raises Altered where what is stored is not what was frozen or signed.
    """
    refuse_altered(session, summary)
    if summary.signed_at is None:
        return written(session, data, found, summary, kind)
    stored = next((one for one in papers(session, summary) if one.kind is kind), None)
    raw = _content(data, stored) if stored else None
    if stored is None or raw is None or sha256(raw).hexdigest() != stored.sha256:
        message = _("The signed file {kind} of version {n} is missing or was changed.")
        raise Altered(message.format(kind=kind.value.upper(), n=summary.version))
    return Made(kind, stored.name, raw)


def refuse_altered(session: Session, summary: Summary) -> None:
    """Raises Altered where a version is not what its hash and the history say."""
    found = _changes(session, summary)
    if found:
        raise Altered("\n".join(found))


def _changes(session: Session, summary: Summary) -> list[str]:
    """What the row of a version says otherwise than its hash and the history, in words."""
    told = summary_history.differences(session, summary, papers(session, summary))
    if hash_of(summary) == summary.sha256:
        return told
    message = _("Version {n} is not what its hash says: it was changed in the database.")
    return [message.format(n=summary.version), *told]


def _content(data: Path, paper: Paper) -> bytes | None:
    path = path_of(data, paper.sha256)
    return path.read_bytes() if path.is_file() else None


def faults(session: Session, data: Path, summary: Summary) -> list[str]:
    """What of a version is not as it was frozen or signed, in words; empty where all is."""
    found = _changes(session, summary)
    if summary.signed_at is None:
        return found
    known = {one.kind: one for one in papers(session, summary)}
    for kind in PaperKind:
        stored = known.get(kind)
        raw = _content(data, stored) if stored else None
        if raw is None:
            message = _("The signed file {kind} of version {n} is not there.")
            found.append(message.format(kind=kind.value.upper(), n=summary.version))
        elif stored and sha256(raw).hexdigest() != stored.sha256:
            message = _("The signed file {kind} of version {n} was changed.")
            found.append(message.format(kind=kind.value.upper(), n=summary.version))
    return found
