"""What happened to machines, their services, disks and clocks, by their journals and their frames. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.incident.finding import Finding
from harness.incident.machines import (
    busy_answers,
    busy_journals,
    clock_changes,
    disks,
    drifts,
    memory,
    power_silences,
    refusals,
    restarts,
    service_ends,
    stalls,
    standstills,
    unheard,
)
from harness.incident.machines.causes import causes
from harness.incident.machines.scene import Scene

if TYPE_CHECKING:
    from harness.incident.observation import Observation
    from harness.incident.record import Record

PARTS = (
    restarts.find,
    power_silences.find,
    stalls.find,
    standstills.find,
    service_ends.find,
    refusals.find,
    clock_changes.find,
    drifts.find,
    disks.find,
    memory.find,
    busy_journals.find,
    busy_answers.find,
    unheard.find,
)


def find(record: Record) -> list[Finding]:
    """Return the faults of machines that explain what was seen, by time."""
    return sorted((one for one in told(record) if isinstance(one, Finding)), key=lambda one: one.began)


def observe(record: Record) -> list[Observation]:
    """Return what is worth telling of machines and is no fault of the catalogue, by time."""
    return sorted((one for one in told(record) if not isinstance(one, Finding)), key=lambda one: one.began)


def told(record: Record) -> list[Finding | Observation]:
    """Return both at once, which takes half the time of asking for each."""
    scene = Scene(record)
    return list(causes([one for part in PARTS for one in part(scene)]))
