"""The office from Python, for programs on its own machine: no network, no token.

    office = Office()
    office.register(Path("53-kh-ubnd.yaml"), by="Lê Thị A")
    for line in office.board("53-kh-ubnd", "bao-cao-thang-2024-06"):
        print(line.unit, line.status)

Each call is a transaction of its own, with the settings in force (`DONDOC_…`); `as_of` is now
unless it is given. Others use the REST API: `dondoc.client`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from models.clock import now
from models.database import Database, database
from models.directive_check import check_file
from models.directive_reader import read_directive
from models.words import Channel
from tasks import boards, lookup, owing, registering, rounds, summary_versions
from tasks.answering import Recorded, record_answer
from tasks.boards import Line, RoundLine
from tasks.calendars import working_calendar
from tasks.owing import AllOwed
from tasks.units import load_register


class Office:
    """One office and its database; raises the errors of `models.errors`.

    Timers are Prefect's: `dondoc up` and `dondoc reconcile` set those of what is registered here.
    """

    def __init__(self, found: Database | None = None, clock: Callable[[], datetime] = now) -> None:
        self.database = found or database()
        self.clock = clock

    def register(self, file: Path, by: str) -> str:
        """Registers a directive file with the units the office knows; its code."""
        _document, plain = read_directive(file)
        with self.database.write() as session:
            known = load_register(session, plain.province)
            checked = check_file(file, known)
            found = registering.register_directive(
                session, checked.directive, known, working_calendar(session), self.clock(), by
            )
            return found.code

    def confirm(self, directive: str, questions: Sequence[str], by: str) -> list[str]:
        """Confirms readings in a person's name ("all": every open one); those confirmed."""
        with self.database.write() as session:
            calendar = working_calendar(session)
            return registering.confirm(session, directive, questions, by, calendar, self.clock())

    def open_round(self, directive: str, round: str, by: str) -> int:
        """Opens a round now; how many units it asks. Its mails leave with the next delivery."""
        with self.database.write() as session:
            found = lookup.round_(session, directive, round)
            return rounds.open_round(session, found, self.clock(), by)

    def rounds(self, directive: str, as_of: datetime | None = None) -> list[RoundLine]:
        """The rounds of a directive with their figures."""
        with self.database.read() as session:
            owner, moment = lookup.directive(session, directive), as_of or self.clock()
            lines = boards.board(session, owner, moment)
            return boards.round_lines(session, owner, lines, moment)

    def board(self, directive: str, round: str, as_of: datetime | None = None) -> list[Line]:
        """Where each unit of a round stands."""
        with self.database.read() as session:
            owner = lookup.directive(session, directive)
            found = lookup.round_(session, directive, round)
            return boards.board(session, owner, as_of or self.clock(), found.id)

    def owed(self, unit: str, as_of: datetime | None = None) -> AllOwed:
        """Everything a unit owes."""
        with self.database.read() as session:
            found = lookup.unit(session, unit)
            return owing.all_owed(session, lookup.id_of(found), as_of or self.clock())

    def answer(self, obligation: str, payload: Mapping[str, Any], sender: str) -> Recorded:
        """Records an answer as `dondoc answer` does: one with faults is kept, refused."""
        with self.database.write() as session:
            return record_answer(
                session, obligation, payload, sender, self.clock(), channel=Channel.API
            )

    def summary(self, directive: str, round: str, version: int | None = None) -> dict[str, Any]:
        """The figures of a version of a round's summary, else the newest."""
        with self.database.read() as session:
            found = lookup.round_(session, directive, round)
            return dict(summary_versions.one(session, found, version).figures)
