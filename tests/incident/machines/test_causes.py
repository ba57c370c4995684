from __future__ import annotations

from datetime import timedelta

import pytest

from harness.faults.clocks import ClockDrift, ClockJump
from harness.faults.disks import DiskReadOnly, DiskSlow
from harness.faults.fault import Fault
from harness.faults.power import Pause, PowerCut, Reset
from harness.faults.processes import Kill, PauseProcess, Stop
from harness.incident.evidence import Evidence
from harness.incident.finding import Finding
from harness.incident.machines.causes import causes, whose
from harness.incident.observation import Observation
from tests.incident.records import at

SEEN = (Evidence("journals/node01.json", "a line", line=1),)
A, B = ("node01",), ("node02",)


def finding(fault: Fault, began: float, ended: float | None) -> Finding:
    return Finding(fault, at(began), None if ended is None else at(ended), SEEN, 0.9)


@pytest.mark.parametrize(
    "cause,explained",
    [
        (finding(ClockDrift(A), 10, 30), finding(ClockJump(A, timedelta(seconds=1), "back"), 31, None)),
        (finding(DiskReadOnly(A), 10, 30), finding(Reset(A), 30, None)),
        (finding(PowerCut(A), 10, 30), finding(PauseProcess(A, "etcd"), 9.8, 30)),
        (finding(PowerCut(A), 10, 30), finding(Kill(A, "etcd"), 10, None)),
        (finding(Stop(A, "etcd"), 10, 30), finding(PauseProcess(A, "etcd"), 9.9, 30)),
        (finding(DiskSlow(A), 10, 13.4), finding(PauseProcess(A, "etcd"), 10.5, 13.8)),
    ],
)
def test_what_another_fault_explains_is_told_as_that(cause: Finding, explained: Finding) -> None:
    left, seen = causes([cause, explained])
    assert left == cause
    assert isinstance(seen, Observation)
    assert (seen.who, seen.began) == ("node01", explained.began)


@pytest.mark.parametrize(
    "one,other",
    [
        (finding(ClockDrift(A), 10, 30), finding(ClockJump(A, timedelta(seconds=1)), 31, None)),
        (finding(ClockDrift(A), 10, 30), finding(ClockJump(B, timedelta(seconds=1), "back"), 31, None)),
        (finding(DiskReadOnly(A), 10, 30), finding(Reset(A), 60, None)),
        (finding(PowerCut(A), 10, 30), finding(Pause(B), 10, 30)),
        (finding(PowerCut(A), 10, 30), finding(Kill(A, "etcd"), 50, None)),
    ],
)
def test_what_is_something_else_stays(one: Finding, other: Finding) -> None:
    assert list(causes([one, other])) == [one, other]


def test_faults_of_links_are_nobodys() -> None:
    assert whose(PowerCut(A)) == {"node01"}
