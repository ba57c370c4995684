"""A suite of its own for each test of the plugin, with a good topology and a broken one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    folder = pytester.mkdir("topologies")
    shutil.copy(TOPOLOGIES / "three-sites.yaml", folder)
    (folder / "broken.yaml").write_text("name: broken\nvlans: []\ncolour: red\n")
    return pytester
