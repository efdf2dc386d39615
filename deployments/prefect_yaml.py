"""Writes prefect.yaml from what serve.py serves: `python -m deployments.prefect_yaml`.

So the flows, their schedules and limits are said once. The pool is one by name, and what starts its
runs (a process, Docker, Kubernetes) is said when the pool is made, see work_pools.yaml.
"""

from io import StringIO
from typing import Any

from prefect import Flow
from prefect.schedules import Schedule
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from deployments.engine import HERE
from deployments.serve import CHECKED_BY_PREFECT, FLOWS, LIMITS, SCHEDULES, TAGS
from deployments.work_pools import POOL

FILE = HERE / "prefect.yaml"
HEAD = """\
# The flows as deployments for workers:
#   prefect --no-prompt deploy --all --prefect-file deployments/prefect.yaml
# Written from deployments/serve.py by `make prefect-yaml`; change it there.
"""


def content() -> str:
    """The file as it should be."""
    pool = CommentedMap(name=POOL)
    tags = CommentedSeq(TAGS)
    pool.yaml_set_anchor("pool")
    tags.yaml_set_anchor("tags")
    described = {
        "name": POOL,
        "pull": [],  # the program is installed where its flows run
        "deployments": [_deployment(flow, pool, tags) for flow in FLOWS],
    }
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    written = StringIO()
    yaml.dump(described, written)
    return HEAD + written.getvalue()


def _deployment(flow: Flow[..., Any], pool: CommentedMap, tags: CommentedSeq) -> dict[str, Any]:
    found = {
        "name": flow.name,
        "entrypoint": f"{flow.fn.__module__}.{flow.fn.__name__}",
        "tags": tags,
        "work_pool": pool,
        "enforce_parameter_schema": CHECKED_BY_PREFECT,
    }
    if flow.name in SCHEDULES:
        found["schedules"] = [_schedule(schedule) for schedule in SCHEDULES[flow.name]]
    if flow.name in LIMITS:
        found["concurrency_limit"] = LIMITS[flow.name].model_dump(mode="json")
    return found


def _schedule(schedule: Schedule) -> dict[str, Any]:
    found: dict[str, Any] = {"cron": schedule.cron, "timezone": schedule.timezone}
    if schedule.interval:
        anchor = schedule.anchor_date.isoformat() if schedule.anchor_date else None
        found = {"interval": int(schedule.interval.total_seconds()), "anchor_date": anchor}
    more = {"slug": schedule.slug, "parameters": dict(schedule.parameters)}
    return found | {name: value for name, value in more.items() if value}


if __name__ == "__main__":
    FILE.write_text(content(), "utf-8")
