"""What is wrong with the emulation of a directive file is told where it stands."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from models import i18n
from models.directive_check import check_file
from models.errors import DirectiveFileError
from tests.tasks.emulation import RULES, the_file
from tests.tasks.office import OFFICE, SO_A, SO_B, SO_C, a_register


def faults(folder: Path, indicators: list[str] | None = None, **rules: Any) -> dict[str, str]:
    """The faults of a file with these rules, by field."""
    data = the_file(**rules).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if indicators is not None:
        data["rounds"][0]["indicators"] = indicators
    path = folder / "kl-1.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(data, file)
    with i18n.speaking("en"):
        try:
            check_file(path, a_register(OFFICE, SO_A, SO_B, SO_C))
        except DirectiveFileError as error:
            return {fault.field: fault.message for fault in error.faults}
    return {}


def test_rules_that_fit_have_none(tmp_path: Path) -> None:
    assert faults(tmp_path) == {}


def test_a_round_without_criteria_has_nothing_to_rank_by(tmp_path: Path) -> None:
    found = faults(tmp_path, indicators=[], deducts=[])
    assert found == {"rounds[1].emulation": "the round asks for no indicator of kind `score`"}


def test_bodies_and_criteria_have_to_be_known(tmp_path: Path) -> None:
    blocks = [{"name": "Còn lại"}, {"name": "Sở", "units": ["Sở Lạ"]}]
    found = faults(tmp_path, panel="Hội đồng lạ", deducts=["la"], blocks=blocks)
    assert set(found) == {
        "rounds[1].emulation.panel",
        "rounds[1].emulation.deducts[1]",
        "rounds[1].emulation.blocks[1].name",
        "rounds[1].emulation.blocks[2].units[1]",
    }


def test_names_are_given_once() -> None:
    with pytest.raises(ValueError, match="emulation_name_twice"):
        the_file(blocks=[{"name": "A"}, {"name": "A"}])
    with pytest.raises(ValueError, match="emulation_is_reporting"):
        the_file().rounds[0].model_validate(
            {**the_file().rounds[0].model_dump(), "stage": "execution", "emulation": RULES}
        )
