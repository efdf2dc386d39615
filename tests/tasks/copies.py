"""What tests of copies share: offices to copy, and everything that is in one, to compare."""

import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from models.audit_triggers import lifted
from models.database import Database
from models.settings import Settings
from models.tables import METADATA
from tasks import kept_files
from tests.tables import rows
from tests.tables.rows import table
from tests.tasks import a_full_round
from tests.tasks.office import at

NOW = at(2026, 3, 2, 10)
RAW = b"%PDF-1.7 quy\xe1\xba\xbft \xc4\x91\xe1\xbb\x8bnh"
DIGEST = sha256(RAW).hexdigest()
# what a database may change on the way: near misses of floats, instants and JSON, and odd texts
ODD: dict[str, dict[str, Any]] = {
    "indicator_value": {"indicator_id": 1, "submission_id": 1, "numerator": None,
                        "denominator": None, "number": 0.1 + 0.2, "text": "a\tb\r\n\u2028“=1+1”😀"},
    "panel_score": {"points": 1e300},
    "activity": {"at": at(2024, 3, 1, 23) + timedelta(microseconds=1), "before": None,
                 "after": {"lớn": 10**25, "rỗng": [None, {}, ""], "số": 1.0, "nhỏ": 5e-324}},
    "received": {"text": "x" * 100_000, "attachments": [{"name": "'; --", "size": 0}]},
}  # fmt: skip


def every_row(db: Database) -> None:
    """A row of every table, odd ones among them."""
    with db.engine.begin() as connection, lifted(connection):
        rows.fill(connection)
        for name in ("evidence", "paper", "word_template"):
            connection.execute(sa.update(table(name)).values(sha256=DIGEST, size=len(RAW)))
        for name, values in ODD.items():
            keys = {column.name for column in table(name).primary_key}
            changed = {k: v for k, v in values.items() if k not in keys}
            connection.execute(sa.update(table(name)).values(changed))
        # a row that refers to one after it
        connection.execute(
            sa.update(table("unit")).where(table("unit").c.id == 1).values(parent_id=2)
        )


def lived(db: Database) -> None:
    """Two years of an office."""
    a_full_round.live(db, a_full_round.the_file())


def settings_of(db: Database | None, data: Path, **values: Any) -> Settings:
    """Settings of a database and a folder; without a database, SQLite in the folder."""
    return Settings(data=data, database_url=db.url if db else "", **values)


def fill_folder(data: Path) -> None:
    """Files of every kind that lie in a data folder."""
    for folder in ("evidence", "papers", "word-templates"):
        kept_files.keep(data / folder, RAW)
    for name, text in {
        "keys": "k" * 43, "mail/a.eml": "thư", "sending/b.jsonl": '{"1": 1}\n1\n',
        "templates/email/_footer.txt": "x", "prefect/prefect.db": "no", "run/state.json": "no",
        "postgres/PG_VERSION": "18", "postgres/base/1": "no", ".keys.half": "no",
        "dondoc-20260101-010101.tar": "no",
    }.items():  # fmt: skip
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(text, "utf-8")


KEPT = {
    "keys", "mail/a.eml", "sending/b.jsonl", "templates/email/_footer.txt",
    *(f"{name}/{DIGEST[:2]}/{DIGEST}" for name in ("evidence", "papers", "word-templates")),
}  # fmt: skip


def files_of(data: Path) -> set[str]:
    """The files of a folder that a restore brings."""
    found = {str(path.relative_to(data)) for path in data.rglob("*") if path.is_file()}
    return {name for name in found if not name.startswith("dondoc.sqlite3")}


def everything(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as Python has it; JSON as text, where 1 is not 1.0."""
    found = {}
    with db.engine.connect() as connection:
        for one in METADATA.sorted_tables:
            rows = connection.execute(sa.select(one).order_by(*one.primary_key))
            found[one.name] = [tuple(map(_comparable, row)) for row in rows]
    return found


def _comparable(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict | list) else value
