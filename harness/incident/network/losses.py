"""Losses: single frames that got lost, often, though others got through."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from harness.incident.network.silences import Pair
    from harness.incident.network.soundings import Sounding, Soundings, Way

FEWEST = 6
MOMENTS = 4
MOMENT = 200_000_000
"""So many frames have to be lost, at so many moments of this length: one burst is something else."""
APART = 5_000_000_000
"""Losses further apart than this (nanoseconds) are not of one cause."""
SHORTEST = 1_000_000_000
STRAGGLES = 5
"""A gap of so many times the usual one comes by chance once in 150 times."""
AFFECTED = 2
EXPECTED = 5
STRAYS, STRAY = 3, 0.25
"""A pair that lost so few frames, and less than this part of what another one did, lost them by something else."""
HIDDEN = 3
MOST = 0.5
"""Where more is lost than this, nothing gets through, as it were."""


@dataclass(frozen=True)
class Lossy:
    """From `began` to `ended` the pairs of `shares` lost so much of what they said; `spared` lost nothing.

    `first` are places in the record of packets that were lost, `counts` how many of each pair's were, and of how many;
    of `holes` only holes in what arrived tell.
    """

    began: int
    ended: int
    shares: dict[Pair, float]
    spared: frozenset[Pair]
    first: tuple[int, ...]
    counts: dict[Pair, tuple[int, int]]
    holes: frozenset[Pair] = frozenset()

    def share(self, pairs: Collection[Pair]) -> float:
        """Return what share some pairs lost together."""
        return sum(self.counts[pair][0] for pair in pairs) / sum(self.counts[pair][1] for pair in pairs)


def lossy(found: Soundings, is_explained: Callable[[Pair, int], bool]) -> list[Lossy]:
    """Return the times in which frames got lost. What a cut explains, by pair and time, is left out.

    Losses that two points saw say when it was; those that are inferred are told late, when something is sent again.
    """
    lost: defaultdict[Pair, list[Sounding]] = defaultdict(list)
    again: defaultdict[Pair, list[int]] = defaultdict(list)
    said: defaultdict[Pair, list[int]] = defaultdict(list)
    missed = dict(_missed(found))
    for way, each in (*((way, each) for way, each in found.lost.items() if found.is_told(way)), *missed.items()):
        lost[way.pair] += [one for one in each if not is_explained(way.pair, one.time)]
    for way, each in found.again.items():
        again[way.pair] += [one.time for one in each if not is_explained(way.pair, one.time)]
    for way, times in found.sent.items():
        said[way.pair] += times
    for times in (*said.values(), *again.values()):
        times.sort()
    every = sorted(one for each in lost.values() for one in set(each))
    seen = {one for pair, each in lost.items() if pair in found.exact for one in each}
    holes = frozenset(way.pair for way in missed)
    found_ = [one for run in _runs(every) for one in _lossy(_trimmed(run, seen), lost, again, said)]
    return [replace(one, holes=holes) for one in found_]


def _trimmed(run: Sequence[Sounding], seen: Collection[Sounding]) -> Sequence[Sounding]:
    """Return a run without stragglers at its ends: losses by chance come at one pace (they are a Poisson process)."""
    sure = [one for one in run if one in seen]
    if len(sure) >= FEWEST:
        run = [one for one in run if sure[0] <= one <= sure[-1]]
    while len(run) > FEWEST:
        pace = (run[-1].time - run[0].time) / (len(run) - 1)
        if run[1].time - run[0].time > STRAGGLES * pace:
            run = run[1:]
        elif run[-1].time - run[-2].time > STRAGGLES * pace:
            run = run[:-1]
        else:
            break
    return run


def _missed(found: Soundings) -> Iterator[tuple[Way, list[Sounding]]]:
    """Yield what holes show to be lost, where nothing is known better.

    A capture may stand behind the spot where frames get lost, at the switch's end of a cable: then it saw none leave.
    """
    return ((way, each) for way, each in found.missed.items() if len(found.lost.get(way, ())) * HIDDEN < len(each))


def _runs(every: Sequence[Sounding]) -> Iterator[list[Sounding]]:
    run: list[Sounding] = []
    for one in every:
        if run and one.time - run[-1].time > APART:
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _lossy(
    run: Sequence[Sounding],
    lost: dict[Pair, list[Sounding]],
    again: dict[Pair, list[int]],
    said: dict[Pair, list[int]],
) -> Iterator[Lossy]:
    """Yield what a run of losses is: the edges lie about as far from it as its losses from each other.

    Where frames get lost for certain, what was sent `again` without need is taken for a lost answer.
    """
    since, until = run[0].time, run[-1].time
    if len(run) < FEWEST or until - since < SHORTEST or len({one.time // MOMENT for one in run}) < MOMENTS:
        return
    counts, among = {}, set(run)
    touched: set[Pair] = set()
    for pair in {**lost, **again}:
        count = len(among.intersection(lost.get(pair, ()))) + _count(again.get(pair, ()), since, until)
        total = max(_count(said.get(pair, ()), since, until), count)
        if count:
            touched.add(pair)
        if count >= AFFECTED:
            counts[pair] = (count, total)
    shares = {pair: count / total for pair, (count, total) in counts.items() if count <= MOST * total}
    if not shares:
        return
    least = STRAY * max(shares.values())
    shares = {pair: share for pair, share in shares.items() if share >= least or counts[pair][0] > STRAYS}
    usual = sum(shares.values()) / len(shares)
    spared = {
        pair for pair, times in said.items() if pair not in touched and _count(times, since, until) * usual >= EXPECTED
    }
    gap = (until - since) // (len(run) - 1)
    yield Lossy(since - gap, until + gap, shares, frozenset(spared), tuple(one.packet for one in run[:3]), counts)


def _count(times: Sequence[int], since: int, until: int) -> int:
    return bisect_right(times, until) - bisect_left(times, since)
