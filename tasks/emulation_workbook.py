"""The ranking of an emulation as a workbook: points, places, who is proposed."""

from collections.abc import Iterator, Sequence
from itertools import chain, repeat

from models.emulation import Score
from models.i18n import gettext as _
from tasks import sheets
from tasks.emulating import Contender, Ranking, ground_of
from tasks.sheets import Page, Value

UNIT, BLOCK, NUMBER, WORDS = 34.0, 26.0, 11.0, 44.0


def workbook(found: Ranking, words: str) -> bytes:
    """The workbook; `words` say what it is and as of when."""
    return sheets.workbook(
        [
            Page(_("Points"), _points_head(found), _points(found), words,
                 [UNIT, BLOCK, *repeat(12, 2 * len(found.criteria)), *[NUMBER] * 3, 30]),
            Page(_("Ranking"), _ranking_head(), _ranking(found), words,
                 [UNIT, BLOCK, *repeat(NUMBER, 6), WORDS, WORDS]),
            Page(_("Proposals"), _proposals_head(), _proposals(found), words,
                 [UNIT, BLOCK, WORDS, NUMBER, NUMBER, 60]),
        ]
    )  # fmt: skip


def _points_head(found: Ranking) -> list[str]:
    own, panel = _("{criterion}: own points"), _("{criterion}: points of the panel")
    each = [text.format(criterion=c.label) for c in found.criteria for text in (own, panel)]
    totals = [_("Own total"), _("Total"), _("Rank"), _("Evidence")]
    return [_("Unit"), _("Block"), *each, *totals]


def _points(found: Ranking) -> Iterator[Sequence[Value]]:
    for one in found.contenders:
        scores = one.scores or [Score(c, None) for c in found.criteria]
        pairs = [(s.own, s.panel.points if s.panel else None) for s in scores]
        totals = (one.own_total, one.total, one.rank) if one.sent else (None, None, None)
        yield (one.unit, one.block, *chain.from_iterable(pairs), *totals, evidence(one))


def evidence(one: Contender) -> str:
    """What proves the points of a unit: its document, the names of its files."""
    if one.sent is None:
        return ""
    return "; ".join(filter(None, (one.sent.document, *(name for _id, name in one.sent.files))))


def _ranking_head() -> list[str]:
    return [
        _("Unit"), _("Block"), _("Rank"), _("Total"), _("Criteria with points of the panel"),
        _("Late"), _("Missing"), _("Given back"), _("Not considered because"), _("Proposed for"),
    ]  # fmt: skip


def _ranking(found: Ranking) -> Iterator[Sequence[Value]]:
    for one in found.contenders:
        conduct = one.conduct
        yield (
            one.unit, one.block, one.rank, one.total if one.sent else None, one.judged,
            conduct.late, conduct.missing, conduct.given_back, "; ".join(one.excluded), one.form,
        )  # fmt: skip


def _proposals_head() -> list[str]:
    return [_("Unit"), _("Block"), _("Proposed for"), _("Total"), _("Rank"), _("Ground")]


def _proposals(found: Ranking) -> Iterator[Sequence[Value]]:
    for form, proposed in found.proposals.items():
        for one in proposed:
            yield one.unit, one.block, form, one.total, one.rank, ground_of(one, found.rules)
