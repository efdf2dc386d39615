"""The moment at which a run came to the first line of its flow, noted by the flow itself.

Imports nothing that an empty flow would have to pay for.
"""

import os
import time
from pathlib import Path

NOTED = "BENCHMARK_NOTED"  # the file, in the environment


def note() -> None:
    moment = time.time()
    from prefect.runtime import flow_run  # Prefect reads its settings once, as it is imported

    with Path(os.environ[NOTED]).open("a") as file:
        file.write(f"{flow_run.id} {moment}\n")


def noted(file: Path) -> dict[str, float]:
    """The moments noted so far, by the id of the run."""
    lines = file.read_text().splitlines() if file.exists() else []
    return {run: float(moment) for run, moment in map(str.split, lines)}
