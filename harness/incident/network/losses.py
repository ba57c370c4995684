"""Losses: single frames that got lost, often, though others got through."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.incident.bursts import bursts
from harness.incident.network.shares import Share, together
from harness.incident.network.soundings import BEFORE, BETWEEN, Stretch, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from harness.incident.network.silences import Pair
    from harness.incident.network.soundings import Sounding, Soundings

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
STRAY = 0.25
"""A pair that lost less than this part of what another one did lost it by something else."""
MOST = 0.5
"""Where more is lost than this, nothing gets through, as it were."""


@dataclass(frozen=True)
class Lossy:
    """From `began` to `ended` the pairs of `shares` lost so much of what they said; `spared` lost nothing.

    `first` are places in the record of packets that were lost. Of the stretches of a pair's way, it is the worst one.
    """

    began: int
    ended: int
    shares: Mapping[Pair, Share]
    spared: frozenset[Pair]
    first: tuple[int, ...]

    def share(self, pairs: Collection[Pair]) -> Share:
        """Return what share some pairs lost together."""
        return together([self.shares[pair] for pair in pairs])


def lossy(found: Soundings, is_explained: Callable[[Pair, int], bool]) -> list[Lossy]:
    """Return the times in which frames got lost. What a cut explains, by pair and time, is left out.

    Losses that two points saw say when it was; those that are inferred are told late, when something is sent again.
    """
    tallies = {
        stretch: Tally(each.tried, sorted(one for one in each.lost if not is_explained(stretch.pair, one.time)))
        for stretch, each in {**found.hidden, **_seen(found)}.items()
    }
    every = sorted({one for each in tallies.values() for one in each.lost})
    surest = [(found.exact, BETWEEN), (found.counted, BEFORE)]
    seen = {one for pairs, part in surest for pair in pairs for one in tallies[Stretch(pair, part)].lost}
    return [one for run in bursts(every, lambda one: one.time, APART) for one in _lossy(_trimmed(run, seen), tallies)]


def _seen(found: Soundings) -> dict[Stretch, Tally]:
    """Return what two captures saw get lost between them."""
    tallies = {Stretch(pair, BETWEEN): Tally() for pair in found.exact}
    for way in {*found.lost, *found.sent}:
        if way.pair in found.exact:
            tallies[Stretch(way.pair, BETWEEN)].lost += found.lost.get(way, ())
            tallies[Stretch(way.pair, BETWEEN)].tried += found.sent.get(way, ())
    for each in tallies.values():
        each.tried.sort()
    return tallies


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


def _lossy(run: Sequence[Sounding], tallies: Mapping[Stretch, Tally]) -> Iterator[Lossy]:
    """Yield what a run of losses is: the edges lie about as far from it as its losses from each other."""
    since, until = run[0].time, run[-1].time
    if len(run) < FEWEST or until - since < SHORTEST or len({one.time // MOMENT for one in run}) < MOMENTS:
        return
    shares: defaultdict[Pair, list[Share]] = defaultdict(list)
    for stretch, each in tallies.items():
        lost = _count([one.time for one in each.lost], since, until)
        shares[stretch.pair].append(Share(lost, max(_count(each.tried, since, until), lost)))
    worst = {pair: max(each, key=lambda share: (share.low, share.lost)) for pair, each in shares.items()}
    affected = {pair: one for pair, one in worst.items() if one.lost >= AFFECTED and one.value <= MOST}
    if not affected:
        return
    least = STRAY * max(one.low for one in affected.values())
    affected = {pair: one for pair, one in affected.items() if one.high > least}
    usual = together(list(affected.values()))
    spared = {
        pair
        for pair, each in shares.items()
        if not worst[pair].lost and sum(one.high for one in each if one.of) < usual.low
    }
    gap = (until - since) // (len(run) - 1)
    yield Lossy(since - gap, until + gap, affected, frozenset(spared), tuple(one.packet for one in run[:3]))


def _count(times: Sequence[int], since: int, until: int) -> int:
    return bisect_right(times, until) - bisect_left(times, since)
