"""Many runs in Prefect's database without Prefect: copies of one of its own, at other moments."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from models.timers import TAG, Timer

Row = dict[str, object]


def copy_runs(file: Path, key: str, timers: Sequence[Timer]) -> None:
    """Puts runs for timers beside the run under a key, as Prefect would have made them."""
    database = sqlite3.connect(file, timeout=60)
    database.row_factory = sqlite3.Row
    with database:
        run = _row(database, "SELECT * FROM flow_run WHERE idempotency_key = ?", key)
        state = _row(database, "SELECT * FROM flow_run_state WHERE id = ?", str(run["state_id"]))
        served = {
            name: {"deployment_id": id_, "flow_id": flow}
            for name, id_, flow in database.execute("SELECT name, id, flow_id FROM deployment")
        }
        pairs = [_copy(run, state, served[timer.flow], timer) for timer in timers]
        _insert(database, "flow_run", [pair[0] for pair in pairs])
        _insert(database, "flow_run_state", [pair[1] for pair in pairs])
    database.close()


def _row(database: sqlite3.Connection, statement: str, value: str) -> Row:
    return dict(database.execute(statement, (value,)).fetchone())


def _copy(run: Row, state: Row, of: Row, timer: Timer) -> tuple[Row, Row]:
    id_, state_id, moment = str(uuid4()), str(uuid4()), timer.at.astimezone(UTC)
    details = json.loads(str(state["state_details"])) | {
        "flow_run_id": id_, "scheduled_time": moment.isoformat(),
    }  # fmt: skip
    return (
        run | of | {
            "id": id_, "state_id": state_id, "name": timer.name, "idempotency_key": timer.key,
            "expected_start_time": _as_stored(moment),
            "next_scheduled_start_time": _as_stored(moment),
            "parameters": json.dumps({"directive": timer.directive, "round": timer.round}),
            "tags": json.dumps([TAG, timer.directive]),
        },
        state | {"id": state_id, "flow_run_id": id_, "state_details": json.dumps(details)},
    )  # fmt: skip


def _as_stored(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


def _insert(database: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    if rows:
        places = ", ".join(f":{name}" for name in rows[0])
        statement = f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({places})"
        database.executemany(statement, rows)
