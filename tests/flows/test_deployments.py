"""Every deployment can be loaded by its entrypoint, and every stage has its flow."""

from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.flows import load_flow_from_entrypoint

from deployments.serve import FLOWS, deployments, main
from dondoc.environment import environment
from flows.timers import belongs_to
from models.errors import MailTemplateError
from models.words import Stage


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
async def test_its_entrypoint_imports(flow: object) -> None:
    entrypoints = {d.name: d.entrypoint for d in await deployments()}
    entrypoint = entrypoints[flow.name]  # type: ignore[attr-defined]
    assert entrypoint is not None
    assert load_flow_from_entrypoint(entrypoint).name == flow.name  # type: ignore[attr-defined]


def test_every_flow_is_async() -> None:
    assert all(flow.isasync for flow in FLOWS)


async def test_none_is_served_while_a_mail_has_a_fault(tmp_path: Path) -> None:
    (tmp_path / "email").mkdir()
    (tmp_path / "email/_footer.txt").write_text("{{ nobody }}", "utf-8")
    with environment({"DONDOC_TEMPLATES": str(tmp_path)}), pytest.raises(MailTemplateError):
        await main()


def test_every_stage_has_a_flow_of_its_name() -> None:
    assert {stage.value for stage in Stage} <= {flow.name for flow in FLOWS}


@pytest.mark.xdist_group("prefect")
async def test_the_server_knows_them_all(prefect: str) -> None:
    async with get_client() as client:
        known = {d.name for d in await client.read_deployments()}
    assert known == {flow.name for flow in FLOWS}


@pytest.mark.xdist_group("prefect")
def test_the_server_is_known_by_its_folder(
    prefect: str, prefect_home: Path, tmp_path: Path
) -> None:
    """So that no command sets its timers in the engine of another data folder."""
    assert belongs_to(prefect, prefect_home)
    assert not belongs_to(prefect, tmp_path)
