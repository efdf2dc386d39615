"""The figures equal those that polars counts from the exported workbook, on random trees."""

import os
from collections.abc import Mapping
from datetime import date, datetime
from io import BytesIO
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlmodel import Session

from models import i18n
from models.aggregate import Aggregate
from models.database import Database
from models.round import Round
from models.words import IndicatorKind, Level, label
from tasks.aggregate_trees import Tree, opened_tree, tree
from tasks.aggregating import aggregates, asked, by_word
from tasks.figures_sheet import figures_workbook
from tests.tasks.random_rounds import AS_OF, KINDS, Body, a_directive, bodies, lay_out

TREES = int(os.environ.get("DONDOC_TEST_TREES", "1000"))
GONE, OWED = ("Waived", "Passed on", "Lapsed"), ("Open", "Nearly due", "Overdue", "Long overdue")
COLUMNS = [name for kind in KINDS for name in (
    ("numerator", "denominator") if kind is IndicatorKind.RATIO else (kind.value,)
)]  # fmt: skip

ADDED = ("count", "money", "numerator")  # a yes, a choice, a date, a score is each unit's own


class Recount:
    """What the exported sheets of units and answers give, counted by polars alone."""

    def __init__(self, content: bytes, with_subordinates: bool) -> None:
        book = load_workbook(BytesIO(content), read_only=True)
        head = ["code", "name", "level", "kind", "above", "begins", "ends", "heirs", "state"]
        self.units = _frame(book["Units"], head)
        came = ["code", "name", "version", "received", "what", "check", "found", "figures"]
        answers = _frame(book["Answers"], [*came, *COLUMNS])
        self.above = dict(self.units.select("code", "above").iter_rows())
        self.ends = dict(self.units.select("code", "ends").iter_rows())
        self.heirs = dict(self.units.select("code", "heirs").iter_rows())
        self.standing = (
            answers.filter(pl.col("check") == "no fault found", pl.col("what") == "report")
            .sort("version")
            .group_by("code", maintain_order=True)
            .last()
            .filter(pl.col("found").is_null() | (pl.col("found") != "given back"))
        )
        self.within = {
            column: self._within(column) if with_subordinates else set[str]() for column in ADDED
        }

    def _within(self, column: str) -> set[str]:
        """Those who gave a figure that one above them gave as well."""
        gave = set(self.standing.filter(pl.col(column).is_not_null())["code"])
        return {code for code in gave if gave & set(self._all_above(code))}

    def _all_above(self, code: str) -> list[str]:
        found, at = list[str](), self.above[code]
        while at:
            found.append(at)
            at = self.above[at]
        return found

    def living(self, code: str) -> set[str]:
        if not self.ends[code]:
            return {code}
        named = (self.heirs[code] or "").split("; ")
        return {heir for name in named if name for heir in self.living(name)}

    def home(self, code: str) -> str:
        found = self.living(code)
        return found.pop() if len(found) == 1 else code

    def living_above(self, code: str) -> str | None:
        """The first above a unit that lives, or whose one heir does."""
        for above in self._all_above(code):
            home = self.home(above)
            if not self.ends[home] and home != code:
                return home
        return None

    def figures(self, codes: pl.Series) -> dict[str, Any]:
        """The figures of some units, by kind."""
        mine = self.standing.filter(pl.col("code").is_in(codes.implode()))
        states = self.units.filter(
            pl.col("code").is_in(codes.implode()), pl.col("state").is_not_null()
        )["state"]
        expected = states.len() - states.is_in(GONE).sum()
        counts = {
            "expected": expected, "missing": states.is_in(OWED).sum(),
            "late": (states == "Answered late").sum(),
        }  # fmt: skip
        found: dict[str, Any] = {}
        for kind in KINDS:
            column = "numerator" if kind is IndicatorKind.RATIO else kind.value
            gave = mine.filter(pl.col(column).is_not_null())
            once = gave.filter(~pl.col("code").is_in(list(self.within.get(column, ()))))
            found[kind.value] = counts | {
                "given": gave.height, "included": gave.height - once.height,
                **_of_kind(kind, once, expected),
            }  # fmt: skip
        return found


def _of_kind(kind: IndicatorKind, mine: pl.DataFrame, expected: int) -> dict[str, Any]:
    match kind:
        case IndicatorKind.RATIO:
            return {part: float(mine[part].sum()) for part in ("numerator", "denominator")}
        case IndicatorKind.YES_NO:
            return {"numerator": (mine["yes_no"] == "yes").sum(), "denominator": expected}
        case IndicatorKind.DATE:
            days = mine["date"].drop_nulls()
            return {"first": days.min(), "last": days.max()}
        case IndicatorKind.CHOICE:
            counts = mine["choice"].drop_nulls().value_counts()
            return {"choices": dict(counts.iter_rows())}
        case IndicatorKind.TEXT:
            return {}
        case _:
            return {"total": float(mine[kind.value].sum())}


