"""How machines' wall clocks stand to captures, by the moments that journals and captures both tell. Pure."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from harness.incident.clocks.marks import CALLED
from harness.incident.clocks.streams import Streams
from harness.incident.clocks.traces import keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.incident.clocks.marks import Key
    from harness.incident.entry import Entry

WINDOW = 60_000_000
"""Nanoseconds within which what is told twice may differ: a line is written a little after, or before, its frame."""

BURST = 100_000_000
"""Lines of one host within so many nanoseconds tell one thing: they agree with anything together, or not at all."""

ENOUGH = 1.5
"""What has to speak for an offset: two moments, of which one has a frame that is the only one of its kind."""


class Match(NamedTuple):
    """A capture's clock would be `ahead` of a host's by so much if a line were about a moment of the capture.

    `weight` is one part of as many as there are moments that the line could be about.
    """

    ahead: int
    host: str
    burst: int
    weight: float
    time: int
    """The line's."""


class Vote(NamedTuple):
    """A capture's clock is `ahead` of machines' by so many nanoseconds, as moments with this `weight` agree."""

    ahead: int
    weight: float
    hosts: frozenset[str]


def matches(
    logged: Iterable[tuple[int, Entry]], marks: Mapping[Key, Sequence[int]], *, calls: bool = False
) -> list[Match]:
    """Return all that the lines of hosts may be about, by how far ahead that would make the clock of `marks`.

    `calls` has calls among it of whom a line just names: that is said of many a moment at which nobody is called.
    """
    lines = sorted(logged, key=lambda pair: pair[0])
    streams = Streams(entry for _, entry in lines)
    found = []
    bursts: dict[str, tuple[int, int]] = {}
    for time, entry in lines:
        for key in streams.known(entry.host, keys(entry.message)):
            moments = marks.get(key, ()) if calls or key[0] != CALLED else ()
            if moments:
                last, burst = bursts.get(entry.host, (time, 0))
                burst += time - last > BURST
                bursts[entry.host] = time, burst
            found += [Match(at - time, entry.host, burst, 1 / len(moments), time) for at in moments]
    return sorted(found)


def agreed(found: Sequence[Match]) -> Vote | None:
    """Return what most of the matches agree on, None where too little speaks for it."""
    heaviest, best, start = 0.0, (0, 0), 0
    for end, match in enumerate(found):
        while match.ahead - found[start].ahead > WINDOW:
            start += 1
        if (speaks := weight(found[start : end + 1])) > heaviest:
            heaviest, best = speaks, (start, end + 1)
    if heaviest < ENOUGH:
        return None
    within = found[slice(*best)]
    ahead = _weighted_median(within)
    return Vote(ahead, heaviest, frozenset(one.host for one in within))


def weight(found: Sequence[Match]) -> float:
    """Return what speaks for an offset: of each burst of lines, what is said best."""
    best: dict[tuple[str, int], float] = defaultdict(float)
    for one in found:
        burst = (one.host, one.burst)
        best[burst] = max(best[burst], one.weight)
    return sum(best.values())


def _weighted_median(found: Sequence[Match]) -> int:
    half, passed = sum(one.weight for one in found) / 2, 0.0
    for one in found:
        passed += one.weight
        if passed >= half:
            return one.ahead
    return round(median(one.ahead for one in found))
