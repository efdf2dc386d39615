"""What a simulated secretariat does with summaries: reports are signed the day after they were
drawn up; what comes later makes a new version, which waits.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from dondoc.simulation.deeds import SECRETARIAT, Deed
from models.calendar import vietnam
from models.database import database
from models.round import Round
from models.settings import settings
from models.status import day_of
from models.timers import at
from models.words import Regime, Stage
from tasks import lookup, signing, summarising, summary_papers, summary_versions

SIGNED_AFTER, LOOKED_AT_AFTER = 1, 10  # working days
SIGNER = "Nguyễn Văn Ký (mô phỏng)"
SYMBOL = {Regime.STATE: "{n}/BC-{symbol}", Regime.PARTY: "{n}-BC/{symbol}"}


def signing_deeds(directive: str, code: str, closed: datetime, counts: Counter[str]) -> list[Deed]:
    """The signing of a round's summary, and the look at what came later."""
    day = day_of(closed)

    def sign(moment: datetime) -> None:
        counts["summaries signed"] += sign_summary(directive, code, moment)

    def look(moment: datetime) -> None:
        counts["summaries drawn up anew"] += draw_up_anew(directive, code, moment)

    return [
        Deed(at(vietnam().add_working_days(day, SIGNED_AFTER), time(9)), sign),
        Deed(at(vietnam().add_working_days(day, LOOKED_AT_AFTER), time(15)), look),
    ]


def sign_summary(directive: str, code: str, moment: datetime) -> bool:
    """Signs the summary of a round that asked for reports, as it then stands; whether it did."""
    with database().write() as session:
        found = lookup.round_(session, directive, code)
        if found.stage is not Stage.REPORTING or not summarising.latest_summary(session, found):
            return False
        newest = summary_versions.draw_up(session, found, SECRETARIAT, moment)
        version, read = newest.version, newest.sha256
        number = _number(found, newest.figures.get("issuer") or {})
    with database().read() as session:
        found = lookup.round_(session, directive, code)
        on_paper = signing.Signature(number, day_of(moment), SIGNER)
        data = settings().data
        ready = signing.prepare(
            session, data, found, version, read, on_paper, moment, kinds=summary_papers.writable()
        )
    with database().write() as session:
        found = lookup.round_(session, directive, code)
        signing.sign(session, settings().data, found, ready, SECRETARIAT, moment)
    return True


def draw_up_anew(directive: str, code: str, moment: datetime) -> bool:
    """Draws a signed summary up anew where later answers changed it; whether they did."""
    with database().write() as session:
        found = lookup.round_(session, directive, code)
        before = summary_versions.last_signed(session, found)
        if before is None:
            return False
        version = before.version
        return summary_versions.draw_up(session, found, SECRETARIAT, moment).version > version


def _number(found: Round, issuer: Mapping[str, Any]) -> str:
    regime = Regime(issuer.get("regime", Regime.STATE))
    name = issuer.get("heading") or "Văn phòng"
    symbol = issuer.get("symbol") or "".join(word[0] for word in name.split()).upper()
    return SYMBOL[regime].format(n=100 + lookup.id_of(found), symbol=symbol)
