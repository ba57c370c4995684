"""What is no fault of its own, since another one that was found on the same machine explains it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.faults.clocks import ClockDrift, ClockJump
from harness.faults.disks import DiskReadOnly, DiskSlow, DiskStall
from harness.faults.machines import OfMachines
from harness.faults.power import Pause, PowerCut, Reset
from harness.faults.processes import Kill, PauseProcess, Restart, Stop
from harness.faults.sites import SiteLoss
from harness.incident.finding import Finding
from harness.incident.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.faults.fault import Fault

SOON = 3 * NANO
SET_RIGHT = 30 * NANO
"""Within that time after a drift has ended, its clock may be set right."""
GONE = (PowerCut, Reset, SiteLoss)
OF_SERVICES = (Kill, Stop, Restart, PauseProcess, Pause)


def causes(told: Sequence[Finding | Observation]) -> Iterator[Finding | Observation]:
    """Yield what is told but what something else there explains, which becomes an observation."""
    findings = [one for one in told if isinstance(one, Finding)]
    for one in told:
        why = _why(one, findings) if isinstance(one, Finding) else ""
        if why and isinstance(one, Finding):
            what = f"{one.fault.word}: {why}"
            yield Observation(
                what, ", ".join(sorted(whose(one.fault))), one.began, one.ended or one.began, one.evidence
            )
        else:
            yield one


def whose(fault: Fault) -> set[str]:
    """Return the machines that a fault names; of a site's loss, the site."""
    if isinstance(fault, OfMachines):
        return set(fault.machines)
    return set(fault.sites) if isinstance(fault, SiteLoss) else set()


def _why(one: Finding, others: Iterable[Finding]) -> str:
    for other in others:
        if other is one or not whose(one.fault) & whose(other.fault):
            continue
        if isinstance(one.fault, ClockJump) and isinstance(other.fault, ClockDrift) and _takes_back(one, other):
            return "it takes back what the clock had gained"
        if isinstance(one.fault, GONE) and isinstance(other.fault, DiskReadOnly) and _ends(one, other):
            return "it makes the disk writable again"
        if isinstance(one.fault, OF_SERVICES) and isinstance(other.fault, GONE) and _overlaps(one, other):
            return "the machine itself was gone"
        if (
            isinstance(one.fault, PauseProcess)
            and isinstance(other.fault, Stop | Kill | Restart)
            and _overlaps(one, other)
        ):
            return "the service had ended"
        if (
            isinstance(one.fault, PauseProcess)
            and isinstance(other.fault, DiskSlow | DiskStall)
            and _during(one, other)
        ):
            return "it waited for the disk"
    return ""


def _takes_back(jump: Finding, drift: Finding) -> bool:
    assert isinstance(jump.fault, ClockJump)  # noqa: S101 - for the type checker
    assert isinstance(drift.fault, ClockDrift)  # noqa: S101 - for the type checker
    return (
        jump.fault.way != drift.fault.way
        and drift.ended is not None
        and drift.began < jump.began < drift.ended + SET_RIGHT
    )


def _ends(loss: Finding, disk: Finding) -> bool:
    return disk.ended is not None and abs(loss.began - disk.ended) <= SOON


def _during(one: Finding, other: Finding) -> bool:
    """Whether most of the time of the one was that of the other."""
    began, ended = max(one.began, other.began), min(one.ended or one.began, other.ended or other.began)
    return 2 * (ended - began) > (one.ended or one.began) - one.began


def _overlaps(one: Finding, loss: Finding) -> bool:
    ended = loss.began if loss.ended is None else loss.ended
    return loss.began - SOON // 3 <= one.began <= ended or (one.began <= loss.began <= (one.ended or one.began))
