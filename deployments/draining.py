"""Serves deployments until told to end, and then lets what runs come to its end."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Any

from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner


class Draining(Runner):
    """A runner that, told to end, begins nothing more and waits for the runs it began.

    Prefect's own cancels them: work half done, and marked as if somebody had not wanted it. Who
    cannot wait kills it; what was under way is then run again.
    """

    def handle_sigterm(self, *_: Any, **__: Any) -> None:
        asyncio.get_running_loop().call_soon_threadsafe(self._begin_no_more)

    def _begin_no_more(self) -> None:
        self._scheduled_run_poller.stopping = True
        # leaving the context of the runner waits for its task group of runs
        self._loops_task_group.cancel_scope.cancel()


async def serve(deployments: Sequence[RunnerDeployment], at_once: int) -> None:
    """Serves until SIGTERM or SIGINT; so many runs at the same time."""
    runner = Draining(pause_on_shutdown=False, limit=at_once)
    for deployment in deployments:
        await runner.aadd_deployment(deployment)
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, runner.handle_sigterm)
    await runner.start()
