"""Signs of formalism: what is listed of a round's answers, of whom, as of when, and what is not."""

from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import pytest
from sqlmodel import Session, select

from models import i18n
from models.database import Database
from models.directive import Indicator
from models.round import Evidence, Obligation, Submission
from models.unit import Succession
from models.words import Basis, Channel, SuccessionKind
from tasks import lookup
from tasks.answering import record_answer
from tasks.formalism import signs
from tasks.signs import Sign, SignKind, as_dict, rows_of
from tests.conftest import Databases
from tests.models.test_copied_text import OTHER, TEXT
from tests.tasks.office import (
    INDICATORS,
    OFFICE,
    a_round,
    a_unit,
    answer,
    at,
    figures,
    issue,
    know,
    open_,
    report_file,
)

pytestmark = [
    pytest.mark.xdist_group("formalism"),
    pytest.mark.any_database,
]  # its database is made once

NOW = at(2025, 7, 1, 9)
UNITS = [a_unit(f"so-{letter}") for letter in "abcde"]
CODES = [item["code"] for item in INDICATORS]
ASKS = (
    "Đề nghị các sở báo cáo kết quả thực hiện, nêu rõ khó khăn, vướng mắc và kiến nghị của đơn vị."
)


def opened(db: Database) -> None:
    """Five units are asked for a report in two years running, and for progress in the second."""
    rounds = [
        a_round("nam-2024", when={"on": "2024-06-03"}, title="Năm 2024", indicators=CODES),
        a_round("nam-2025", when={"on": "2025-06-02"}, indicators=CODES, asks=ASKS),
        a_round("tien-do", stage="execution", when={"on": "2025-06-02"}, indicators=["ty-le"]),
    ]
    with db.write() as session:
        know(session, OFFICE, *UNITS)
        issue(session, report_file(rounds=rounds))
        for code, moment in (
            ("nam-2024", at(2024, 5, 6)), ("nam-2025", at(2025, 5, 5)), ("tien-do", at(2025, 5, 5))
        ):  # fmt: skip
            found = open_(session, "kl-1", code, moment)
            found.series = "nam" if code != "tien-do" else code


@pytest.fixture
def life(databases: Databases) -> Iterator[Database]:
    template = databases.template("formalism", opened, like=databases.migrated())
    with i18n.speaking("en"):
        yield from databases.like(template)


def report(db: Database, unit: str, payload: Any, year: int = 2025, **moment: int) -> None:
    when = {"month": 5, "day": 20, **moment}
    answer(db, f"kl-1/nam-{year}/so-{unit}", payload, at(year, **when))


def progress(db: Database, unit: str, day: int = 20, **fields: Any) -> None:
    """Progress in full, with a document of its own unless others are given."""
    said = {
        "percent": 100,
        "narrative": f"Đã xong {unit}.",
        "evidence": [{"document": f"Biên bản {unit}", "issued": "2025-05-05"}],
        "values": {"ty-le": {"numerator": 1, "denominator": 2}},
    }
    answer(db, f"kl-1/tien-do/so-{unit}", said | fields, at(2025, 5, day))


def told(**fields: Any) -> dict[str, Any]:
    """A report with a narrative of its own, and figures that tell nothing."""
    few = figures(so_cuoc=0, kinh_phi=None, kho_khan=None)
    return few | {"narrative": "Báo cáo riêng."} | fields


def seen(
    db: Database, kind: SignKind | None = None, code: str = "nam-2025", as_of: datetime = NOW
) -> list[Sign]:
    with db.read() as session:
        found = signs(session, lookup.round_(session, "kl-1", code), as_of)
    return [sign for sign in found if kind in (None, sign.kind)]


def units(sign: Sign) -> list[str]:
    return [name.removeprefix("Đơn vị so-") for name in sign.units]


