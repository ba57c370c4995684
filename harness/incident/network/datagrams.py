"""Datagrams that nobody answers: what is said over UDP is not acknowledged, but those who talk so talk at a pace.

Corosync's links, gossip and heartbeats come from either side all the time. Where one side goes on and nothing comes
from the other for much longer than usual, what was said meanwhile is taken for unanswered; in which direction it was
lost, nobody can tell by that alone.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.incident.network.soundings import HIGHEST, Sounding, Way

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.incident.network.passages import Passage
    from harness.incident.network.soundings import Soundings

FEWEST = 20
"""So many datagrams have to come before their pace is known."""
SLOWEST = 0.95
LONGER = 3
SHORTEST = 500_000_000
"""A gap says something where it is so many times as long as nearly all are, and so long (nanoseconds)."""
TRIED = 3
"""And where the other side said so much meanwhile."""


def listen(seen: Iterable[Passage], found: Soundings) -> None:
    """Add the datagrams that were not answered, of pairs of which only one end was captured."""
    sent: defaultdict[Way, list[Sounding]] = defaultdict(list)
    for place, packet, way, at in seen:
        if packet.carries == "udp" and at.machine == way.speaker and way.pair not in found.exact:
            sent[way].append(Sounding(packet.time, place))
    for way, said in sent.items():
        for since, until in _gaps([one.time for one in found.through.get(way.back, ())], said[-1].time):
            tried = [one for one in said if since < one.time < until]
            refused = found.got_through([Way(way.listener, way.speaker, "icmp")], since, until)
            if len(tried) >= TRIED and not refused:
                found.lost[way] += tried
                found.unheard[way.back] += tried


def _gaps(times: Sequence[int], last: int) -> list[tuple[int, int]]:
    """Return the gaps in what comes that are longer than usual, each from when the next one should have come.

    A gap that lasts to the end of the evidence is one, too.
    """
    if len(times) < FEWEST:
        return []
    usual = sorted(later - one for one, later in pairwise(times))[int((len(times) - 1) * SLOWEST)]
    least = max(SHORTEST, LONGER * usual)
    ends = [*times, HIGHEST] if last - times[-1] > least else times
    return [(one + usual, later) for one, later in pairwise(ends) if later - one > least]
