"""The files of deployments: what they name is there, and they say the same.

Neither Docker nor a cluster is at hand where the tests run, so the files are read and not run:
every command is one of ours or Prefect's, every setting is known, every part that is named exists.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values
from prefect.cli._app import _app as prefect_cli
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule
from prefect.flows import load_flow_from_entrypoint
from prefect.settings import Settings as Prefect
from ruamel.yaml import YAML

from deployments import prefect_yaml
from deployments.engine import HERE, engine_settings
from deployments.serve import FLOWS, deployments
from deployments.work_pools import POOL, job_template, kinds
from dondoc.prefect_server import settings_for
from models.settings import Settings
from portal.access import ACCESS
from tests.dondoc.test_commands import COMMANDS

ROOT = HERE.parent
EXAMPLE = "office.env.example"


def read(name: str) -> list[Any]:
    """The documents of a YAML file."""
    found = YAML(typ="safe", pure=True).load_all((HERE / name).read_text("utf-8"))
    return [document for document in found if document]


class TestPrefectYaml:
    def test_is_as_written_from_what_is_served(self) -> None:
        assert prefect_yaml.FILE.read_text("utf-8") == prefect_yaml.content(), "make prefect-yaml"

    async def test_says_what_serve_says(self) -> None:
        [described] = read("prefect.yaml")
        served = {found.name: found for found in await deployments()}
        assert [d["name"] for d in described["deployments"]] == [flow.name for flow in FLOWS]
        for found in described["deployments"]:
            one = served[found["name"]]
            assert [_schedule(s) for s in found.get("schedules", [])] == [
                (s.schedule, s.parameters or {}, s.slug) for s in one.schedules or []
            ]
            assert found["tags"] == one.tags
            assert found["enforce_parameter_schema"] == one.enforce_parameter_schema
            limit = found.get("concurrency_limit", {}).get("limit")
            assert limit == one.concurrency_limit
            assert found["work_pool"] == {"name": POOL}

    @pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
    def test_names_flows_that_load(self, flow: Any) -> None:
        [described] = read("prefect.yaml")
        [entrypoint] = [d["entrypoint"] for d in described["deployments"] if d["name"] == flow.name]
        assert load_flow_from_entrypoint(entrypoint).fn is flow.fn


def _schedule(
    described: dict[str, Any],
) -> tuple[CronSchedule | IntervalSchedule, dict[str, Any], str | None]:
    rest = dict(described)
    parameters, slug = rest.pop("parameters", {}), rest.pop("slug", None)
    kind = CronSchedule if "cron" in rest else IntervalSchedule
    return kind.model_validate(rest), parameters, slug


class TestWorkPools:
    def test_have_three_types(self) -> None:
        assert set(kinds()) == {"process", "docker", "kubernetes"}

    @pytest.mark.parametrize("kind", ["process", "docker", "kubernetes"])
    async def test_set_only_what_prefect_knows_of_the_type(
        self, kind: str, theirs: dict[str, Any]
    ) -> None:
        ours = await job_template(kind)
        assert set(ours["variables"]["properties"]) == set(theirs[kind]["variables"]["properties"])
        for name, value in kinds()[kind].get("variables", {}).items():
            assert ours["variables"]["properties"][name]["default"] == value

    async def test_give_a_job_of_kubernetes_its_secrets_where_it_runs(
        self, theirs: dict[str, Any]
    ) -> None:
        template = await job_template("kubernetes")
        pod = template["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]
        [container] = pod["containers"]
        assert container["image"] == "{{ image }}"  # Prefect's own is still there
        assert {"secretRef": {"name": "dondoc"}} in container["envFrom"]


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Prefect's own templates, as its server ships them."""
    from prefect.server.api import collections

    views = Path(collections.__file__).parent / "collections_data/views"
    [file] = views.glob("aggregate-worker-metadata.json")
    shipped = YAML(typ="safe", pure=True).load(file.read_text("utf-8"))
    found = {
        worker["type"]: worker["default_base_job_configuration"]
        for collection in shipped.values()
        for worker in collection.values()
    }

    async def template(kind: str) -> dict[str, Any]:
        return dict(found[kind])

    monkeypatch.setattr(
        "deployments.work_pools.get_default_base_job_template_for_infrastructure_type", template
    )
    return found


