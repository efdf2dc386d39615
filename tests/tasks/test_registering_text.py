"""Every section of the five real directives arrives in its table; norms become nothing else."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, col, select

from dondoc.simulation.run import neighbours_of
from models.calendar import vietnam
from models.database import Database
from models.directive import (
    Assignment,
    Citation,
    Directive,
    Indicator,
    Measure,
    Norm,
    Phase,
    Question,
    Recipient,
    Target,
)
from models.register import Register
from models.report_forms import shipped
from models.round import Round, RoundIndicator
from models.tables import METADATA
from models.timetable import timetable
from models.unit import Unit
from tasks.registering import register_directive
from tasks.units import import_register
from tests.conftest import Databases
from tests.tasks.office import at
from tests.texts import EXAMPLE_FILES, checked, load, register_of

pytestmark = pytest.mark.any_database

# an example on one worker, since making its database takes longer than looking at it
each_example = pytest.mark.parametrize(
    "path",
    [pytest.param(p, id=p.stem, marks=pytest.mark.xdist_group(p.stem)) for p in EXAMPLE_FILES],
)

NORMS = {
    "kl-ky-luat-ky-cuong": 31, "53-kh-ubnd": 0, "2664-kl-tu": 0, "577-kh-ubnd": 0,
    "1248-cv-tu": 0,
}  # fmt: skip


@dataclass
class Registered:
    """An example in a database, beside its file as plain data."""

    session: Session
    raw: dict[str, Any]
    register: Register
    path: Path

    def rows(self, table: type[SQLModel]) -> list[Any]:
        return list(self.session.exec(select(table).order_by("id")))


def registered(databases: Databases, path: Path) -> Iterator[Registered]:
    def fill(found: Database) -> None:
        units, file = register_of(path), checked(path).directive
        moment = at(2026, 1, 5)
        with found.write() as session:
            for province, others in neighbours_of(units).items():
                import_register(session, province, others, moment.date())
            import_register(session, file.province, units, moment.date())
            register_directive(session, file, units, vietnam(), moment)

    name = "like_" + path.stem.replace("-", "_")
    template = databases.template(name, fill, like=databases.migrated())
    with databases.shared(template).read() as session:
        yield Registered(session, load(path), register_of(path), path)


@pytest.fixture
def example(databases: Databases, path: Path) -> Iterator[Registered]:
    yield from registered(databases, path)


def measures(raw: list[dict[str, Any]], parent: str | None = None) -> Iterator[Any]:
    """Measures as number, parent, text, with the norms of each."""
    for item in raw:
        yield item["num"], parent, item.get("quote", ""), item.get("norms", [])
        yield from measures(item.get("measures", []), item["num"])


@each_example
class TestTheText:
    def test_has_its_heading(self, example: Registered) -> None:
        (found,) = example.rows(Directive)
        raw = example.raw
        assert (found.code, found.kind, found.regime) == (raw["code"], raw["kind"], raw["regime"])
        assert (found.issuer, found.subject) == (raw["issuer"], raw["subject"])
        if raw.get("issued"):
            assert found.issued == raw["issued"]

    def test_keeps_the_citations_in_their_order(self, example: Registered) -> None:
        raw = example.raw.get("citations", [])
        cited = [(c.get("symbol"), c.get("issued"), c["relation"]) for c in raw]
        found = example.rows(Citation)
        assert [(c.symbol, c.issued, c.relation) for c in found] == cited
        assert [c.number for c in found] == list(range(1, len(cited) + 1))
        assert all(c.title for c in found)

    def test_keeps_every_target_and_invents_no_threshold(self, example: Registered) -> None:
        found = {t.number: (t.operator, t.value, t.unit, t.deadline) for t in example.rows(Target)}
        assert found == {
            t["num"]: (
                t.get("operator") if t.get("value") is not None else None,
                t.get("value") if t.get("operator") else None,
                t.get("unit"),
                t.get("deadline"),
            )
            for t in example.raw.get("targets", [])
        }

    def test_keeps_the_tree_of_measures(self, example: Registered) -> None:
        rows = example.rows(Measure)
        numbers = {row.id: row.number for row in rows}
        found = [(m.number, numbers.get(m.parent_id), m.text) for m in rows]
        assert found == [(n, p, text) for n, p, text, _ in measures(example.raw["measures"])]

    def test_keeps_norms_apart(self, example: Registered) -> None:
        found = [(n.number, n.rule, n.text) for n in example.rows(Norm)]
        assert found == [
            (norm["num"], norm["rule"], norm["quote"])
            for *_, norms in measures(example.raw["measures"])
            for norm in norms
        ]
        assert len(found) == NORMS[example.path.stem]
        texts = {text for _, _, text in found}
        assert not texts & {m.text for m in example.rows(Measure)}
        assert not texts & {a.text for a in example.rows(Assignment)}
        assert not texts & {r.asks for r in example.rows(Round)}

    def test_gives_each_assignment_to_every_unit_it_names(self, example: Registered) -> None:
        units = {u.id: u.code for u in example.rows(Unit)}
        numbers = {m.id: m.number for m in example.rows(Measure)}
        (owner,) = example.rows(Directive)
        given = {a["id"]: a for a in example.raw["assignments"]}
        expected = Counter(
            (item["id"], unit.code, number, item["role"], item.get("binding", True))
            for item in given.values()
            for unit in example.register.expand_all(bodies(item, given), owner.issued)
            for number in item.get("measures") or [None]
        )
        found = Counter(
            (a.code, units[a.unit_id], numbers.get(a.measure_id), a.role, a.binding)
            for a in example.rows(Assignment)
        )
        assert found == expected
        assert expected

    def test_keeps_phases_and_recipients(self, example: Registered) -> None:
        phases = example.raw.get("phases", [])
        assert [p.number for p in example.rows(Phase)] == [p["num"] for p in phases]
        for row, phase in zip(example.rows(Phase), phases, strict=True):
            assert (row.first_year, row.last_year) == (year(phase, "from"), year(phase, "to"))
            assert row.final_review == phase.get("final_review", {}).get("when_text")
        recipients = [(r["num"], r["recipient"]) for r in example.raw.get("recipients", [])]
        assert [(r.number, r.name) for r in example.rows(Recipient)] == recipients

    def test_keeps_questions_and_indicators(self, example: Registered) -> None:
        questions = [(q["id"], q["asks"], None) for q in example.raw["questions"]]
        found = [(q.code, q.asks, q.confirmed_by) for q in example.rows(Question)]
        assert found == questions
        targets = {t.id: t.number for t in example.rows(Target)}
        rows, parts = example.rows(Indicator), parts_of(example)
        own = [i for i in rows if i.code not in parts | of_forms(example)]
        assert {i.code for i in rows if i.part_of_id} >= parts
        assert [(i.code, i.kind, targets.get(i.target_id), i.required) for i in own] == [
            (i["code"], i["kind"], i.get("target"), i.get("required", True))
            for i in example.raw.get("indicators", [])
        ]

    def test_makes_the_rounds_of_its_timetable(self, example: Registered) -> None:
        planned = timetable(checked(example.path).directive, vietnam()).rounds
        found = {r.code: r for r in example.rows(Round)}
        assert {code: (r.opens, r.due, r.closes) for code, r in found.items()} == {
            p.code: (p.opens, p.due, p.closes) for p in planned
        }
        assert {code: r.reason for code, r in found.items()} == {
            p.code: [step.as_dict() for step in p.reason] for p in planned
        }
        assert all(r.opened_at is None and r.closed_at is None for r in found.values())

    def test_binds_nobody_by_a_question_nobody_confirmed(self, example: Registered) -> None:
        planned = timetable(checked(example.path).directive, vietnam()).rounds
        resting = {p.code for p in planned if p.questions}
        assert {r.code for r in example.rows(Round) if not r.binding} == resting

    def test_knows_who_oversees_each_round(self, example: Registered) -> None:
        (owner,) = example.rows(Directive)
        units = {u.id: u.code for u in example.rows(Unit)}
        named = {r["code"]: r.get("overseer") for r in example.raw["rounds"]}
        for found in example.rows(Round):
            name = named[found.series]
            codes = [u.code for u in example.register.expand(name, owner.issued)] if name else []
            assert [units[found.overseer_id]] == codes if codes else found.overseer_id is None

    def test_asks_only_figures_that_are_settled(self, example: Registered) -> None:
        rests = {i["code"] for i in example.raw.get("indicators", []) if i.get("question")}
        rests |= {
            part for part in parts_of(example) if any(part.startswith(f"{code}-") for code in rests)
        }
        codes = {i.id: i.code for i in example.rows(Indicator)}
        asked = example.session.exec(
            select(RoundIndicator, Round).join(Round, col(Round.id) == col(RoundIndicator.round_id))
        ).all()
        found = Counter(r.series for link, r in asked if codes[link.indicator_id] not in rests)
        assert len(asked) == sum(found.values())
        for item in example.raw["rounds"]:
            wanted = [code for code in item.get("indicators", []) if code not in rests]
            wanted += of_form(item)
            rounds = sum(r.series == item["code"] for r in example.rows(Round))
            assert found[item["code"]] == len(wanted) * rounds


def parts_of(example: Registered) -> set[str]:
    """The codes of the parts of the file's own figures."""
    items = example.raw.get("indicators", [])
    return {f"{item['code']}-{part['code']}" for item in items for part in item.get("parts", [])}


def of_form(item: dict[str, Any]) -> set[str]:
    """The codes of the figures of the shipped form that a round names, parts too."""
    form = shipped().get(item.get("form", ""))
    items = form.indicators if form else []
    parts = {f"{item.code}-{part.code}" for item in items for part in item.parts}
    return parts | {item.code for item in items}


def of_forms(example: Registered) -> set[str]:
    own = example.raw.get("report_forms", [])
    of_own = {i["code"] for form in own for i in form.get("indicators", [])}
    return of_own | {code for item in example.raw["rounds"] for code in of_form(item)}


def bodies(item: dict[str, Any], given: dict[str, dict[str, Any]]) -> list[str]:
    while "same_bodies_as" in item:
        item = given[item["same_bodies_as"]]
    return list(item["bodies"])


def year(phase: dict[str, Any], end: str) -> int | None:
    found = phase.get(end)
    return found if found is None or isinstance(found, int) else found.year


class TestNorms:
    def test_are_referred_to_by_no_table(self) -> None:
        referred = {
            key.column.table.name
            for table in METADATA.sorted_tables
            for column in table.columns
            for key in column.foreign_keys
        }
        assert "measure" in referred
        assert "norm" not in referred
