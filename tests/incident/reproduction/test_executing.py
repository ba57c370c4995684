from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.faults.scenario import Faults
from harness.faults.words import parse
from harness.incident.inquiry import ONSET
from harness.incident.reproduction import executing
from harness.units import milliseconds
from tests.faults.rig import RealRig, real_rig

pytestmark = pytest.mark.kernel


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealRig]:
    monkeypatch.setattr(executing, "TAIL", 100 * milliseconds)
    with real_rig(tmp_path, "node01", "node04", "node07") as built:
        yield built


def test_a_run_counts_from_a_little_before_its_first_fault(rig: RealRig) -> None:
    rig.machines["node04"].start(["sleep", "60"])
    before = time.time_ns()
    executed = executing.execute(Faults(rig), parse("at 300ms pause node04 for 200ms"))
    assert executed.doubt == ""
    assert before <= executed.began
    assert executed.since >= executed.began + 300 * 10**6 - ONSET
    assert executed.ended - executed.began >= 600 * 10**6


def test_a_fault_that_did_not_bite_is_a_doubt(rig: RealRig) -> None:
    executed = executing.execute(Faults(rig), parse("at 0s cut a--b for 100ms"))
    assert "cut a--b: it did not bite" in executed.doubt
