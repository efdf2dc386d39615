"""Settings as environment variables, so that child processes have them too."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from models.settings import settings


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Settings as environment variables for the length of a `with` block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    settings.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        settings.cache_clear()
