"""The real directives: the examples of this repository, and their texts beside it."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from models.directive_check import Checked, check_file
from models.register import Register, read_register

EXAMPLES = Path(__file__).parents[1] / "examples"
TEXTS = Path(__file__).parents[2] / "shared" / "directives"

EXAMPLE_FILES = sorted(EXAMPLES.glob("*/*.yaml"))
each_example = pytest.mark.parametrize("path", EXAMPLE_FILES, ids=lambda path: path.stem)
needs_texts = pytest.mark.skipif(
    not TEXTS.is_dir(), reason=f"the texts of the directives are not here: {TEXTS}"
)


@cache
def register_of(path: Path) -> Register:
    """The register of units that stands beside an example."""
    return read_register(path.parent)


@cache
def checked(path: Path) -> Checked:
    """An example, checked with its register."""
    return check_file(path, register_of(path))


def text_of(path: Path) -> str:
    """The text an example was transcribed from."""
    source = checked(path).directive.source
    assert source is not None and source.file is not None
    return (TEXTS / source.file).read_text(encoding="utf-8")


@cache
def load(path: Path) -> Any:
    """A YAML file as plain data."""
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def reading_of(path: Path) -> dict[str, Any]:
    """What an independent reader found in the text of an example."""
    source = checked(path).directive.source
    assert source is not None
    entries = load(TEXTS / "reading.yaml")["directives"]
    return next(entry for entry in entries if entry["file"] == source.file)
