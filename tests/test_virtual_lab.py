"""The parts of a lab that need no guest; the whole of it is tried by the scenarios and by tests/test_killed.py."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from harness.errors import LabError
from harness.topology.loader import load
from harness.trace.display import Silent
from harness.virtual_lab import VirtualLab
from harness.workbench import Workbench

T036 = Path(__file__).parent.parent / "scenarios" / "topologies" / "t036.yaml"


@pytest.mark.parametrize("missing", ["boot_server", "stack"])
def test_a_topology_that_can_t_be_bootstrapped_is_refused_before_anything_starts(tmp_path: Path, missing: str) -> None:
    topology = load(T036).model_copy(update={missing: None})
    with pytest.raises(LabError, match="t036 has no boot server or no stack"):
        VirtualLab(topology, cast("Workbench", None), tmp_path, Silent())
