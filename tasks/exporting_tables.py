"""The tables of an export: columns under stable names, codes beside numbers, what is derived."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.manifest import kind_of
from models.reasons import in_vietnamese
from models.status import OWED, Facts, Thresholds, days_overdue, status
from models.tables import METADATA
from models.words import Ending, label_vi
from tasks.exporting_words import TABLES, words_of
from tasks.snapshots import streamed

# what a row of a table is called where another refers to it
CODES = {
    "unit": "code", "directive": "code", "round": "code", "obligation": "code",
    "indicator": "code", "account": "login", "unit_group": "phrase", "measure": "number",
    "target": "number", "message": "key",
}  # fmt: skip
Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of an export: its stable name, its name for people, kind and meaning."""

    name: str
    label: str
    kind: str
    meaning: str


@dataclass
class Source:
    """A table of the database and the rows it refers to, joined."""

    table: sa.Table
    joined: sa.FromClause = field(init=False)
    beside: dict[str, sa.FromClause] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.joined = self.table
        for column in self.table.c:
            for foreign in column.foreign_keys:
                self.beside[column.name] = self.join(column, foreign.column)

    def join(self, column: sa.ColumnElement[Any], other: sa.Column[Any]) -> sa.FromClause:
        """Joins the row that a column refers to."""
        alias = other.table.alias()
        self.joined = self.joined.outerjoin(alias, column == alias.c[other.name])
        return alias


@dataclass(frozen=True)
class Derived:
    """Columns that follow from a row, and what is read of rows beside it for that."""

    columns: Mapping[str, str]
    reads: Callable[[Source], Mapping[str, sa.ColumnElement[Any]]]
    of: Callable[[Row, datetime, Thresholds], Row]


def _of_obligation(source: Source) -> Mapping[str, sa.ColumnElement[Any]]:
    round_, unit = source.beside["round_id"], source.beside["unit_id"]
    return {"round_reason": round_.c.reason, "unit_name": unit.c.name}


def _obligation(row: Row, as_of: datetime, thresholds: Thresholds) -> Row:
    ending = Ending(row["ending"]) if row["ending"] else None
    facts = Facts(row["due"], row["answered_at"], row["ended_at"], ending)
    stands = status(facts, as_of, thresholds)
    late = days_overdue(row["due"], as_of) if stands in OWED else 0
    return {
        "unit_name": row["unit_name"], "status": stands.value, "status_label": label_vi(stands),
        "overdue_days": max(late, 0), "why": in_vietnamese([*row["round_reason"], *row["reason"]]),
    }  # fmt: skip


def _safe(part: object) -> str:
    """A part of a path that stays where it is."""
    return str(part).replace("/", "_").replace("\\", "_").strip(". ") or "_"


def _of_evidence(source: Source) -> Mapping[str, sa.ColumnElement[Any]]:
    return {"owner": source.beside["obligation_id"].c.code}


def _evidence(row: Row, _as_of: datetime, _thresholds: Thresholds) -> Row:
    folder = "/".join(_safe(part) for part in str(row["owner"]).split("/"))
    return {"file": f"evidence/{folder}/{row['sha256'][:8]}-{_safe(row['name'])}"}


def _of_paper(source: Source) -> Mapping[str, sa.ColumnElement[Any]]:
    summary = source.beside["summary_id"]
    round_ = source.join(summary.c.round_id, METADATA.tables["round"].c.id)
    directive = source.join(round_.c.directive_id, METADATA.tables["directive"].c.id)
    return {
        "in_directive": directive.c.code,
        "in_round": round_.c.code,
        "of_version": summary.c.version,
    }


def _paper(row: Row, _as_of: datetime, _thresholds: Thresholds) -> Row:
    folder = f"{_safe(row['in_directive'])}/{_safe(row['in_round'])}/v{row['of_version']}"
    return {"file": f"papers/{folder}/{_safe(row['name'])}"}


