"""What went wrong with network boots, by their dialogues and by what boot servers log. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.incident.boot import notes, outages, rogue_servers
from harness.incident.finding import Finding

if TYPE_CHECKING:
    from harness.incident.observation import Observation
    from harness.incident.record import Record

PARTS = (outages.find, rogue_servers.find, notes.find)


def find(record: Record) -> list[Finding]:
    """Return the faults of network boots that explain what was seen, by time."""
    return sorted((one for one in told(record) if isinstance(one, Finding)), key=lambda one: one.began)


def observe(record: Record) -> list[Observation]:
    """Return what is worth telling of network boots and is no fault of the catalogue, by time."""
    return sorted((one for one in told(record) if not isinstance(one, Finding)), key=lambda one: one.began)


def told(record: Record) -> list[Finding | Observation]:
    """Return both at once, which takes half the time of asking for each."""
    return [one for part in PARTS for one in part(record)]
