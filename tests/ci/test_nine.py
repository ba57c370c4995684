from __future__ import annotations

from pathlib import Path

from harness.ladder import Rung
from harness.topology.loader import load
from measure import nine


def test_the_topology_has_nine_voters(tmp_path: Path) -> None:
    path = tmp_path / "nine.yaml"
    path.write_text(nine.topology())
    found = load(path)
    assert len(found.machines) == nine.MACHINES
    assert found.stack is not None
    assert len(found.stack.bootstrap) == nine.MACHINES


def test_the_rungs_are_the_ladder_s() -> None:
    assert {Rung(rung) for rung in nine.RUNGS} == {Rung.INSTALLER, Rung.CLUSTER}
