"""Put IP datagrams together that were sent in fragments (RFC 791, 8200), by the list of holes of RFC 815.

Fragments that overlap are never put together (RFC 5722): only an attack or a fault makes them, and which octets the
receiver took is not to be seen on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.capture.events import IpGap, Origin
from harness.capture.protocols.ip import unfragmented

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.capture.frames import Frame
    from harness.capture.protocols.ip import IpPacket

TIMEOUT = 30 * 10**9
"""How long a datagram waits for its fragments, in nanoseconds: as Linux does (net.ipv4.ipfrag_time)."""

MOST_DATAGRAMS = 256
"""Datagrams that wait at once; where there are more, the one that began first is given up."""

LONGEST = 65535
"""The longest payload, in octets."""

INFINITY = 1 << 30

Key = tuple[str, bytes, bytes, int, int]


@dataclass
class _Datagram:
    """A datagram of which some fragments are there. Holes are from their first octet to the one after the last."""

    since: int
    frame: Frame
    holes: list[tuple[int, int]] = field(default_factory=lambda: [(0, INFINITY)])
    parts: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    header: bytes = b""
    fault: str = ""
    """Why it can't be put together; it was told then, and what else comes of it is passed over."""

    def add(self, first: int, length: int, data: bytes, *, more: bool) -> None:
        """Take a fragment: `data` are the captured ones of its octets, `length`, from `first` on."""
        end = first + length
        if first in self.parts and self.parts[first][0] == length:
            return
        if not length or end > LONGEST or (more and length % 8):
            self.fault = f"a fragment of {length} bytes from byte {first} on"
            return
        hole = next(((start, stop) for start, stop in self.holes if start <= first and end <= stop), None)
        if hole is None:
            self.fault = f"fragments that overlap, or go on behind their end, at byte {first}"
            return
        self.holes.remove(hole)
        start, stop = hole
        if start < first:
            self.holes.append((start, first))
        if end < stop and more:
            self.holes.append((end, stop))
        elif not more and stop != INFINITY:
            self.fault = f"a last fragment that ends at byte {end}, before others"
        self.parts[first] = (length, data)

    @property
    def octets(self) -> int:
        return sum(length for length, _ in self.parts.values())

    @property
    def length(self) -> int | None:
        """The whole length, None before the last fragment came."""
        if any(stop == INFINITY for _, stop in self.holes):
            return None
        return max((first + length for first, (length, _) in self.parts.items()), default=None)

    def payload(self) -> bytes:
        """Return the octets from the start on, up to the first that a capture cut off."""
        found = bytearray()
        for first in sorted(self.parts):
            length, data = self.parts[first]
            found += data
            if len(data) < length:
                break
        return bytes(found)


class Fragments:
    """Collects fragments, and gives the frame that would have carried the whole datagram."""

    def __init__(self) -> None:
        self._waiting: dict[Key, _Datagram] = {}

    def add(self, frame: Frame, at: int, packet: IpPacket) -> tuple[Frame | None, list[IpGap]]:
        """Take a fragment, whose IP header starts at `at` of its frame, and say what became of it.

        Returns the whole datagram as a frame of its own once all is there, with the number and the time of the frame
        that completed it, and the datagrams that are given up.
        """
        gaps = list(self._expire(frame.time))
        key = (frame.link, packet.source, packet.destination, packet.protocol, packet.identification)
        datagram = self._waiting.get(key)
        if datagram is None:
            if len(self._waiting) >= MOST_DATAGRAMS:
                gaps += self._give_up(next(iter(self._waiting)), "too many datagrams waited at once")
            datagram = self._waiting[key] = _Datagram(frame.time, frame)
        if datagram.fault:
            return None, gaps
        data = frame.data[packet.start : packet.end]
        datagram.add(packet.offset, packet.end - packet.start, data, more=packet.more_fragments)
        datagram.frame = frame
        if not packet.offset:
            datagram.header = unfragmented(frame.data, at, packet)
        if datagram.fault:
            gaps.append(_gap(key, datagram, datagram.fault))
        elif not datagram.holes:
            del self._waiting[key]
            return _whole(frame, datagram), gaps
        return None, gaps

    def finish(self) -> Iterator[IpGap]:
        """Yield what is still incomplete when the capture ends."""
        for key in list(self._waiting):
            yield from self._give_up(key, "the capture ends before all fragments came")

    def _expire(self, now: int) -> Iterator[IpGap]:
        """Yield the datagrams that waited too long; they began in the order in which they are kept."""
        while self._waiting:
            key, datagram = next(iter(self._waiting.items()))
            if now - datagram.since <= TIMEOUT:
                return
            yield from self._give_up(key, f"not all fragments came within {TIMEOUT // 10**9} s")

    def _give_up(self, key: Key, reason: str) -> Iterator[IpGap]:
        datagram = self._waiting.pop(key)
        if not datagram.fault:
            yield _gap(key, datagram, reason)


def _gap(key: Key, datagram: _Datagram, reason: str) -> IpGap:
    *_, protocol, identification = key
    return IpGap(
        *Origin.of(datagram.frame),
        ip_protocol=protocol,
        identification=identification,
        fragments=len(datagram.parts),
        octets=datagram.octets,
        length=datagram.length,
        reason=reason,
    )


def _whole(frame: Frame, datagram: _Datagram) -> Frame:
    """Return the frame that would have carried a whole datagram, had the link let it."""
    data = datagram.header + datagram.payload()
    return frame.with_data(data, len(datagram.header) + datagram.octets)
