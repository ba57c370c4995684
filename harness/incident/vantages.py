"""Where each capture point stands: on the cable of one machine, or between several."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.incident.record import Record

OWN = 0.98
"""A point is on a machine's own cable where this share of what it captured is from or to that machine."""
FEWEST = 20
GROUP = "odd"
"""A MAC address whose first octet is odd is that of a group (IEEE 802.3)."""

Point = tuple[str, str]
"""A capture's file, and the link in it."""


@dataclass(frozen=True)
class Vantage:
    """A capture point. `machine` is whose cable it is on, None where several machines' frames pass it.

    `began` and `ended` are when its first and its last frame came: what it should have seen later it can't deny.
    """

    point: Point
    machine: str | None
    began: int
    ended: int


def vantages(record: Record) -> Mapping[Point, Vantage]:
    """Return where each point stands: as the record says, else as the frames tell that passed it.

    A cable's own machine is an end of all that is sent to one receiver there. Where a capture has little, or is from a
    mirror port or a router, nobody is.
    """
    ends: defaultdict[Point, Counter[str]] = defaultdict(Counter)
    total: Counter[Point] = Counter()
    spans: dict[Point, tuple[int, int]] = {}
    machine_of = record.machine_of
    for packet in record.packets:
        point = packet.capture, packet.link
        spans[point] = (spans[point][0] if point in spans else packet.time, packet.time)
        source, target = machine_of.get(packet.src), machine_of.get(packet.dst)
        if target is None and is_group(packet.dst_mac):
            continue
        if source != target:
            total[point] += 1
            ends[point].update(one for one in (source, target) if one is not None)
    return {point: Vantage(point, _own(record, point, ends[point], total[point]), *spans[point]) for point in spans}


def is_group(mac: str) -> bool:
    """Return whether a MAC address stands for several stations: its first octet is odd (IEEE 802.3)."""
    return mac[1:2] in {"1", "3", "5", "7", "9", "b", "d", "f"}


def _own(record: Record, point: Point, ends: Counter[str], total: int) -> str | None:
    seen = record.sees.get(point)
    if seen is not None:
        return next(iter(seen)) if len(seen) == 1 else None
    for name, count in ends.most_common(1):
        rivals = [other for other, times in ends.items() if other != name and times >= OWN * total]
        if total >= FEWEST and count >= OWN * total and not rivals:
            return name
    return None
