"""What clocks can't be asked for; that the faults bite is tried on a guest: tests/machines/test_guest.py."""

from __future__ import annotations

from datetime import timedelta

import pytest

from harness.faults.clocks import ClockDrift, ClockJump
from tests.faults.rig import RealRig


@pytest.mark.parametrize("ppm", [0, 50, 150, 200_000, -100])
def test_a_pace_that_no_kernel_takes_is_refused(ppm: int) -> None:
    with pytest.raises(ValueError, match="expected 100 to 100000 in steps of 100"):
        ClockDrift(("node01",), ppm=ppm)


@pytest.mark.kernel
@pytest.mark.parametrize("fault", [ClockJump(("a",), timedelta(hours=1)), ClockDrift(("a",))])
def test_a_machine_without_a_clock_of_its_own_says_so(rig: RealRig, fault: ClockJump | ClockDrift) -> None:
    assert fault.problems(rig) == [f"node0{number} can't do that: it is no Clock" for number in (1, 2, 3)]
