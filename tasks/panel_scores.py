"""The panel's points (hội đồng chấm): given for the answer that stands, corrected with a reason."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from models.emulation import DECIMALS, Score
from models.errors import NotAllowed
from models.i18n import gettext as _
from models.round import Obligation, PanelScore, Round
from models.secrecy import refuse_if_secret
from models.vietnamese import printable, show_number
from models.words import Deed
from tasks import activities
from tasks.emulating import Contender, ranking
from tasks.resending import in_the_name_of

MAX_WORDS = 1_000  # characters


@dataclass(frozen=True)
class Points:
    """Points for a criterion, and why so many."""

    points: float
    words: str = ""


class PointsRefused(NotAllowed):
    """Points that can't be given as they are; `faults` says of each criterion why, by its code."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__("\n".join(f"{code}: {words}" for code, words in faults.items()))


def give(
    session: Session,
    obligation_id: int,
    given: Mapping[str, Points],
    by: str,
    as_of: datetime,
    account: int | None = None,
) -> int:
    """Gives a unit points by the codes of the criteria; how many differ from the panel's last.

    Raises PointsRefused with everything wrong, or NotAllowed where the unit has no answer that
    stands; nothing is recorded then.
    """
    owed = session.get_one(Obligation, obligation_id, with_for_update=True, populate_existing=True)
    asking = session.get_one(Round, owed.round_id)
    unit = ranking(session, asking, as_of).of(owed.code.rsplit("/", 1)[-1])
    return give_to(session, asking, unit, given, by, as_of, account)


def give_to(
    session: Session,
    asking: Round,
    unit: Contender,
    given: Mapping[str, Points],
    by: str,
    as_of: datetime,
    account: int | None = None,
) -> int:
    """As `give`, to a contender of a ranking that was just made."""
    refuse_if_secret([by, *(one.words for one in given.values())])
    person = in_the_name_of(by)
    if unit.sent is None:
        message = _("{unit} has no answer that stands: there is nothing to give points for.")
        raise NotAllowed(message.format(unit=unit.unit))
    scores = {score.criterion.code: score for score in unit.scores}
    faults = {code: why for code, one in given.items() if (why := _fault(scores.get(code), one))}
    if faults:
        raise PointsRefused(faults)
    changed = [(scores[code], one) for code, one in given.items() if _differs(scores[code], one)]
    for score, one in changed:
        _keep(session, unit, asking, score, one, person, as_of, account)
    return len(changed)


def _fault(score: Score | None, given: Points) -> str:
    """What is wrong with points; empty where they may be given."""
    if score is None:
        return _("is no criterion of this round")
    most = score.criterion.most
    if not (math.isfinite(given.points) and 0 <= given.points <= most):
        return _("must lie between 0 and {most}").format(most=show_number(most))
    if round(given.points, DECIMALS) != given.points:
        return _("at most two decimals")
    if len(printable(given.words)) > MAX_WORDS:
        return _("The reasons are too long: at most {n} characters.").format(n=MAX_WORDS)
    if printable(given.words) or not _differs(score, given):
        return ""
    if score.panel:
        changed = given.points != score.panel.points
        return _("say why the points are changed") if changed else ""
    return _("say why they differ from the unit's own") if given.points != (score.own or 0) else ""


def _differs(score: Score, given: Points) -> bool:
    """Whether anything would change; looking again at a new answer of the unit is a change."""
    if score.panel is None or score.overtaken:
        return True
    words = printable(given.words)
    return given.points != score.panel.points or words not in ("", score.panel.words)


def _keep(
    session: Session, unit: Contender, asking: Round, score: Score, given: Points, by: str,
    as_of: datetime, account: int | None,
) -> None:  # fmt: skip
    said = printable(given.words) or None
    session.add(
        PanelScore(
            obligation_id=unit.obligation_id, indicator_id=score.criterion.id, points=given.points,
            words=said, at=as_of, by=by,
        )
    )  # fmt: skip
    activities.note(
        session,
        Deed.SCORED,
        by,
        as_of,
        account=account,
        unit=unit.unit_id,
        directive=asking.directive_id,
        obligation=unit.obligation_id,
        about=score.criterion.label,
        before={"points": show_number(score.panel.points)} if score.panel else None,
        after={"points": show_number(given.points), "words": said},
    )
