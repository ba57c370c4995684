"""What two captures say together: a frame that left here arrived there after so long, or never did.

That needs no inference. A frame is known again by its identity, which a network leaves alone; a sender's card that cuts
large segments up, and a receiver's that puts small ones together, do not, so that what has no counterpart is held
against the octets that arrived without one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from harness.incident.network.soundings import Sounding, Trip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.incident.network.passages import Passage
    from harness.incident.network.soundings import Soundings
    from harness.incident.network.vantages import Point, Vantage
    from harness.incident.packet import Packet
    from harness.incident.record import Record

LONGEST = 2_000_000_000
"""What takes longer from one point to the other is another frame that looks alike."""
SLACK = 50_000_000
"""So much may two clocks be apart beside what the record says of them."""
UNDECIDED = 300_000_000
"""What left less than this before a capture ended may have come after it."""
FEWEST = 10
KNOWN = 0.2
"""Two points are compared where at least so many frames, and this share of them, are known again."""
LARGEST = 1500
"""More payload than this is cut up on its way."""
SEQUENCES = 1 << 32

Pair = tuple[str, str]


def compare(record: Record, points: Mapping[Point, Vantage], seen: Iterable[Passage], found: Soundings) -> None:
    """Add what got lost between two points, and how long the rest took, of all pairs that two points lie between."""
    names = {machine.name for machine in record.topology.machines}
    own = {one.machine for one in points.values() if one.machine in names}
    left: defaultdict[Pair, list[Passage]] = defaultdict(list)
    arrived: defaultdict[Pair, list[Passage]] = defaultdict(list)
    for one in seen:
        speaker, listener = one.way.speaker, one.way.listener
        if speaker in own and listener in own:
            if one.at.machine == speaker:
                left[speaker, listener].append(one)
            elif one.at.machine == listener:
                arrived[speaker, listener].append(one)
    for pair in sorted(left.keys() & arrived.keys()):
        awake = [span for one in points.values() if one.machine == pair[1] for span in one.awake]
        spans = [(began, ended - UNDECIDED) for began, ended in awake]
        if _compare(left[pair], arrived[pair], spans, record.uncertainty + SLACK, found):
            found.exact[pair] = spans


def _compare(
    left: Sequence[Passage],
    arrived: Sequence[Passage],
    spans: Sequence[tuple[int, int]],
    slack: int,
    found: Soundings,
) -> bool:
    """Hold what left against what arrived, one by one; return whether they can be compared at all."""
    known: defaultdict[int, deque[Passage]] = defaultdict(deque)
    for one in arrived:
        known[one.packet.identity].append(one)
    trips: list[tuple[Passage, Passage]] = []
    alone: list[Passage] = []
    first: dict[int, Vantage] = {}
    for one in left:
        packet = one.packet
        if first.setdefault(packet.identity, one.at) is not one.at:
            continue  # another point on the same machine
        candidates = known.get(packet.identity)
        while candidates and candidates[0].packet.time < packet.time - slack:
            candidates.popleft()
        if candidates and candidates[0].packet.time <= packet.time + LONGEST:
            trips.append((one, candidates.popleft()))
        else:
            alone.append(one)
    if len(trips) < max(FEWEST, KNOWN * len(left)):
        return False
    for one, there in trips:
        took = there.packet.time - one.packet.time
        found.one_way[one.way].append(Trip(one.packet.time, one.place, took))
        found.sent[one.way].append(one.packet.time)
    rest = _Octets(one.packet for others in known.values() for one in others)
    for one in alone:
        packet = one.packet
        watched = any(began - slack <= packet.time <= ended for began, ended in spans)
        if watched and packet.payload <= LARGEST and not rest.cover(packet, slack):
            found.lost[one.way].append(Sounding(packet.time, one.place))
            found.sent[one.way].append(packet.time)
    return True


class _Octets:
    """The TCP octets that arrived in packets which nobody sent so: several were put together on their way."""

    def __init__(self, packets: Iterable[Packet]) -> None:
        self._flows: defaultdict[tuple[str, int, str, int], list[tuple[int, int, int]]] = defaultdict(list)
        for one in packets:
            if one.carries == "tcp" and one.payload:
                self._flows[one.src, one.src_port, one.dst, one.dst_port].append((one.time, one.seq, one.payload))
        for each in self._flows.values():
            each.sort()

    def cover(self, packet: Packet, slack: int) -> bool:
        """Return whether a packet's octets are among them, in time."""
        flow = self._flows.get((packet.src, packet.src_port, packet.dst, packet.dst_port))
        if not flow or not packet.payload:
            return False
        for time, start, length in flow[bisect_left(flow, (packet.time - slack,)) :]:
            if time > packet.time + LONGEST:
                return False
            if (packet.seq - start) % SEQUENCES < length:
                return True
        return False
