"""What a simulated secretariat does by hand: corrects an address, opens a round on request, decides
requests, urges; and what comes to it by mail.

In a life that spans the reorganisation of 1 July 2025 the round is open across it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from sqlmodel import Session

from dondoc.simulation.letters import come_back, correct_an_address
from dondoc.simulation.panel import panels
from models.calendar import vietnam
from models.database import database
from models.directive_file import DirectiveFile
from models.status import OWED, day_of
from models.timers import at
from models.timetable import timetable
from models.words import ReliefKind
from tasks import boards, lookup, reliefs
from tasks.on_request import open_on_request

SECRETARIAT = "Văn phòng (mô phỏng)"
OPENED_ON, DUE_ON = date(2025, 6, 16), date(2025, 7, 10)
DECIDED_ON, URGED_ON = date(2025, 7, 9), date(2025, 7, 16)
REASONS = {
    ReliefKind.EXTENSION: "Mới sắp xếp tổ chức, đang nhận bàn giao hồ sơ; đề nghị thêm thời gian.",
    ReliefKind.WAIVER: "Nội dung đã do cơ quan cấp trên trực tiếp báo cáo; đề nghị không phải gửi.",
}


class Diary(Protocol):
    """Where it is noted what was done."""

    counts: Counter[str]
    letter: date | None  # of the formal letter to those late


@dataclass(frozen=True)
class Deed:
    """Something done by hand at a moment."""

    at: datetime
    do: Callable[[datetime], None]


def deeds(file: DirectiveFile, units_plan: Callable[[str], None], diary: Diary) -> list[Deed]:
    """The deeds of a directive's life, in order.

    `units_plan` lets the units of a round that was just opened decide what they will send.
    """
    found = timetable(file, vietnam())
    opened = sorted(planned.opens for planned in found.rounds)

    def settle_mail(moment: datetime) -> None:
        with database().write() as session:
            diary.counts["mails sent to a corrected address"] += correct_an_address(
                session, file.code, SECRETARIAT, moment
            )

    def take_mail_in(moment: datetime) -> None:
        with database().write() as session:
            come_back(session, file.code, moment)

    by_mail = [
        Deed(at(opened[0] + timedelta(days=1), time(9)), settle_mail),
        Deed(at(opened[-1] + timedelta(days=2), time(10)), take_mail_in),
    ]
    by_panels = [Deed(*sitting) for sitting in panels(file, SECRETARIAT)]
    others = _in_2025(file, units_plan, diary)
    return sorted([*by_mail, *others, *by_panels], key=lambda deed: deed.at)


def _in_2025(
    file: DirectiveFile, units_plan: Callable[[str], None], diary: Diary
) -> Sequence[Deed]:
    """A round on request over the reorganisation, requests, a letter; not of a life that ends
    before.
    """
    found = timetable(file, vietnam())
    if not found.on_request or found.rounds[-1].due < DUE_ON:
        return []
    series, diary.letter = found.on_request[0].code, URGED_ON

    def open_a_round(moment: datetime) -> None:
        with database().write() as session:
            opened = open_on_request(
                session, file.code, series, DUE_ON, SECRETARIAT, vietnam(), moment
            )
            code = opened.code
        units_plan(code)

    def settle_requests(moment: datetime) -> None:
        with database().write() as session:
            diary.counts["requests"] += ask_and_decide(session, file.code, moment)

    return [
        Deed(at(OPENED_ON, time(8)), open_a_round),
        Deed(at(DECIDED_ON, time(15)), settle_requests),
    ]


def ask_and_decide(session: Session, directive: str, moment: datetime) -> int:
    """One in six of those still asked wants more time, one to be let off; of three requests two are
    granted. How many there were.
    """
    owner = lookup.directive(session, directive)
    today = day_of(moment)
    owed = [
        line
        for line in boards.board(session, owner, moment)
        if line.status in OWED and line.due >= today
    ]
    for number, line in enumerate(owed[::6]):
        kind = ReliefKind.WAIVER if number == 1 else ReliefKind.EXTENSION
        until = line.due + timedelta(days=7) if kind is ReliefKind.EXTENSION else None
        found = reliefs.ask(session, line.code, kind, REASONS[kind], "văn thư", moment, until)
        granted = number % 3 < 2
        words = "" if granted else "Đề nghị báo cáo trước những nội dung đã có."
        reliefs.decide(session, lookup.id_of(found), granted, SECRETARIAT, words, vietnam(), moment)
    return len(owed[::6])
