"""A simulated panel: some days after a ranked round is closed it goes through what came in."""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from random import Random

from models.calendar import vietnam
from models.database import database
from models.directive_file import DirectiveFile
from models.emulation import Score
from models.timers import at
from models.timetable import timetable
from tasks import lookup
from tasks.emulating import Contender, ranking
from tasks.panel_scores import Points, give_to

AFTER = timedelta(days=7)
Sitting = Callable[[datetime], None]
WHY = (
    "Minh chứng chưa đầy đủ.",
    "Số liệu chưa khớp với báo cáo công tác phòng, chống tham nhũng.",
    "Chưa nêu kết quả cụ thể.",
)


def panels(file: DirectiveFile, by: str) -> Iterator[tuple[datetime, Sitting]]:
    """When the panel sits over the rounds that are ranked, and what it does then."""
    ranked = {item.code for item in file.rounds if item.emulation}
    for planned in timetable(file, vietnam()).rounds:
        if planned.series in ranked:
            moment = at(planned.closes + AFTER, time(9))
            yield moment, _sitting(file.code, planned.code, by)


def _sitting(directive: str, code: str, by: str) -> Sitting:
    def judge(now: datetime) -> None:
        with database().write() as session:
            asking = lookup.round_(session, directive, code)
            for one in ranking(session, asking, now).contenders:
                if one.sent:
                    give_to(session, asking, one, _points(one), by, now)

    return judge


def _points(one: Contender) -> dict[str, Points]:
    """Mostly the unit's own, now and then less."""
    random = Random(f"panel/{one.key}")
    return {s.criterion.code: _of(random, s) for s in one.scores}


def _of(random: Random, score: Score) -> Points:
    own = score.own or 0
    if score.criterion.deducts or random.random() < 0.75:
        return Points(own)
    less = round(own * random.uniform(0.7, 0.95) * 2) / 2
    return Points(less, "" if less == own else random.choice(WHY))
