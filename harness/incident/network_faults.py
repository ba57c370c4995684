"""Faults of the network, by what was captured: who was not heard by whom, when, and the least that explains it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.incident import crossings, flows
from harness.incident.cables import Cables
from harness.incident.cuts import Cutting
from harness.incident.life import Life
from harness.incident.passages import passages
from harness.incident.silences import silences
from harness.incident.soundings import Soundings
from harness.incident.vantages import vantages

if TYPE_CHECKING:
    from harness.incident.finding import Finding
    from harness.incident.record import Record


def find(record: Record) -> list[Finding]:
    """Return the faults of the network that a record shows, in the order in which they set in."""
    points = vantages(record)
    seen = passages(record, points)
    found = Soundings()
    crossings.compare(record, points, seen, found)
    flows.listen(seen, found)
    found.put_in_order()
    life = Life(record, seen)
    own = {one.machine for one in points.values() if one.machine is not None}
    return Cutting(record, found, life, Cables(record, found, life), own).faults(silences(found))
