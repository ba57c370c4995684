from __future__ import annotations

from pathlib import Path

import pytest

from harness.incident.scenario.topology_file import text_of
from harness.topology.loader import load
from tests.incident.records import TOPOLOGIES


@pytest.mark.parametrize("name", ["t036", "three-sites", "photoncloud", "proxmox"])
def test_what_is_written_is_read_back(name: str, tmp_path: Path) -> None:
    topology = load(TOPOLOGIES / f"{name}.yaml")
    path = tmp_path / "it.yaml"
    path.write_text(text_of(topology))
    assert load(path) == topology
    assert "voter: true" not in path.read_text()  # a default
