"""Answers that hold what people and spreadsheets put into them: kept as JSON, whatever it is."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from models.database import Database
from models.document import parse
from models.errors import AnswerError
from models.round import Submission
from models.words import Verdict
from tasks.answering import Recorded
from tests.tasks import office
from tests.tasks.office import (
    OFFICE,
    SO_A,
    a_round,
    at,
    figures,
    issue,
    know,
    open_,
    report_file,
)

IN_TIME = at(2024, 5, 20, 15, 30)


def answer(db: Database, payload: Any, as_of: datetime = IN_TIME) -> Recorded:
    return office.answer(db, "kl-1/bao-cao/so-a", payload, as_of)


ODD: dict[str, tuple[object, object]] = {
    "date": (date(2024, 5, 7), "2024-05-07"),
    "datetime": (datetime(2024, 5, 7, 8, 30), "2024-05-07"),
    "nan": (float("nan"), "nan"),
    "inf": (float("inf"), "inf"),
    "-inf": (float("-inf"), "-inf"),
    "whole": (10**40, 10**40),
    "decimal": (Decimal("1.5"), "1.5"),
    "bytes": (b"\xff", "b'\\xff'"),
    "tuple": ((1, [2]), [1, [2]]),
    "keys": ({1: True, None: date(2024, 1, 1)}, {"1": True, "None": "2024-01-01"}),
    "nul": ("a\0b", "ab"),
    "half": ("a\ud800b", "a?b"),
    "nul key": ({"a\0": "\0"}, {"a": ""}),
}


class TestOddPayloads:
    def test_are_kept_as_json(self, asking: Database) -> None:
        done = answer(asking, {name: given for name, (given, _) in ODD.items()})
        assert done.verdict is Verdict.REFUSED
        with asking.read() as session:
            kept = session.exec(select(Submission.payload)).one()
        assert kept == {name: kept for name, (_, kept) in ODD.items()}

    def test_are_refused_as_figures_but_kept(self, asking: Database) -> None:
        done = answer(asking, figures(so_cuoc=float("inf"), ty_le=float("nan")))
        assert {fault.field for fault in done.faults} == {"values.so-cuoc", "values.ty-le"}
        with asking.read() as session:
            kept = session.exec(select(Submission.payload)).one()["values"]
        assert (kept["so-cuoc"], kept["ty-le"]) == ("inf", "nan")

    @pytest.mark.parametrize("odd", ["\0", "\ud800"])
    def test_of_text_are_refused_and_kept_as_a_database_takes_them(
        self, asking: Database, odd: str
    ) -> None:
        done = answer(asking, figures(kho_khan=f"Thiếu{odd} người."))
        assert [fault.field for fault in done.faults] == ["values.kho-khan"]
        with asking.read() as session:
            kept = session.exec(select(Submission.payload)).one()["values"]
        assert kept["kho-khan"].replace("?", "") == "Thiếu người."

    def test_of_halves_that_a_json_file_writes_apart_are_one_character(self) -> None:
        raw = rb'{"a": "\ud83d\ude00", "b": "\ud800x"}'
        assert parse("a.json", raw, AnswerError).data == {"a": "\U0001f600", "b": "\ud800x"}

    def test_may_hold_dates_as_yaml_reads_them(self, db: Database) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, report_file(rounds=[a_round(stage="dissemination")]))
            open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
        payload = {"received_on": date(2024, 5, 7), "brought_to_staff": "Họp."}
        assert answer(db, payload).verdict is Verdict.ACCEPTED

    def test_lie_in_the_future_only_after_today(self, db: Database) -> None:
        """Half past midnight in Vietnam is still yesterday in UTC: today's date is no future."""
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, report_file(rounds=[a_round(stage="dissemination")]))
            open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
        payload = {"received_on": "2024-05-08", "brought_to_staff": "Họp."}
        assert answer(db, payload, at(2024, 5, 7, 23, 30)).verdict is Verdict.REFUSED
        assert answer(db, payload, at(2024, 5, 8, 0, 30)).verdict is Verdict.ACCEPTED
