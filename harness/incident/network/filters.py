"""What a machine's own packet filter dropped: it came to its card, where captures see it, and to nobody behind it.

A kernel answers every segment of TCP: it acknowledges what it takes, and says again how far it is where it can't take
more. Where segments of a service come, and none is answered though the machine goes on sending, they were dropped.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from harness.capture.protocols.tcp import ACK, FIN, RST, SYN
from harness.incident.network.soundings import Sounding
from harness.incident.network.talks import PROMPT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.incident.network.passages import Passage
    from harness.incident.network.soundings import Soundings, Way

FEWEST = 3
SHORTEST = 250_000_000
"""So many segments have to be dropped one after the other, and over so long (nanoseconds)."""
SEQUENCES = 1 << 32
HALF = 1 << 31

Flow = tuple[str, int, str, int]
Pair = tuple[str, str]
Span = tuple[int, int]


class _Arrival(NamedTuple):
    """A segment that came to a card, the way it came, and whether it was answered."""

    sounding: Sounding
    way: Way
    answered: bool


def mark(seen: Iterable[Passage], found: Soundings) -> None:
    """Take what was dropped behind the card that it came to for lost; `found` knows it for arrived as yet."""
    at_own = [one for one in seen if one.at.machine in one.way.pair]
    sent: defaultdict[str, list[int]] = defaultdict(list)
    for one in at_own:
        if one.at.machine == one.way.speaker:
            sent[one.way.speaker].append(one.packet.time)
    spans: defaultdict[Pair, dict[Way, list[Span]]] = defaultdict(dict)
    for way, arrivals in _by_way(_arrivals(at_own)).items():
        dropped = list(_dropped(arrivals, sent[way.listener]))
        if dropped:
            spans[way.pair][way] = [(run[0].time, run[-1].time) for run in dropped]
            found.lost[way] += [one for run in dropped for one in run]
    for pair, by_way in spans.items():
        _forget(pair, by_way, found)


def _arrivals(at_own: Sequence[Passage]) -> Iterator[_Arrival]:
    """Yield the segments that asked for an answer, as they came to the cards of their receivers."""
    answers: defaultdict[Flow, list[tuple[int, int, bool]]] = defaultdict(list)
    for one in at_own:
        packet = one.packet
        if packet.carries == "tcp" and one.at.machine == one.way.speaker and packet.flags & (ACK | RST):
            mere = not packet.payload and not packet.flags & (SYN | FIN)
            answers[packet.src, packet.src_port, packet.dst, packet.dst_port].append((packet.time, packet.ack, mere))
    for one in at_own:
        packet = one.packet
        length = packet.payload + bool(packet.flags & SYN) + bool(packet.flags & FIN)
        if packet.carries != "tcp" or one.at.machine != one.way.listener or not length or packet.flags & RST:
            continue
        back = answers[packet.dst, packet.dst_port, packet.src, packet.src_port]
        end = (packet.seq + length) % SEQUENCES
        answered = _is_answered(back, packet.time, end)
        yield _Arrival(Sounding(packet.time, one.place), one.way, answered)


def _is_answered(back: Sequence[tuple[int, int, bool]], time: int, end: int) -> bool:
    """Return whether what came at a time, and ended with an octet, was answered soon."""
    for place in range(bisect_left(back, (time,)), len(back)):
        later, ack, mere = back[place]
        if later > time + PROMPT:
            return False
        if mere or (ack - end) % SEQUENCES < HALF:
            return True
    return False


def _by_way(arrivals: Iterable[_Arrival]) -> dict[Way, list[_Arrival]]:
    """Return the arrivals of ways of which some were answered: where answers are never seen, that says nothing."""
    found: defaultdict[Way, list[_Arrival]] = defaultdict(list)
    for one in arrivals:
        found[one.way].append(one)
    return {way: sorted(each) for way, each in found.items() if FEWEST <= sum(one.answered for one in each) < len(each)}


def _dropped(arrivals: Sequence[_Arrival], sent: Sequence[int]) -> Iterator[list[Sounding]]:
    """Yield the runs of segments that nobody answered, while the machine that they came to was sending."""
    for answered, run in groupby(arrivals, key=lambda one: one.answered):
        alone = [one.sounding for one in run]
        long = len(alone) >= FEWEST and alone[-1].time - alone[0].time >= SHORTEST
        if not answered and long and all(_sends(sent, one.time) for one in alone[:-1]):
            yield alone


def _sends(sent: Sequence[int], time: int) -> bool:
    """Return whether a machine sends anything before the next attempt to reach it could be over."""
    return bisect_right(sent, time) < bisect_right(sent, time + 4 * PROMPT)


def _forget(pair: Pair, by_way: dict[Way, list[Span]], found: Soundings) -> None:
    """Take nothing for arrived that came of the same services meanwhile, and of all where no service was answered.

    A filter of IP leaves ARP alone, which so says nothing of the rest.
    """
    others = [way for way in found.through if way.pair == pair and way not in by_way and way.service.startswith("tcp")]
    for spans in by_way.values():
        for span in spans:
            alone = not found.got_through(others, *span)
            for way in found.through:
                if way.pair == pair and (way in by_way or (alone and not way.service.startswith("tcp"))):
                    found.through[way] = [one for one in found.through[way] if not span[0] <= one.time <= span[1]]
