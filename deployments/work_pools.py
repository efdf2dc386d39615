"""The work pool that workers ask: made as work_pools.yaml describes its type."""

from functools import reduce
from typing import Any, cast

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists
from prefect.workers.utilities import get_default_base_job_template_for_infrastructure_type
from ruamel.yaml import YAML

from deployments.engine import HERE
from models.errors import UnknownName
from models.i18n import gettext as _

POOL = "dondoc"


async def make_pool(kind: str) -> bool:
    """Makes the pool; False where it is there, which stays as it is."""
    pool = WorkPoolCreate(name=POOL, type=kind, base_job_template=await job_template(kind))
    async with get_client() as client:
        try:
            await client.create_work_pool(pool)
        except ObjectAlreadyExists:
            return False
    return True


async def job_template(kind: str) -> dict[str, Any]:
    """What a run of this type is started with: Prefect's own, with ours over it."""
    ours = kinds()
    if kind not in ours:
        message = _("“{name}” is no type of work pool; there are: {names}.")
        raise UnknownName(message.format(name=kind, names=", ".join(ours)))
    theirs = await get_default_base_job_template_for_infrastructure_type(kind)
    variables = ours[kind].get("variables", {})
    defaults = {name: {"default": value} for name, value in variables.items()}
    over = {
        "variables": {"properties": defaults},
        "job_configuration": ours[kind].get("job_configuration", {}),
    }
    return cast("dict[str, Any]", _laid_over(theirs, over))


def kinds() -> dict[str, dict[str, Any]]:
    """What differs from Prefect's own, by type."""
    return cast(
        "dict[str, dict[str, Any]]",
        YAML(typ="safe", pure=True).load((HERE / "work_pools.yaml").read_text("utf-8")),
    )


def _laid_over(below: Any, above: Any) -> Any:
    """What is above wins; mappings are joined name by name, lists place by place."""
    if isinstance(below, dict) and isinstance(above, dict):
        return reduce(
            lambda found, name: found | {name: _laid_over(found.get(name), above[name])},
            above,
            below,
        )
    if isinstance(below, list) and isinstance(above, list):
        joined = [_laid_over(*both) for both in zip(below, above, strict=False)]
        return joined + below[len(above) :] + above[len(below) :]
    return above
