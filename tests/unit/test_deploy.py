"""The examples of docs/deploy name settings that exist, and only such."""

import re
from pathlib import Path

import pytest

from bot.wiring.settings import Settings, name_of

FOLDER = Path(__file__).parents[2] / "docs" / "deploy"
NAMES = {name_of(field) for field in Settings.model_fields}


@pytest.mark.parametrize("file", ["compose.yaml", "kubernetes.yaml", "../deploy.md"])
def test_every_setting_that_an_example_names_exists(file: str) -> None:
    named = set(re.findall(r"\b(?:WALLTIME|SLACK)_[A-Z_]*[A-Z]\b", (FOLDER / file).read_text()))
    assert named
    assert {name.removesuffix("_FILE") for name in named} <= NAMES
