"""The whole way: from a folder to what its incident tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.faults.boot import (
    BootServerDown,
    HttpStalled,
    ImageCorrupted,
    LeasesExhausted,
    RogueDhcp,
    TftpStalled,
)
from harness.faults.clocks import ClockDrift, ClockJump
from harness.faults.disks import DiskSlow
from harness.faults.intermittent import Flap, Swizzle
from harness.faults.links import Impair
from harness.faults.power import PowerCut, Reset
from harness.faults.sites import WanDegraded
from harness.incident.diagnosis.diagnosis import diagnose
from harness.incident.diagnosis.telling import Told
from harness.incident.files.folder import open_incident
from harness.incident.reading import record_of
from harness.incident.replay.boot_dialogue import cut_out
from harness.incident.signatures import catalogue
from harness.incident.signatures.signature import Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BOOTING = (BootServerDown, RogueDhcp, LeasesExhausted, TftpStalled, HttpStalled, ImageCorrupted)
"""The faults of network boots."""

WORSE = (Impair, WanDegraded, Flap, Swizzle, ClockJump, ClockDrift, DiskSlow, PowerCut, Reset)
BY_CHANCE = ("leader changed", "term runs away")
"""What a worse link or disk, a wrong clock, or a machine that starts anew brings about by chance only: their own signs
come back each time.
"""

ONSET = 10**9 // 2
"""Nanoseconds before the first fault from which on a signature counts."""


def inquire(folder: Path, tell: Callable[[str], None] = lambda _: None) -> Told:
    """Return what an incident's folder tells; `tell` is told how far it is.

    Raises `SpecError` where there is nothing that can be read.
    """
    tell(f"reading {folder}")
    incident = open_incident(folder)
    record, given = record_of(incident), incident.topology is not None
    tell(f"{len(record.packets)} frames and {len(record.logged)} lines of journals: what went wrong?")
    diagnosis = diagnose(record)
    if not diagnosis.findings:
        return Told(record, diagnosis, (), incident.unread, given=given)
    tell(f"{len(diagnosis.findings)} faults: what did it look like?")
    seen = catalogue.shown_by(Stage(record, diagnosis.findings[0].began - ONSET))
    if all(isinstance(one.fault, WORSE) for one in diagnosis.findings):
        seen.sort(key=lambda one: one[0].name in BY_CHANCE)
    of_booting = any(isinstance(one.fault, BOOTING) for one in diagnosis.findings)
    booted = cut_out(incident, record.machine_of) if of_booting else None
    return Told(record, diagnosis, seen, incident.unread, booted, given)