class TestParagraphs:
    def test_that_units_have_alike_are_listed_with_them(self, life: Database) -> None:
        report(life, "a", told(narrative=TEXT))
        report(life, "b", told(narrative=OTHER + "\n" + TEXT.replace("Hoằng Hóa", "Đông Sơn")))
        report(life, "c", told(narrative=OTHER.replace("Khó khăn", "Vướng mắc")))
        report(life, "d", told(narrative="Không phát sinh."))
        report(life, "e", told(narrative="Không phát sinh."))
        found = seen(life, SignKind.COPIED)
        assert sorted(map(units, found)) == [["a", "b"], ["b", "c"]]
        assert {side.where for sign in found for side in sign.seen} == {"Results"}

    def test_of_figures_in_words_count_as_well(self, life: Database) -> None:
        for unit in "ab":
            report(life, unit, told(values=figures(kho_khan=TEXT)["values"]))
        (sign,) = seen(life, SignKind.COPIED)
        assert sign.seen[0].where == "Khó khăn"

    def test_that_quote_the_request_are_not_listed(self, life: Database) -> None:
        for unit in "ab":
            report(life, unit, told(narrative=ASKS))
        assert seen(life) == []

    def test_of_the_period_before_are_listed_side_by_side(self, life: Database) -> None:
        report(life, "a", told(narrative=TEXT), 2024)
        report(life, "b", told(narrative=OTHER), 2024)
        report(life, "a", told(narrative=TEXT.replace("12", "15")))
        report(life, "b", told(narrative=TEXT.replace("tổ chức", "mở")))
        (sign,) = seen(life, SignKind.REPEATED)
        assert units(sign) == ["a"]
        assert ["15" in side.text for side in sign.seen] == [True, False]

    def test_of_a_unit_that_ended_are_those_of_who_took_over(self, life: Database) -> None:
        with life.write() as session:
            ended, heir = (lookup.unit(session, f"so-{letter}") for letter in "ba")
            session.add(
                Succession(unit_id=lookup.id_of(ended), successor_id=heir.id, rule="Quyết định",
                           day=date(2025, 1, 1), kind=SuccessionKind.MERGE)
            )  # fmt: skip
        report(life, "b", told(narrative=TEXT), 2024)
        report(life, "a", told(narrative=TEXT))
        (sign,) = seen(life, SignKind.REPEATED)
        assert units(sign) == ["a", "b"]

    def test_of_a_later_version_take_the_place_of_those_before(self, life: Database) -> None:
        report(life, "a", told(narrative=TEXT))
        report(life, "b", told(narrative=TEXT))
        report(life, "b", told(), day=25)
        assert seen(life) == []
        (sign,) = seen(life, as_of=at(2025, 5, 21))
        assert sign.kind is SignKind.COPIED


class TestFigures:
    def test_unchanged_since_the_period_before_are_listed(self, life: Database) -> None:
        for unit, year in (("a", 2024), ("b", 2024), ("a", 2025)):
            report(life, unit, figures(so_cuoc=0 if unit == "c" else 7), year)
        report(life, "b", figures(so_cuoc=8))
        (sign,) = seen(life, SignKind.UNCHANGED)
        assert units(sign) == ["a"]
        assert "Số cuộc kiểm tra: 7\nViệc đã xong: 9/10" in sign.seen[0].text

    @pytest.mark.parametrize(
        ("basis", "year", "listed"),
        [(Basis.PERIOD, 2024, 1), (Basis.CUMULATIVE, 2024, 0), (Basis.YEAR, 2025, 0),
         (Basis.YEAR, 2024, 1)],
    )  # fmt: skip
    def test_that_run_on_and_stand_still_tell_half_as_much(
        self, life: Database, basis: Basis, year: int, listed: int
    ) -> None:
        with life.write() as session:
            for item in session.exec(select(Indicator)):
                item.basis = basis
            lookup.round_(session, "kl-1", "nam-2024").cutoff = date(year, 12, 14)
            lookup.round_(session, "kl-1", "nam-2025").cutoff = date(2025, 12, 14)
        for each in (2024, 2025):
            report(life, "a", figures(so_cuoc=7), each)
        assert len(seen(life, SignKind.UNCHANGED)) == listed

    def test_that_are_few_or_zero_tell_nothing(self, life: Database) -> None:
        for year in (2024, 2025):
            report(life, "a", figures(so_cuoc=0), year)
        assert seen(life, SignKind.UNCHANGED) == []

    def test_of_several_units_that_are_the_same_are_listed(self, life: Database) -> None:
        for unit in "abc":
            report(life, unit, figures(so_cuoc=7))
        report(life, "d", figures(so_cuoc=6))
        (sign,) = seen(life, SignKind.SAME_FIGURES)
        assert units(sign) == ["a", "b", "c"]


