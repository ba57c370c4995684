"""Which packets a capture saw, and when first: what tells a packet of one capture again in another. Bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.incident.clocks.alignment import Crossing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.incident.packet import Packet

MOST = 1 << 17
"""Packets that are kept of a capture; of more, those with certain identities, the same ones in each capture."""

COPY = 50_000_000
"""Nanoseconds within which two packets of one identity are one, on two links of a capture; beyond, nobody knows."""

CARRIED = frozenset({"tcp", "udp", "icmp"})


class Shared(NamedTuple):
    """A packet at two points: when it was at the first, and how much later at the other; ends; both frames' numbers."""

    time: int
    later: int
    src: str
    dst: str
    frame: int
    other_frame: int


class _Seen(NamedTuple):
    time: int
    src: str
    dst: str
    frame: int


class Sightings:
    """The packets of one capture by identity, with the first time of each."""

    def __init__(self) -> None:
        self._seen: dict[int, _Seen | None] = {}
        self._every = 1

    def see(self, packet: Packet) -> None:
        """Take a packet. Only what has an identity of its own counts: many ARP requests are alike."""
        identity = packet.identity
        if identity % self._every or packet.carries not in CARRIED:
            return
        if identity not in self._seen:
            self._seen[identity] = _Seen(packet.time, packet.src, packet.dst, packet.frame)
            if len(self._seen) > MOST:
                self._thin()
            return
        before = self._seen[identity]
        if before is not None and not 0 <= packet.time - before.time <= COPY:
            self._seen[identity] = None

    def _thin(self) -> None:
        self._every *= 2
        self._seen = {identity: seen for identity, seen in self._seen.items() if not identity % self._every}

    def crossings(self, other: Sightings) -> list[Crossing]:
        """Return the packets that another capture saw, too, in the order in which this one did."""
        return sorted(Crossing(one.time, one.later, one.src, one.dst) for one in self._shared(other))

    def shared(self, other: Sightings) -> list[Shared]:
        """Return the same in the order of this one's frames, whatever its clock said of them."""
        return sorted(self._shared(other), key=lambda one: one.frame)

    def _shared(self, other: Sightings) -> Iterator[Shared]:
        for identity, here in self._seen.items():
            there = other._seen.get(identity)
            if here is not None and there is not None:
                yield Shared(here.time, there.time - here.time, here.src, here.dst, here.frame, there.frame)
