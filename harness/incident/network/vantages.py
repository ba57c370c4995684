"""Where each capture point stands: on the cable of one machine, or between several."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.incident.packet import Packet
    from harness.incident.record import Record

OWN = 0.98
"""A point is on a machine's own cable where this share of what it captured is from or to that machine."""
FEWEST = 20
GROUPS = frozenset("13579bdf")
FIRST_GROUP, LAST_GROUP = 224, 239
"""IPv4's multicast addresses start with these (RFC 5771)."""
PAUSE = 300_000_000
RARE = 20
"""A capture has slept where nothing came for so long (nanoseconds), and for so many times the usual gap."""

Point = tuple[str, str]
"""A capture's file, and the link in it."""


@dataclass(frozen=True)
class Vantage:
    """A capture point. `machine` is whose cable it is on, None where several machines' frames pass it.

    `awake` are the times in which frames came to it: what it should have seen at others it can't deny. A capture on a
    machine that stands still misses frames, and looks the same as one that has nothing to see.
    """

    point: Point
    machine: str | None
    awake: tuple[tuple[int, int], ...]

    @property
    def asleep(self) -> list[tuple[int, int]]:
        """The times between."""
        return [(one[1], other[0]) for one, other in pairwise(self.awake)]

    @property
    def ended(self) -> int:
        """When its last frame came."""
        return self.awake[-1][1]


def vantages(record: Record) -> Mapping[Point, Vantage]:
    """Return where each point stands: as the record says, else as the frames tell that passed it.

    A cable's own machine is an end of all that is sent to one receiver there. Where a capture has little, or is from a
    mirror port or a router, nobody is.
    """
    times: defaultdict[Point, array[int]] = defaultdict(lambda: array("q"))
    said: Counter[tuple[str, str, str, str, str]] = Counter()
    like: dict[tuple[str, str, str, str, str], Packet] = {}
    for packet in record.packets:
        times[packet.capture, packet.link].append(packet.time)
        key = packet.capture, packet.link, packet.src, packet.dst, packet.dst_mac
        said[key] += 1
        if key not in like:
            like[key] = packet
    ends: defaultdict[Point, Counter[str]] = defaultdict(Counter)
    total: Counter[Point] = Counter()
    for key, packet in like.items():
        source, target = record.machine_of.get(packet.src), record.machine_of.get(packet.dst)
        if source != target and not (target is None and is_for_all(packet)):
            total[key[:2]] += said[key]
            for one in (source, target):
                if one is not None:
                    ends[key[:2]][one] += said[key]
    return {
        point: Vantage(point, _own(record, point, ends[point], total[point]), _awake(each))
        for point, each in times.items()
    }


def is_for_all(packet: Packet) -> bool:
    """Return whether a packet is for several: by its MAC address, whose first octet is odd (IEEE 802.3), or its IP's.

    A capture of all interfaces at once (``-i any``) has no receiver's MAC address.
    """
    if packet.dst_mac[1:2] in GROUPS or packet.dst.startswith("ff") or packet.dst == "255.255.255.255":
        return True
    first, dot, _ = packet.dst.partition(".")
    return bool(dot) and first.isdecimal() and FIRST_GROUP <= int(first) <= LAST_GROUP


def _awake(times: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return the times without gaps that are much longer than is usual."""
    longest = max(PAUSE, RARE * (times[-1] - times[0]) // len(times))
    ends = [place for place in range(1, len(times)) if times[place] - times[place - 1] > longest]
    return tuple((times[first], times[last - 1]) for first, last in pairwise([0, *ends, len(times)]))


def _own(record: Record, point: Point, ends: Counter[str], total: int) -> str | None:
    seen = record.sees.get(point)
    if seen is not None:
        return next(iter(seen)) if len(seen) == 1 else None
    for name, count in ends.most_common(1):
        rivals = [other for other, times in ends.items() if other != name and times >= OWN * total]
        if total >= FEWEST and count >= OWN * total and not rivals:
            return name
    return None