class TestCompletion:
    def test_right_after_the_opening_is_listed(self, life: Database) -> None:
        progress(life, "a", day=6)
        progress(life, "b", day=20)
        (sign,) = seen(life, code="tien-do")
        assert (sign.kind, units(sign)) == (SignKind.FULL_EARLY, ["a"])

    def test_of_a_first_version_with_every_ratio_full_is_listed(self, life: Database) -> None:
        full = {"ty-le": {"numerator": 5, "denominator": 5}}
        progress(life, "a", values=full)
        progress(life, "b", percent=50, values=full)
        progress(life, "b", day=25, values=full)
        (sign,) = seen(life, code="tien-do")
        assert (sign.kind, units(sign)) == (SignKind.FULL_EARLY, ["a"])

    def test_with_nothing_to_look_at_is_listed(self, life: Database) -> None:
        for unit in "ab":
            progress(life, unit, evidence=[{"file": "anh.pdf"}])
        with life.write() as session:
            owed = submission_of(session, "kl-1/tien-do/so-a")
            session.add(
                Evidence(obligation_id=owed.obligation_id, submission_id=owed.id, name="anh.pdf",
                         media="application/pdf", size=1, sha256=sha256(b"a").hexdigest(),
                         added_at=NOW)
            )  # fmt: skip
        (sign,) = seen(life, code="tien-do")
        assert (sign.kind, units(sign)) == (SignKind.NO_EVIDENCE, ["b"])

    def test_by_a_document_older_than_the_directive_is_listed(self, life: Database) -> None:
        progress(life, "a", evidence=[{"document": "1/BB", "issued": "2024-02-25"}])
        progress(life, "b", evidence=[{"document": "1/BB", "issued": "2024-02-26"}])
        (sign,) = seen(life, code="tien-do")
        assert (sign.kind, units(sign)) == (SignKind.OLD_EVIDENCE, ["a"])

    def test_by_one_document_of_many_units_is_listed(self, life: Database) -> None:
        for unit in "abc":
            progress(life, unit, evidence=[{"document": "12/BC-UBND", "issued": "2025-05-05"}])
        progress(life, "d", evidence=[{"document": "12/BC-UBND", "issued": "2025-05-06"}])
        (sign,) = seen(life, code="tien-do")
        assert (sign.kind, units(sign)) == (SignKind.SAME_DOCUMENT, ["a", "b", "c"])


def submission_of(session: Session, code: str) -> Submission:
    return session.exec(select(Submission).join(Obligation).where(Obligation.code == code)).one()


class TestSending:
    @pytest.mark.parametrize(
        ("channel", "apart", "found"),
        [(Channel.PAGE, 0, 1), (Channel.PAGE, 2, 0), (Channel.COMMAND, 0, 0)],
    )
    def test_at_once_by_one_person_is_listed(
        self, life: Database, channel: Channel, apart: int, found: int
    ) -> None:
        for n, unit in enumerate("abc"):
            with life.write() as session:
                code, moment = f"kl-1/nam-2025/so-{unit}", at(2025, 5, 20, 8, n * apart)
                record_answer(session, code, told(), "Lê Thị A", moment, channel=channel)
        assert len(seen(life, SignKind.ONE_SENDER)) == found


class TestTheList:
    def test_is_empty_before_anybody_answered(self, life: Database) -> None:
        assert seen(life) == []

    def test_begins_with_what_concerns_most(self, life: Database) -> None:
        for unit in "abcd":
            report(life, unit, told(narrative=TEXT))
        for year in (2024, 2025):
            report(life, "e", figures(), year)
        found = seen(life)
        assert [sign.kind for sign in found] == [SignKind.COPIED, SignKind.UNCHANGED]
        assert found[0].weight > found[1].weight

    def test_has_a_row_for_each_unit_in_the_sheet(self, life: Database) -> None:
        for unit in "abc":
            report(life, unit, figures(so_cuoc=7, kho_khan=TEXT))
        found = seen(life)
        assert len(list(rows_of(found))) == sum(len(sign.seen) for sign in found) == 6
        assert as_dict(found[0])["kind"] == "copied"
