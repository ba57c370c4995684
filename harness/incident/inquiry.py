"""The whole way: from a folder to what its incident tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.faults.boot import BootServerDown, HttpStalled, ImageCorrupted, LeasesExhausted, TftpStalled
from harness.faults.clocks import ClockDrift, ClockJump
from harness.faults.disks import DiskSlow
from harness.faults.intermittent import Flap, Swizzle
from harness.faults.links import Impair
from harness.faults.power import PowerCut, Reset
from harness.faults.rogue_dhcp import RogueDhcp
from harness.faults.sites import WanDegraded
from harness.incident.diagnosis.diagnosis import diagnose
from harness.incident.diagnosis.telling import Told
from harness.incident.files.folder import open_incident
from harness.incident.reading import record_of
from harness.incident.replay.boot_dialogue import cut_out
from harness.incident.signatures import catalogue
from harness.incident.signatures.signature import Stage
from harness.incident.signatures.untold import untold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from harness.faults.schedule import Step
    from harness.incident.diagnosis.diagnosis import Diagnosis
    from harness.incident.files.folder import Incident
    from harness.incident.finding import Finding
    from harness.incident.record import Record
    from harness.incident.replay.boot_dialogue import Booted
    from harness.incident.signatures.signature import Sighting, Signature

BOOTING = (BootServerDown, RogueDhcp, LeasesExhausted, TftpStalled, HttpStalled, ImageCorrupted)
"""The faults of network boots."""

WORSE = (Impair, WanDegraded, Flap, Swizzle, ClockJump, ClockDrift, DiskSlow, PowerCut, Reset)
BY_CHANCE = ("leader changed", "term runs away", "held for dead")
"""What a worse link or disk, a wrong clock, or a machine that starts anew brings about by chance only: their own signs
come back each time.
"""

OF_SOFTWARE = ("two leaders", "two masters", "two quorate rings", "term runs away", "leader changed", "split brain")
"""What only the software itself does: where nobody knows what ran there, stand-ins show the network's own signs."""

ONSET = 10**9 // 2
"""Nanoseconds before the first fault from which on a signature counts."""


def inquire(folder: Path, tell: Callable[[str], None] = lambda _: None) -> Told:
    """Return what an incident's folder tells; `tell` is told how far it is.

    Raises `SpecError` where there is nothing that can be read.
    """
    tell(f"reading {folder}")
    incident = open_incident(folder)
    record = record_of(incident)
    given = record.topology is incident.topology
    tell(f"{len(record.packets)} frames and {len(record.logged)} lines of journals: what went wrong?")
    diagnosis = diagnose(record)
    if not diagnosis.findings:
        tell("no fault that the evidence decides: what did it look like?")
        alone, booted = _without_fault(record, diagnosis), _booted(incident, record, diagnosis.suspected)
        return Told(record, diagnosis, alone, incident.unread, booted, untold(record), given)
    tell(f"{len(diagnosis.findings)} faults: what did it look like?")
    seen = catalogue.shown_by(Stage(record, diagnosis.findings[0].began - ONSET))
    if all(isinstance(one.fault, WORSE) for one in diagnosis.findings):
        seen.sort(key=lambda one: one[0].name in BY_CHANCE)
    if record.topology.stack is None:
        seen.sort(key=lambda one: one[0].name.startswith((*OF_SOFTWARE, "says: ")))
    booted = _booted(incident, record, diagnosis.steps)
    return Told(record, diagnosis, seen, incident.unread, booted, untold(record), given)


def _booted(incident: Incident, record: Record, steps: Iterable[tuple[Step, Finding]]) -> Booted | None:
    """Return the machine that booted in vain, where what went wrong did so with network boots."""
    of_booting = any(isinstance(one.fault, BOOTING) for _, one in steps)
    return cut_out(incident, record.machine_of) if of_booting else None


def _without_fault(record: Record, diagnosis: Diagnosis) -> list[tuple[Signature, Sighting]]:
    """Return what was seen where no fault is sure enough for a schedule: what went wrong may have been none of ours."""
    if diagnosis.suspected:
        first = diagnosis.suspected[0][1].began
        return [one for one in catalogue.shown_by(Stage(record, first - ONSET)) if one[0].name in catalogue.BY_NAME]
    return catalogue.shown_alone(Stage(record, record.began))
