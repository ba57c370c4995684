"""What a host's own count of its packets tells: those of a connection that never came as far as a capture.

Linux, and others, number the packets of each connection one by one (the IPv4 identification, RFC 6864), mere
acknowledgements and what is sent again among them: a gap is what got lost on the way to the capture. A host that counts
all that it sends leaves gaps for what goes elsewhere; hosts are taken at their word only where two of their connections
are seen to be numbered apart.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.capture.protocols.tcp import RST, SYN
from harness.incident.network.soundings import BEFORE, Flow, Sounding, Stretch, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.incident.network.passages import Passage
    from harness.incident.network.soundings import Pair, Soundings
    from harness.incident.network.vantages import Point
    from harness.incident.packet import Packet

NUMBERS = 1 << 16
HALF = NUMBERS // 2
LONGEST = 256
"""A larger gap is another count: of a connection that was opened anew, or after a silence."""
PAUSE = 2_000_000_000
"""After so long a pause of a connection (nanoseconds), a gap does not say when it came about: a cut may be over."""
SMALL, LARGEST = 1220, 1460
"""So much payload always fits a frame (RFC 8200), and more than that does not, on Ethernet."""
SEQUENCES = 1 << 32
APART = 4
"""So many times one connection's numbers have to be far from the other's, and so many times as often as near."""


def listen(seen: Iterable[Passage], found: Soundings) -> None:
    """Add what got lost before it came to a capture; where hosts count so, that is known better than by holes."""
    counts: dict[tuple[Point, str], _Host] = {}
    for one in seen:
        packet = one.packet
        if not packet.number or packet.carries != "tcp" or packet.flags & (SYN | RST):
            continue
        key = one.at.point, packet.src
        host = counts.get(key)
        if host is None:
            host = counts[key] = _Host()
        host.take(one)
    told: dict[Pair, list[tuple[bool, Tally]]] = defaultdict(list)
    for (point, _), host in counts.items():
        if host.numbers_apart:
            found.gaps.update(((point, flow), times) for flow, times in host.gaps())
            for pair, at_end, tally in host.tallies():
                told[pair].append((at_end, tally))
    for pair, each in told.items():
        _add(pair, each, found)


def _add(pair: Pair, each: list[tuple[bool, Tally]], found: Soundings) -> None:
    """Add what one capture tells of a pair: the one at the receiver's cable, which is behind all of the way.

    Where the way itself was seen from both ends, it is the one at the sender's cable: what got lost before that.
    """
    wanted = pair not in found.exact
    best = max(each, key=lambda one: (one[0] is wanted, len(one[1].tried)))
    if best[0] is wanted or wanted:
        found.hidden[Stretch(pair, BEFORE)] = best[1]
        found.counted.add(pair)


class _Host:
    """What one address sends, as one capture saw it."""

    def __init__(self) -> None:
        self._flows: dict[Flow, _Count] = {}
        self._last: tuple[Flow, int] | None = None
        self._near = self._far = 0

    @property
    def numbers_apart(self) -> bool:
        """Whether it counts the packets of each connection by itself."""
        return self._far >= max(APART, APART * self._near)

    def take(self, one: Passage) -> None:
        """Take a packet."""
        packet = one.packet
        flow = (packet.src, packet.src_port, packet.dst, packet.dst_port)
        if self._last is not None and self._last[0] != flow:
            if 0 < (packet.number - self._last[1]) % NUMBERS < LONGEST:
                self._near += 1
            else:
                self._far += 1
        self._last = flow, packet.number
        count = self._flows.get(flow)
        if count is None:
            count = self._flows[flow] = _Count(one.way.pair, at_end=one.at.machine == one.way.listener)
        count.take(packet, Sounding(packet.time, one.place))

    def gaps(self) -> Iterator[tuple[Flow, list[int]]]:
        """Yield the connections of which packets are missing, with the times at which that showed."""
        for flow, count in self._flows.items():
            if count.missing:
                yield flow, sorted(one.time for one in count.missing.values())

    def tallies(self) -> Iterable[tuple[Pair, bool, Tally]]:
        """Return of each pair what was sent and lost, and whether that was seen at the receiver's cable."""
        found: dict[tuple[Pair, bool], Tally] = {}
        for count in self._flows.values():
            tally = found.setdefault((count.pair, count.at_end), Tally())
            tally.lost += count.missing.values()
            tally.tried += count.tried
        return [(pair, at_end, tally) for (pair, at_end), tally in found.items()]


class _Count:
    """One direction of a connection."""

    def __init__(self, pair: Pair, *, at_end: bool) -> None:
        self.pair = pair
        self.at_end = at_end
        self.tried: list[int] = []
        self.missing: dict[int, Sounding] = {}
        self._last: Packet | None = None
        self._top: int | None = None

    def take(self, packet: Packet, sounding: Sounding) -> None:
        """Take a packet: what is between its number and the last one's is missing, unless it comes late."""
        last = self._last
        step = (packet.number - last.number) % NUMBERS if last is not None else NUMBERS
        if HALF <= step < NUMBERS:
            self.missing.pop(packet.number, None)
        elif step:
            if last is not None and step <= LONGEST and packet.time - last.time <= PAUSE:
                lost = step - 1 if last.payload <= SMALL else self._lost_after(last.payload, packet, step)
                numbers = [(packet.number - each) % NUMBERS for each in range(1, lost + 1)]
                self.missing.update((number, sounding) for number in numbers if number)  # 0 is none: see `Packet`
                self.tried += [sounding.time] * (lost + 1)
            self._last = packet
            end = (packet.seq + packet.payload) % SEQUENCES
            if self._top is None or (end - self._top) % SEQUENCES < SEQUENCES // 2:
                self._top = end

    def _lost_after(self, payload: int, packet: Packet, step: int) -> int:
        """Return how many packets got lost between one with so much payload and the next.

        A card cuts up what is too large for a frame, and each piece has a number: only a hole in what is said tells.
        """
        beyond = (packet.seq - (self._top or 0)) % SEQUENCES
        pieces = -(-payload // LARGEST)
        return max(step - pieces, 1) if 0 < beyond < SEQUENCES // 2 else 0
