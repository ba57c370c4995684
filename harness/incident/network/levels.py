"""Levels: times in which frames take longer than they do otherwise, found in one series of trips.

The trips are looked at eight at a time, by their medians, which a few late ones do not move. What they are held against
is the level of the calmer fifth, so that a fault may last for most of the evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.incident.network.soundings import Trip

GROUP = 8
CALM = 0.2
LEAST_STEP = 1_500_000
NOISE = 8
"""A step is of at least so many nanoseconds, and so many times what medians differ by otherwise."""
EDGE = 0.03
"""What part of the trips is left out at either end of what they span."""
SHORTEST = 1_500_000_000
FEWEST = 3
"""And lasts for so long (nanoseconds), and for so many groups."""


@dataclass(frozen=True)
class Level:
    """From `began` to `ended` trips took `took` nanoseconds, `usual` before and after; the frames at the edges.

    All but a few of them lie between `least` and `most`. `ended` is None where it was so until the end.
    """

    began: int
    ended: int | None
    usual: int
    took: int
    least: int
    most: int
    first: int
    last: int


def levels(trips: Sequence[Trip]) -> list[Level]:
    """Return the times in which trips, in order of time, took longer than usual."""
    groups = [trips[at : at + GROUP] for at in range(0, len(trips) - GROUP + 1, GROUP)]
    if len(groups) < FEWEST:
        return []
    medians = [median(one.took for one in group) for group in groups]
    calm = sorted(medians)[: max(2, round(len(medians) * CALM))]
    usual = calm[len(calm) // 2]
    step = max(LEAST_STEP, NOISE * (calm[-1] - calm[0]))
    limit = usual + step
    return [
        level
        for first, last in _runs([one > limit for one in medians])
        for level in _level(trips, first, last, usual)
        if level.took > limit
    ]


def _runs(high: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each run of groups that are high; a single one that is not is passed over."""
    patched = [one or (0 < at < len(high) - 1 and high[at - 1] and high[at + 1]) for at, one in enumerate(high)]
    for is_high, run in groupby(range(len(patched)), key=patched.__getitem__):
        if is_high:
            places = list(run)
            if len(places) >= FEWEST:
                yield places[0], places[-1]


def _level(trips: Sequence[Trip], first: int, last: int, usual: float) -> Iterator[Level]:
    """Yield the level of a run of groups, its edges found trip by trip."""
    inner = [one.took for one in trips[first * GROUP : (last + 1) * GROUP]]
    middle = (usual + median(inner)) / 2
    begins = _split(trips, max(0, (first - 2) * GROUP), (first + 2) * GROUP, middle, rising=True)
    ends = _split(trips, (last - 1) * GROUP, min(len(trips), (last + 3) * GROUP), middle, rising=False)
    within = trips[begins:ends]
    if not within or within[-1].time - within[0].time < SHORTEST:
        return
    took = sorted(one.took for one in within)
    began = _between(trips, begins)
    ended = _between(trips, ends) if ends < len(trips) else None
    edge = round(len(took) * EDGE)
    span = (took[edge], took[-1 - edge])
    yield Level(began, ended, round(usual), round(median(took)), *span, within[0].packet, within[-1].packet)


def _split(trips: Sequence[Trip], since: int, until: int, middle: float, *, rising: bool) -> int:
    """Return the place that best parts the trips below a value from those above it."""
    since, until = max(since, 0), min(until, len(trips))
    fits = best = 0
    place = since
    for at in range(since, until):
        fits += 1 if (trips[at].took < middle) is rising else -1
        if fits > best:
            best, place = fits, at + 1
    return place


def _between(trips: Sequence[Trip], place: int) -> int:
    """Return the moment between a trip and the one before it."""
    after = trips[place].time
    return (trips[place - 1].time + after) // 2 if place else after