class TestSettings:
    def test_of_one_machine_are_those_of_many(self, tmp_path: Path) -> None:
        one = settings_for(tmp_path, "http://127.0.0.1:4200/api")
        assert {name: one[name] for name in engine_settings()} == engine_settings()

    def test_are_read_by_compose_and_kubernetes_from_the_same_files(self) -> None:
        [compose] = read("compose.yaml")
        [kustomization] = read("kustomization.yaml")
        [engine, _office] = kustomization["configMapGenerator"]
        assert engine["envs"] == ["engine.env", "many.env"]
        for name, part in of_ours(compose).items():
            assert part["env_file"] == ["engine.env", "many.env", "office.env"], name

    @pytest.mark.parametrize("many", [False, True])
    def test_are_taken_by_prefect_as_they_are_meant(
        self, many: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in engine_settings(many=many).items():
            monkeypatch.setenv(name, value)
        found = Prefect()
        vacuum = found.server.services.db_vacuum
        assert vacuum.enabled_vacuum_types == {"events", "flow_runs", "orphans"}
        assert vacuum.retention_period == timedelta(days=90)
        assert found.server.events.retention_period == timedelta(days=7)
        assert (found.flows.heartbeat_frequency, found.client.max_retries) == (30, 6)
        assert found.server.services.late_runs.after_seconds == timedelta(minutes=1)
        assert found.server.api.csrf_protection_enabled
        assert ("redis" in found.server.events.messaging_broker) == many
        assert ("redis" in found.server.concurrency.lease_storage) == many
        assert "memory" not in found.server.concurrency.lease_storage
        assert found.server.database.migrate_on_start != many

    def test_are_known(self) -> None:
        names = set(engine_settings(many=True)) | set(dotenv_values(HERE / EXAMPLE))
        [compose] = read("compose.yaml")
        for part in of_ours(compose).values():
            names |= set(part.get("environment", {}))
        [kustomization] = read("kustomization.yaml")
        names |= {
            line.partition("=")[0] for line in kustomization["configMapGenerator"][1]["literals"]
        }
        names |= {e["name"] for c in containers() for e in c.get("env", [])}
        assert {name for name in names if not name.startswith("POSTGRES_")} <= known()

    def test_no_secret_is_in_the_files(self) -> None:
        secret = re.compile(r"PASSWORD|AUTH_STRING|_URL$|SECRET")
        public = engine_settings(many=True)
        assert not [name for name in public if secret.search(name)]
        for name, value in dotenv_values(HERE / EXAMPLE).items():
            if re.search(r"PASSWORD|AUTH_STRING", name):
                assert "CHANGE-ME" in (value or ""), name


def of_ours(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The services of compose that run our image."""
    return {name: part for name, part in compose["services"].items() if part["image"] == "dondoc"}


def workloads() -> Iterator[dict[str, Any]]:
    for file in ("kubernetes/prefect.yaml", "kubernetes/parts.yaml"):
        yield from (d for d in read(file) if d["kind"] in ("Deployment", "Job", "CronJob"))


def pod(workload: dict[str, Any]) -> dict[str, Any]:
    spec = workload["spec"]
    found: dict[str, Any] = spec.get("jobTemplate", {"spec": spec})["spec"]["template"]["spec"]
    return found


def containers() -> Iterator[dict[str, Any]]:
    return chain.from_iterable(pod(workload)["containers"] for workload in workloads())


@cache
def known() -> set[str]:
    """The environment variables of our settings and of Prefect's."""
    from prefect.settings.legacy import _get_settings_fields
    from prefect_redis.cleanup_queue import RedisWorkerCleanupQueueSettings
    from prefect_redis.client import RedisMessagingSettings

    ours = {f"DONDOC_{field.upper()}" for field in Settings.model_fields}
    redis = {
        f"{kind.model_config.get('env_prefix', '')}{field}".upper()
        for kind in (RedisMessagingSettings, RedisWorkerCleanupQueueSettings)
        for field in kind.model_fields
    }
    return ours | redis | set(_get_settings_fields(Prefect))


def commands() -> list[tuple[str, ...]]:
    """Every command that a container runs."""
    [compose] = read("compose.yaml")
    found = [*(part["command"] for part in of_ours(compose).values()),
             *(container["command"] for container in containers())]  # fmt: skip
    return sorted({tuple(command) for command in found})


class TestCommands:
    def test_of_ours_are_there(self) -> None:
        ours = {" ".join(command[1:]) for command in commands() if command[0] == "dondoc"}
        assert ours <= set(COMMANDS)

    def test_of_prefect_are_there(self) -> None:
        theirs = [command for command in commands() if command[0] == "prefect"]
        assert len(theirs) == 4
        for command in theirs:
            prefect_cli.parse_args(command[1:], exit_on_error=False, print_error=False)

    def test_are_the_same_in_compose_and_in_kubernetes(self) -> None:
        [compose] = read("compose.yaml")
        in_compose = {tuple(part["command"]) for part in of_ours(compose).values()}
        in_cluster = {tuple(container["command"]) for container in containers()}
        # under compose a worker's flow `backup` does it
        assert in_cluster - in_compose == {("dondoc", "backup")}
        assert in_compose <= in_cluster


class TestCompose:
    def test_names_only_what_it_has(self) -> None:
        [compose] = read("compose.yaml")
        services = compose["services"]
        for name, part in services.items():
            assert set(part.get("depends_on", {})) <= set(services), name
            assert set(part.get("networks", [])) <= set(compose["networks"]), name
            assert {c["source"] for c in part.get("configs", [])} <= set(compose["configs"]), name
            mounted = {volume.partition(":")[0] for volume in part.get("volumes", [])}
            own = {volume for volume in mounted if not volume.startswith(".")}
            assert own <= set(compose["volumes"]), name
            assert all((HERE / file).exists() for file in mounted - own), name
        hosts = {"postgres", "redis", "prefect"}
        assert hosts <= set(services)
        addresses = [
            *dotenv_values(HERE / EXAMPLE).values(),
            services["worker"]["environment"]["PREFECT_API_URL"],
        ]
        used = re.findall(r"(?:@|//)(postgres|redis|prefect)\b", " ".join(map(str, addresses)))
        assert set(used) == hosts

    def test_waits_for_what_says_that_it_is_well(self) -> None:
        [compose] = read("compose.yaml")
        for part in compose["services"].values():
            after = part.get("depends_on", {})
            for other, how in after.items() if isinstance(after, dict) else ():
                one = compose["services"][other]
                if how["condition"] == "service_healthy":
                    assert "healthcheck" in one, other
                if how["condition"] == "service_completed_successfully":
                    assert one["restart"] == "no", other

    def test_gives_a_part_no_more_than_it_needs(self) -> None:
        [compose] = read("compose.yaml")
        for name, part in of_ours(compose).items():
            assert part["read_only"] and part["cap_drop"] == ["ALL"], name
            assert "ports" not in part and "outside" not in part["networks"], name

    def test_health_is_asked_where_it_is_told(self) -> None:
        [compose] = read("compose.yaml")
        asked = " ".join(compose["services"]["pages"]["healthcheck"]["test"])
        assert "8080/health'" in asked and "health" in ACCESS


class TestKubernetes:
    def test_names_only_what_it_has(self) -> None:
        [kustomization] = read("kustomization.yaml")
        documents = [d for file in kustomization["resources"] for d in read(file)]
        there = {(d["kind"], d["metadata"]["name"]) for d in documents}
        there |= {("ConfigMap", m["name"]) for m in kustomization["configMapGenerator"]}
        for workload in workloads():
            found = pod(workload)
            assert ("ServiceAccount", found["serviceAccountName"]) in there
            for volume in found["volumes"]:
                claim = volume.get("persistentVolumeClaim", {}).get("claimName")
                assert claim is None or ("PersistentVolumeClaim", claim) in there
            mounted = {m["name"] for c in found["containers"] for m in c["volumeMounts"]}
            assert mounted == {volume["name"] for volume in found["volumes"]}
            for source in chain.from_iterable(c["envFrom"] for c in found["containers"]):
                if "configMapRef" in source:
                    assert ("ConfigMap", source["configMapRef"]["name"]) in there
                else:
                    assert source == {"secretRef": {"name": "dondoc"}}  # the operator makes it
        labelled = {pod_labels(workload)["app"] for workload in workloads()}
        for document in documents:
            if document["kind"] in ("Service", "PodDisruptionBudget"):
                selector = document["spec"]["selector"]
                assert selector.get("matchLabels", selector)["app"] in labelled
        [ingress] = [d for d in documents if d["kind"] == "Ingress"]
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                assert ("Service", path["backend"]["service"]["name"]) in there

    def test_what_may_run_twice_does(self) -> None:
        replicas = {w["metadata"]["name"]: w["spec"].get("replicas") for w in workloads()}
        assert {name for name, n in replicas.items() if n and n > 1} == {
            "prefect", "pages", "sender", "worker",
        }  # fmt: skip

    def test_runs_as_nobody_in_particular(self) -> None:
        for workload in workloads():
            assert pod(workload)["securityContext"]["runAsNonRoot"]
        for container in containers():
            rights = container["securityContext"]
            assert rights["readOnlyRootFilesystem"] and not rights["allowPrivilegeEscalation"]

    def test_probes_lead_to_pages_that_are_there(self) -> None:
        paths = {
            container[probe]["httpGet"]["path"]
            for container in containers()
            for probe in ("startupProbe", "readinessProbe", "livenessProbe")
            if probe in container
        }
        assert paths == {"/health", "/readyz", "/api/health", "/api/ready"}
        assert {"health", "readyz"} <= set(ACCESS)


def pod_labels(workload: dict[str, Any]) -> dict[str, str]:
    spec = workload["spec"]
    template = spec.get("jobTemplate", {"spec": spec})["spec"]["template"]
    found: dict[str, str] = template["metadata"]["labels"]
    return found


class TestImage:
    FILE = HERE / "Dockerfile"

    def test_copies_what_is_there_and_the_whole_program(self) -> None:
        steps = self.FILE.read_text("utf-8").splitlines()
        copies = [step.split() for step in steps if step.startswith("COPY ") and "--" not in step]
        copied = [source for words in copies for source in words[1:-1]]
        sources = {name for name in copied if (ROOT / name).exists()}
        assert sources == set(copied)
        allowed = (HERE / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
        assert {f"!{name}" for name in copied} <= {line.rstrip("/") for line in allowed}
        project = (ROOT / "pyproject.toml").read_text("utf-8")
        packages = set(
            re.findall(r'"(\w+)', project.partition("packages = [")[2].partition("]")[0])
        )
        assert packages <= sources

    def test_has_the_libraries_that_the_operator_would_install(self) -> None:
        documented = (ROOT / "docs/operators.md").read_text("utf-8")
        libraries = set(re.findall(r"lib\w+[\w.-]+|fonts-[\w-]+", self.FILE.read_text("utf-8")))
        wanted = {
            name for name in libraries if name.startswith(("libpango", "libharfbuzz", "fonts"))
        }
        assert len(wanted) == 4 and all(name in documented for name in wanted)

    def test_is_not_run_by_root_and_keeps_secrets_out(self) -> None:
        assert "USER 10001:10001" in self.FILE.read_text("utf-8").splitlines()
        ignored = (HERE / "Dockerfile.dockerignore").read_text("utf-8")
        assert "deployments/*.env\n!deployments/engine.env\n!deployments/many.env\n" in ignored
        assert "deployments/office.env" in (ROOT / ".gitignore").read_text("utf-8")
