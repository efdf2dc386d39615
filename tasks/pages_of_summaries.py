"""The summaries of a life as pages: their versions, the files signed, the dossier of a review, the
signs to be looked at, the ranking of an emulation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from models.errors import NotAllowed
from models.i18n import gettext as _
from models.round import Round, Summary
from models.settings import settings
from models.status import day_of
from models.vietnamese import show_date
from models.words import PaperKind, Stage
from tasks import emulation_list, emulation_workbook, formalism, summary_papers
from tasks.emulating import condition, ground_of, ranking
from tasks.emulation_facts import rules_of
from tasks.narrative_results import share_of, shown, threshold_of
from tasks.sheets import sheet
from tasks.signs import COLUMNS, name_of, rows_of
from tasks.site_folder import Site

SIGNS, SIDES = 40, 6  # signs on a page, sides of one: the sheet has all


@dataclass(frozen=True)
class Version:
    """A version of a summary, its signed files by kind, as they lie beside the page."""

    summary: Summary
    files: dict[PaperKind, str]

    @property
    def changes(self) -> Sequence[str]:
        """What it changes in the signed version that it takes the place of."""
        found: Sequence[str] = self.summary.figures.get("replaces", {}).get("changes", ())
        return found


@dataclass
class Written:
    """The summaries of a round as pages, for the list on the first page."""

    round: Round
    versions: list[Version]
    links: dict[str, str] = field(default_factory=dict)  # other pages and files, by what they are
    signs: int | None = None  # how many there are

    @property
    def summary(self) -> Summary:
        return self.versions[-1].summary

    @property
    def tally(self) -> Any:
        return self.summary.figures["tally"]

    @property
    def signed(self) -> Version | None:
        """The newest version that is signed."""
        return next((one for one in reversed(self.versions) if one.summary.signed_at), None)


def write_summaries(session: Session, site: Site) -> list[Written]:
    """A page for each round that was summarised, with all that belongs to it."""
    rows = session.exec(
        select(Summary, Round)
        .join(Round, col(Round.id) == col(Summary.round_id))
        .where(Round.directive_id == site.owner.id)
        .order_by(col(Round.due), col(Round.code), col(Summary.version))
    )
    found: dict[str, Written] = {}
    for summary, round_ in rows:
        known = found.setdefault(round_.code, Written(round_, []))
        known.versions.append(Version(summary, _files(session, site, summary)))
    for one in found.values():
        _write_round(session, site, one)
    return list(found.values())


def _files(session: Session, site: Site, summary: Summary) -> dict[PaperKind, str]:
    """The signed files of a version, copied beside the pages."""
    data = settings().data
    return {
        one.kind: site.keep(
            f"summaries/{one.name}", summary_papers.path_of(data, one.sha256).read_bytes()
        ).removeprefix("summaries/")
        for one in summary_papers.papers(session, summary)
    }


def _write_round(session: Session, site: Site, one: Written) -> None:
    code = one.round.code
    if one.summary.figures.get("review"):
        one.links["dossier"] = f"{code}-dossier.html"
        _write_dossier(site, one)
    if one.round.stage is Stage.REPORTING:
        one.links |= {"signs": f"{code}-signs.html", "signs_sheet": f"{code}-signs.xlsx"}
        _write_signs(session, site, one)
    if rules_of(session, one.round):
        _write_emulation(session, site, one)
    site.place(f"summaries/{code}.md").write_text(one.summary.markdown, encoding="utf-8")
    site.write("summary", f"summaries/{code}", one=one, summary=one.summary, round=one.round)


def _write_dossier(site: Site, one: Written) -> None:
    site.write(
        "dossier", f"summaries/{one.round.code}-dossier", round=one.round,
        review=one.summary.figures["review"], shown=shown, share=share_of, goal=threshold_of,
    )  # fmt: skip


def _write_signs(session: Session, site: Site, one: Written) -> None:
    """The signs of formalism that the answers to a round bear, as a page and as a sheet."""
    found = formalism.signs(session, one.round, site.as_of)
    one.signs = len(found)
    words = _("{round}: signs to be looked at, no verdict; as of {day}")
    words = words.format(round=one.round.title, day=show_date(day_of(site.as_of)))
    head = [_(name) for name in COLUMNS]
    site.keep(
        f"summaries/{one.links['signs_sheet']}", sheet(_("Signs"), head, rows_of(found), words)
    )
    site.write(
        "signs", f"summaries/{one.round.code}-signs", round=one.round, signs=found[:SIGNS],
        total=len(found), sides=SIDES, sheet=one.links["signs_sheet"], name_of=name_of,
    )  # fmt: skip


def _write_emulation(session: Session, site: Site, one: Written) -> None:
    """The ranking of a round, as a page, as a workbook, and who is proposed as a Word file."""
    code, found = one.round.code, ranking(session, one.round, site.as_of)
    words = _("{round}, as of {day}")
    words = words.format(round=one.round.title, day=show_date(day_of(site.as_of)))
    one.links["emulation"] = f"{code}-emulation.html"
    one.links["emulation_sheet"] = f"{code}-emulation.xlsx"
    raw = emulation_workbook.workbook(found, words)
    site.keep(f"summaries/{one.links['emulation_sheet']}", raw)
    try:
        proposed = emulation_list.proposals(session, one.round, site.as_of)
    except NotAllowed:  # nobody is proposed
        pass
    else:
        one.links["emulation_list"] = f"{code}-emulation.docx"
        site.keep(f"summaries/{one.links['emulation_list']}", emulation_list.write(proposed))
    site.write(
        "emulation", f"summaries/{code}-emulation", round=one.round, found=found, links=one.links,
        condition=condition, ground=ground_of,
    )  # fmt: skip