_TYPES = {"date": pl.Date, "version": pl.Int64, "count": pl.Float64, "money": pl.Float64,
          "score": pl.Float64, "numerator": pl.Float64, "denominator": pl.Float64}  # fmt: skip


def _frame(page: Any, head: list[str]) -> pl.DataFrame:
    rows = [[_plain(value) for value in row[: len(head)]] for row in page.values][2:]
    padded = [row + [None] * (len(head) - len(row)) for row in rows]
    schema = {name: _TYPES.get(name, pl.String) for name in head}
    return pl.DataFrame(
        [[_as(schema[name], v) for name, v in zip(head, row, strict=True)] for row in padded],
        schema=schema, orient="row",
    )  # fmt: skip


def _plain(value: Any) -> Any:
    return None if value == "" else value


def _as(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if kind is pl.String:
        return str(value)
    if kind is pl.Date:
        return value.date() if isinstance(value, datetime) else value
    return value


def plain(one: Aggregate) -> dict[str, Any]:
    """A figure as the recount has it."""
    found = one.as_dict()
    if one.kind is IndicatorKind.DATE:
        found |= {"first": one.first, "last": one.last}
    if one.kind is IndicatorKind.CHOICE:
        found["choices"] = {choice: n for choice, n in found["choices"].items() if n}
    return found


def agree(figures: Mapping[int, Aggregate], again: dict[str, Any], items: list[int]) -> None:
    for id_, kind in zip(items, KINDS, strict=True):
        assert plain(figures[id_]) == again[kind.value], kind


def check(session: Session, found: Round, items: list[int]) -> None:
    """Everything that is shown of a round against the recount."""
    again = Recount(figures_workbook(session, found, AS_OF), found.with_subordinates)
    every = again.units["code"]
    agree(aggregates(session, found, AS_OF), again.figures(every), items)
    for level, figures in by_word(session, found, AS_OF, Level).items():
        codes = again.units.filter(pl.col("level") == label(level))["code"]
        agree(figures, again.figures(codes), items)
    grown = tree(session, found, AS_OF)
    asked_ = again.units.filter(pl.col("state").is_not_null())["code"]
    homes = {code: again.home(code) for code in asked_}
    for id_, node in grown.nodes.items():
        own = [code for code, home in homes.items() if home == node.place.code]
        below = [code for code, home in homes.items() if _is_below(again, home, node.place.code)]
        agree(grown.own(id_), again.figures(pl.Series("code", own, pl.String)), items)
        agree(grown.below(id_), again.figures(pl.Series("code", below, pl.String)), items)
        both = pl.Series("code", own + below, pl.String)
        agree(grown.total(id_), again.figures(both), items)
    for opened in (None, *(id_ for id_, node in grown.nodes.items() if node.below)):
        opens_alike(grown, opened_tree(session, found, AS_OF, opened), opened)


def opens_alike(whole: Tree, opened: Tree, unit: int | None) -> None:
    """Opened at one unit, the tree says of all it shows there what the whole tree says."""
    for id_ in whole.roots if unit is None else whole.nodes[unit].below:
        assert opened.total(id_) == whole.total(id_)
    if unit is not None:
        assert opened.own(unit) == whole.own(unit)
        assert opened.below(unit) == whole.below(unit)


def _is_below(again: Recount, code: str, above: str) -> bool:
    at, met = again.living_above(code), {code}
    while at is not None and at not in met:
        if at == above:
            return True
        met.add(at)
        at = again.living_above(at)
    return False


def count_again(db: Database, examples: int) -> None:
    with i18n.speaking("en"), db.write() as session:
        owner, items = a_directive(session)

        @settings(
            max_examples=examples, deadline=None, database=None, derandomize=examples < 100,
            phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(bodies(), st.booleans())
        def holds(found: list[Body], with_subordinates: bool) -> None:
            one = session.begin_nested()
            try:
                laid = lay_out(session, owner, items, found, with_subordinates)
                assert len(asked(session, laid)) == len(KINDS)
                check(session, laid, items)
            finally:
                one.rollback()
                session.expunge_all()

        holds()


class TestFigures:
    def test_equal_a_recount_of_the_exported_workbook(self, db: Database) -> None:
        count_again(db, 20)

    @pytest.mark.long
    def test_equal_it_on_a_thousand_random_trees(self, db: Database) -> None:
        count_again(db, TREES)


def test_dates_are_days() -> None:
    assert _as(pl.Date, datetime(2024, 6, 1, 0, 0)) == date(2024, 6, 1)