def _template(row: Row, _as_of: datetime, _thresholds: Thresholds) -> Row:
    return {"file": f"word-templates/{_safe(row['name'])}-{row['id']}.docx"}


DERIVED: Mapping[str, Derived] = {
    "obligation": Derived(
        {"unit_name": "text", "status": "text", "status_label": "text", "overdue_days": "integer",
         "why": "text"}, _of_obligation, _obligation,
    ),
    "evidence": Derived({"file": "text"}, _of_evidence, _evidence),
    "paper": Derived({"file": "text"}, _of_paper, _paper),
    "word_template": Derived({"file": "text"}, lambda _source: {}, _template),
}  # fmt: skip


def exported() -> list[sa.Table]:
    """The tables of an export, in the order of `TABLES`."""
    return [METADATA.tables[name] for name in TABLES]


def columns(table: sa.Table) -> list[Column]:
    """The columns that an export has of a table; those without words are not given out."""
    found = []
    for column in table.c:
        words = words_of(table.name, column.name)
        if words is None:
            continue
        label, meaning = words
        kind = kind_of(column).removeprefix("optional ")
        coded = _code_of(column)
        if coded is None:
            found.append(Column(column.name, label, kind, meaning))
            continue
        found.append(Column(column.name, f"{label} (số hiệu)", kind, f"{meaning}: its number"))
        if coded:
            what = f"{meaning}: its {coded}"
            found.append(Column(_named(column), f"{label} (mã)", "text", what))
    derived = DERIVED.get(table.name)
    for name, kind in derived.columns.items() if derived else ():
        label, meaning = words_of("", name) or ("", "")
        found.append(Column(name, label, kind, meaning))
    return found


def _code_of(column: sa.Column[Any]) -> str | None:
    """What the row that a column refers to is called by: empty where it has no such, None where
    the column refers to none.
    """
    for foreign in column.foreign_keys:
        return CODES.get(foreign.column.table.name, "")
    return None


def _named(column: sa.Column[Any]) -> str:
    return column.name.removesuffix("_id")


def rows(
    connection: sa.Connection, table: sa.Table, directive: int | None, as_of: datetime,
    thresholds: Thresholds,
) -> Iterator[Row]:  # fmt: skip
    """The rows of a table as an export has them, of one directive or of all."""
    names = [column.name for column in columns(table)]
    derived = DERIVED.get(table.name)
    for row in streamed(connection, _statement(table, directive)):
        found = dict(row)
        found |= derived.of(found, as_of, thresholds) if derived else {}
        yield {name: found[name] for name in names}


def _statement(table: sa.Table, directive: int | None) -> sa.Select[Any]:
    source = Source(table)
    selected: dict[str, sa.ColumnElement[Any]] = {}
    for column in table.c:
        if words_of(table.name, column.name) is None:
            continue
        plain = kind_of(column) == "text"
        selected[column.name] = sa.type_coerce(column, sa.String) if plain else column
        coded = _code_of(column)
        if coded:
            selected[_named(column)] = source.beside[column.name].c[coded]
    derived = DERIVED.get(table.name)
    selected |= derived.reads(source) if derived else {}
    labelled = [column.label(name) for name, column in selected.items()]
    statement = sa.select(*labelled).select_from(source.joined).order_by(*table.primary_key)
    return statement if directive is None else statement.where(_of(table, directive))


def _of(table: sa.Table, directive: int) -> sa.ColumnElement[bool]:
    """That a row belongs to a directive; rows of tables that belong to none are all taken."""
    if table.name == "directive":
        return table.c.id == directive
    if "directive_id" in table.c:
        return table.c.directive_id == directive
    for name in ("round_id", "obligation_id", "submission_id", "summary_id", "from_id"):
        if name in table.c:
            (foreign,) = table.c[name].foreign_keys
            parent = foreign.column.table
            return table.c[name].in_(sa.select(parent.c.id).where(_of(parent, directive)))
    return sa.true()
