"""What simulated units see: what they are asked, what passed from one to another."""

from datetime import datetime

from sqlmodel import Session, col, select

from dondoc.simulation.units import Call
from models.database import database
from models.directive import Directive
from models.round import Obligation, Round
from models.status import day_of
from models.words import STAGE_KIND, Ending
from tasks import lookup, rounds
from tasks.asking import asks_of


def calls(directive: str, code: str, since: datetime | None = None) -> list[Call]:
    """The obligations of a round, as the units see them; those made since an instant."""
    with database().read() as session:
        found = lookup.round_(session, directive, code)
        owner = lookup.directive(session, directive)
        asked = asks_of(session, lookup.id_of(found), STAGE_KIND[found.stage])
        measures = [m.get("quote", "") for m in owner.file.get("measures", [])]
        return [
            Call(
                obligation=owed.code,
                unit=owed.code.rsplit("/", 1)[-1],
                kind=STAGE_KIND[found.stage],
                opened=day_of(owed.opened_at),
                due=owed.due,
                closes=found.closes,
                asked=asked,
                measures=measures,
            )
            for owed in rounds.obligations(session, found)
            if since is None or owed.opened_at >= since
        ]


def handed_over(session: Session, directive: str, moment: datetime) -> list[str]:
    """The rounds of which tasks were taken over at that moment."""
    statement = (
        select(Round.code)
        .join(Directive)
        .where(
            Directive.code == directive,
            col(Round.id).in_(
                select(Obligation.round_id).where(
                    Obligation.opened_at == moment, Round.opened_at != moment
                )
            ),
        )
        .order_by(Round.code)
    )
    return list(session.exec(statement))


def passed_on(session: Session, moment: datetime) -> set[str]:
    """The tasks that their units passed on at that moment."""
    return set(session.exec(select(Obligation.code).where(
        Obligation.ended_at == moment, Obligation.ending == Ending.PASSED_ON)))  # fmt: skip
