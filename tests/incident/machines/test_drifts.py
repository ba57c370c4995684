from __future__ import annotations

import pytest

from harness.faults.clocks import ClockDrift
from harness.incident.machines import faults as machine_faults
from tests.incident.machines.test_pulses import stamped
from tests.incident.records import SECOND, at, every, record

MOMENTS = every(0.1, 0, 100)


def drifting(pace: float, began: float = 40, ended: float = 60) -> list[float]:
    return [moment + pace * min(max(moment - began, 0), ended - began) for moment in MOMENTS]


@pytest.mark.parametrize(
    "pace,ppm,way", [(0.05, 50_000, "forward"), (-0.01, 10_000, "back"), (0.1, 100_000, "forward")]
)
def test_a_clock_that_goes_at_another_pace_for_a_while_drifts(pace: float, ppm: int, way: str) -> None:
    (found,) = machine_faults.find(record(packets=stamped(MOMENTS, drifting(pace))))
    assert found.fault == ClockDrift(("node02",), ppm, way)  # type: ignore[arg-type]
    assert found.ended is not None
    assert (found.began - at(40)) / SECOND == pytest.approx(0, abs=0.5)
    assert (found.ended - at(60)) / SECOND == pytest.approx(0, abs=0.5)


def test_a_clock_that_is_slewed_by_time_synchronization_does_not() -> None:
    assert machine_faults.find(record(packets=stamped(MOMENTS, drifting(0.0005, 0, 100)))) == []


def test_a_clock_that_stood_still_does_not() -> None:
    moments = [*every(0.1, 0, 20), *every(0.1, 26, 60)]
    packets = stamped(moments, [moment if moment < 20 else moment - 6 for moment in moments])
    assert not any(isinstance(one.fault, ClockDrift) for one in machine_faults.find(record(packets=packets)))
