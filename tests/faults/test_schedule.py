from __future__ import annotations

from datetime import timedelta

import pytest

from harness.faults.partitions import Isolate
from harness.faults.power import Pause
from harness.faults.schedule import Schedule, Step
from harness.units import seconds

EARLY = Step(1 * seconds, Pause(("node01",)), 2 * seconds)
LATE = Step(2 * seconds, Isolate(("a",)))


def test_steps_are_in_the_order_of_time_whatever_they_came_in() -> None:
    schedule = Schedule((LATE, EARLY))
    assert list(schedule) == [EARLY, LATE]
    assert len(schedule) == 2


def test_its_length_is_when_the_last_thing_happens() -> None:
    assert Schedule((LATE, EARLY)).length == 3 * seconds
    assert Schedule((LATE,)).length == 2 * seconds
    assert Schedule(()).length == timedelta(0)


def test_a_step_without_an_end_lasts_to_the_end() -> None:
    assert EARLY.until == 3 * seconds
    assert LATE.until is None


def test_nothing_happens_before_the_start() -> None:
    with pytest.raises(ValueError, match="at -1 day, 23:59:59 is before the start"):
        Step(-1 * seconds, Pause(("node01",)))
