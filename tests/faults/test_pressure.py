from __future__ import annotations

import pytest

from harness.faults.pressure import CpuPressure, MemoryPressure
from harness.sandbox.waiting import wait_until
from harness.units import seconds
from tests.faults.rig import RealRig


@pytest.mark.parametrize("share", [0.0, 1.1])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="expected more than 0% and at most 100%"):
        MemoryPressure(("node01",), share=share)


def test_more_processes_than_are_bearable_are_refused() -> None:
    with pytest.raises(ValueError, match="processes is 17, expected at most 16"):
        CpuPressure(("node01",), processes=17)


@pytest.mark.kernel
def test_processors_are_busy_until_that_is_healed(rig: RealRig) -> None:
    node = rig.machines["node01"]
    injected = CpuPressure(("node01",), processes=2).inject(rig)
    assert len(node.processes()) == 2
    wait_until("it to bite", lambda: injected.proof().bit, within=10 * seconds)
    injected.heal()
    injected.heal()
    wait_until("the processes to be gone", lambda: node.processes() == [], within=5 * seconds)
    assert "2 processes used" in injected.proof().seen
    assert injected.proof().bit


@pytest.mark.kernel
def test_a_machine_without_a_memory_of_its_own_says_so(rig: RealRig) -> None:
    assert MemoryPressure(("node01",)).problems(rig) == ["node01 can't do that: it is no OwnMemory"]
