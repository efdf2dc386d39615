"""What the tests of the rules share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from models import i18n
from models.directive_check import check_file
from models.errors import DirectiveFileError, Fault
from tests.models.builders import FaultsOf

settings.register_profile("rules", deadline=None, max_examples=60)
settings.load_profile("rules")


@pytest.fixture(autouse=True, scope="module")
def in_english() -> Iterator[None]:
    with i18n.speaking("en"):
        yield


@pytest.fixture
def faults_of(tmp_path: Path) -> FaultsOf:
    """Checks YAML text (and bytes) as a directive file that must be refused; gives its faults."""

    def check(content: str | bytes, **given: Any) -> tuple[Fault, ...]:
        path = _written(tmp_path, content)
        with pytest.raises(DirectiveFileError) as caught:
            check_file(path, **given)
        return caught.value.faults

    return check


@pytest.fixture
def anomalies_of(tmp_path: Path) -> FaultsOf:
    """Checks YAML text as a directive file that may be registered; gives its anomalies."""

    def check(content: str | bytes, **given: Any) -> tuple[Fault, ...]:
        return check_file(_written(tmp_path, content), **given).anomalies

    return check


def _written(folder: Path, content: str | bytes) -> Path:
    path = folder / "directive.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
