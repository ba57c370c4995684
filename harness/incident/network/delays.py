"""Delays: which pairs' frames took longer than usual, and when, from one point's round trips or between two points."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.incident.network.levels import levels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.incident.network.levels import Level
    from harness.incident.network.silences import Pair
    from harness.incident.network.soundings import Soundings, Trip, Way

ACKNOWLEDGED_LATE = ((34_000_000, 50_000_000), (180_000_000, 220_000_000))
"""By so much hosts delay mere acknowledgements: Linux by 40 to 44 ms, others by 200 (nanoseconds)."""
CONFIRMED = 2
ROUND = 1.51
"""Of the sum of two even spreads, the first 3 % lie this many times the one's half width before the middle."""
EVEN = 0.94
"""And of a single one."""
UNEVEN = 0.1


@dataclass(frozen=True)
class Slower:
    """A pair's frames took `more` nanoseconds longer than their `usual` ones, one way, give or take `spread`.

    `both` says that it is half of a round trip, so that nobody knows which way it was, `sure` that it is no habit of a
    host to acknowledge late.
    """

    pair: Pair
    level: Level
    more: int
    usual: int
    spread: int
    both: bool
    sure: bool = True


def slower(found: Soundings) -> list[Slower]:
    """Return all times in which a pair's frames took longer, each way by itself where that is known."""
    return [*_one_way(found), *_round_trips(found)]


def looked_at(found: Soundings, since: int, until: int) -> set[Pair]:
    """Return the pairs of whom enough trips were seen within a time to say that they took as long as usual."""
    count: defaultdict[Pair, int] = defaultdict(int)
    for trips in (found.one_way, found.round_trips):
        for way, each in trips.items():
            count[way.pair] += sum(since < one.time < until for one in each)
    return {pair for pair, trips_ in count.items() if trips_ >= 2 * 8}


def _one_way(found: Soundings) -> Iterator[Slower]:
    """Yield what two points tell. Their clocks may differ, so that only changes count."""
    rounds = _by_pair(found.round_trips)
    for pair, trips in _by_pair(found.one_way).items():
        usual = _usual(rounds.get(pair, ())) // 2
        for one in levels(trips):
            spread = round((one.took - one.least) / EVEN)
            yield Slower(pair, one, _more(one), usual, spread, both=False)


def _round_trips(found: Soundings) -> Iterator[Slower]:
    for pair, trips in _by_pair(found.round_trips).items():
        for one in levels(trips):
            more = _more(one)
            sure = one.least - one.usual >= more // 10 and _is_no_habit(one, trips)
            spread = round((one.took - one.least) / ROUND)
            yield Slower(pair, one, more // 2, one.usual // 2, spread, both=True, sure=sure)


def _more(one: Level) -> int:
    """Return by how much trips took longer. Where they are spread to both sides, it is the middle of that.

    Frames that overtake none pull the median up; what was lost and sent again takes much longer, and says nothing.
    """
    if one.took - one.least > UNEVEN * (one.took - one.usual):
        return min(one.took, (one.least + one.most) // 2) - one.usual
    return one.took - one.usual


def _is_no_habit(level: Level, trips: Sequence[Trip]) -> bool:
    """Return whether it is no mere habit of a host to acknowledge late, by what came with an answer meanwhile."""
    more = level.took - level.usual
    if not any(least <= more <= most for least, most in ACKNOWLEDGED_LATE):
        return True
    prompt = [
        one.took > level.usual + more // 2
        for one in trips
        if one.prompt and level.began <= one.time and (level.ended is None or one.time < level.ended)
    ]
    return len(prompt) >= CONFIRMED and sum(prompt) * 2 > len(prompt)


def _by_pair(trips: Mapping[Way, list[Trip]]) -> dict[Pair, list[Trip]]:
    merged: defaultdict[Pair, list[Trip]] = defaultdict(list)
    for way, each in trips.items():
        merged[way.pair] += each
    for each in merged.values():
        each.sort()
    return merged


def _usual(trips: Sequence[Trip]) -> int:
    return sorted(one.took for one in trips)[len(trips) // 10] if trips else 0
