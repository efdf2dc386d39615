"""What is exported is what is explained, drawn and alarmed about."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as families
from ruamel.yaml import YAML

from models.database import Database
from models.settings import Settings
from models.words import Part, PartState, Watched
from tasks.health_pulses import RHYTHMS
from tasks.metrics import Measures
from tasks.pulses import beat
from tasks.running_parts import state_file
from tests.conftest import Databases
from tests.tasks.office import at

ROOT = Path(__file__).parents[2]
OPERATORS = (ROOT / "docs/operators.md").read_text("utf-8")
NOW = at(2024, 5, 22, 10)
NAME = re.compile(r"\bdondoc_\w+")
SUFFIXES = ("_bucket", "_sum", "_count")


@pytest.fixture
def databases(sqlites: Databases) -> Databases:
    """One kind is enough for names; the figures are asked of both by the pages' tests."""
    return sqlites


@pytest.fixture
def exported(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of all that is exported, where everything is there to be."""
    backups = tmp_path / "backups"
    backups.mkdir()
    (backups / "dondoc-20240522-020000.tar.gz").write_bytes(b"x")
    settings = Settings(data=tmp_path)
    monkeypatch.setattr("tasks.metrics.backup_folder", lambda _settings: backups)
    state = state_file(settings)
    state.parent.mkdir()
    part = {"name": "flows", "since": NOW.isoformat(), "restarts": 1,
            "state": PartState.RUNNING, "problem": ""}  # fmt: skip
    state.write_text(json.dumps({"at": NOW.isoformat(), "parts": [part]}), "utf-8")
    with db.write() as session:
        beat(session, Part.DELIVERY, NOW)
    measures = Measures(db, settings)
    measures.request("home", 200, 0.01)
    text = measures.exposition(NOW).decode()
    found = {sample.name for family in families(text) for sample in family.samples}
    return {_plain(name) for name in found if not name.endswith("_created")}


def _plain(name: str) -> str:
    """A histogram by the name under which it is explained."""
    return next((name.removesuffix(s) for s in SUFFIXES if name.endswith(s)), name)


def named(text: str) -> set[str]:
    return {_plain(name) for name in NAME.findall(text)}


def test_every_metric_is_explained_and_no_other(exported: set[str]) -> None:
    ours = {name for name in exported if name.startswith("dondoc_")}
    explained = set(re.findall(r"^\| `(dondoc_\w+)(?:\{\w+(?:, \w+)*\})?` \|", OPERATORS, re.M))
    assert explained == ours


def test_the_dashboard_draws_only_what_is_exported_and_all_of_it(exported: set[str]) -> None:
    dashboard = json.loads((ROOT / "deployments/grafana/dondoc.json").read_text("utf-8"))
    drawn = named(" ".join(t["expr"] for p in dashboard["panels"] for t in p.get("targets", [])))
    ours = {name for name in exported if name.startswith("dondoc_")}
    assert drawn == ours
    assert "process_resident_memory_bytes" in exported


def test_the_rules_ask_only_for_what_is_exported(exported: set[str]) -> None:
    rules: Any = YAML(typ="safe").load(ROOT / "deployments/prometheus/alerts.yml")
    alarms = [rule for group in rules["groups"] for rule in group["rules"]]
    asked = named(" ".join(rule["expr"] for rule in alarms))
    assert asked <= exported
    assert len({rule["alert"] for rule in alarms}) == len(alarms)
    assert all(rule["annotations"]["summary"] for rule in alarms)


@pytest.mark.parametrize("check", Watched, ids=str)
def test_every_check_is_explained(check: Watched) -> None:
    assert f"| `{check.value}` |" in OPERATORS


@pytest.mark.parametrize("part", Part, ids=str)
def test_every_part_has_a_rhythm_and_a_check(part: Part) -> None:
    assert RHYTHMS[part].late < RHYTHMS[part].dead
    assert Watched(part.value)
