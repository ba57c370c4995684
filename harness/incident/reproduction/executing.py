"""Runs a schedule on a lab once, and looks on: from when on a signature counts, and whether every fault bit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from harness.errors import Inconclusive
from harness.incident.inquiry import ONSET
from harness.sandbox.waiting import wait_until
from harness.units import seconds

if TYPE_CHECKING:
    from harness.faults.scenario import Faults
    from harness.faults.schedule import Schedule

TAIL = 5 * seconds
"""How long is looked on after the last fault: much shows when those that were parted hear each other again."""


class Executed(NamedTuple):
    """When a run began and ended, and from when on a signature counts (nanoseconds since 1970); any doubt in words."""

    began: int
    ended: int
    since: int
    doubt: str = ""


def execute(faults: Faults, schedule: Schedule) -> Executed:
    """Run a schedule to its end, and look on for a while. Raises `LabError` where a fault can't be injected or healed.

    That a fault did not bite is a doubt.
    """
    began, doubt = time.time_ns(), ""
    run = faults.run(schedule)
    try:
        with run:
            pass
    except Inconclusive as error:
        doubt = str(error)
    over = time.monotonic() + TAIL.total_seconds()
    wait_until("the time to pass", lambda: time.monotonic() >= over, within=TAIL + 5 * seconds)
    since = min((one.injected_ns for one in run.executed), default=began) - ONSET
    return Executed(began, time.time_ns(), since, doubt)
