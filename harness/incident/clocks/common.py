"""One clock for all captures of an incident, found from the packets that several of them saw."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from harness.incident.clocks.alignment import Alignment, align

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.incident.clocks.sightings import Sightings

FEWEST = 3
"""Packets that two captures must share before their clocks are aligned by them."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A capture's clock beside the reference: it is `ahead` nanoseconds at its own time `since`, and gains `drift`.

    `uncertainty` is what the error may be, in nanoseconds; `packets` those that it was aligned by, 0 for none.
    """

    since: int = 0
    ahead: int = 0
    drift: float = 0.0
    uncertainty: int = 0
    packets: int = 0

    def __call__(self, time: int) -> int:
        """Return the reference's time at a time of this clock."""
        return time - self.ahead - round((time - self.since) * self.drift)


@dataclass(frozen=True)
class Island:
    """Captures that are on one clock, that of `reference`; islands share no packets, so nothing joins their clocks."""

    reference: str
    clocks: Mapping[str, Clock]

    @property
    def uncertainty(self) -> int:
        """How far two of its captures may be apart, in nanoseconds."""
        return sum(sorted(one.uncertainty for one in self.clocks.values())[-2:])


def islands(captures: Mapping[str, Sightings]) -> list[Island]:
    """Return the captures by what joins their clocks, the greatest island first.

    Each island's reference is the capture whose clock most packets join to others'; of two alike, the first by name.
    """
    joined = _joined(captures)
    left = sorted(captures, key=lambda name: (-sum(one.crossings for one in joined[name].values()), name))
    found = []
    while left:
        clocks = _reached(left[0], joined)
        found.append(Island(left[0], clocks))
        left = [name for name in left if name not in clocks]
    return sorted(found, key=lambda island: -len(island.clocks))


def _joined(captures: Mapping[str, Sightings]) -> dict[str, dict[str, Alignment]]:
    """Return the alignment of each two captures that share packets, from the first to the second by name."""
    joined: dict[str, dict[str, Alignment]] = defaultdict(dict)
    for one, other in combinations(sorted(captures), 2):
        crossings = captures[one].crossings(captures[other])
        if len(crossings) >= FEWEST and (found := align(crossings)) is not None:
            joined[one][other] = found
            joined[other][one] = _turned(found)
    return joined


def _turned(found: Alignment) -> Alignment:
    """Return how the first clock stands to the second."""
    return found._replace(since=found.since + found.ahead, ahead=-found.ahead, drift=1 / (1 + found.drift) - 1)


def _reached(reference: str, joined: Mapping[str, Mapping[str, Alignment]]) -> dict[str, Clock]:
    """Return the clocks of all captures that are joined to one, each by the way that leaves the least uncertainty."""
    clocks = {reference: Clock()}
    while True:
        ways = [
            (clocks[near].uncertainty + found.uncertainty, far, near, found)
            for near in clocks
            for far, found in joined[near].items()
            if far not in clocks
        ]
        if not ways:
            return clocks
        uncertainty, far, near, found = min(ways, key=lambda way: (way[0], way[1]))
        clocks[far] = replace(_behind(clocks[near], found), uncertainty=uncertainty, packets=found.crossings)


def _behind(near: Clock, found: Alignment) -> Clock:
    """Return the clock of a capture by how it stands to a nearer one's, whose clock is known."""
    since = found.since + found.ahead
    ahead = since - near(found.since)
    return Clock(since, ahead, 1 - (1 - near.drift) / (1 + found.drift))
