"""Prefect's settings for years, as environment variables.

They are files, so that `dondoc up`, compose and Kubernetes read the same ones: `engine.env` for
every server and runner, `many.env` where there are several servers. Nothing here imports Prefect,
which reads its settings when it is imported.
"""

from functools import cache
from pathlib import Path

from dotenv import dotenv_values

HERE = Path(__file__).parent


@cache
def engine_settings(*, many: bool = False) -> dict[str, str]:
    """The settings by name; with `many`, for several servers at once."""
    files = ["engine.env", *(["many.env"] if many else [])]
    return {
        name: value
        for file in files
        for name, value in dotenv_values(HERE / file, interpolate=False).items()
        if value is not None
    }
