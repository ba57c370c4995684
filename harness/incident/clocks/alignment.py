"""How two clocks stand to each other, from packets that were captured by both. Pure.

A packet that passes the first point and then the second says that the second clock is ahead by at most the difference
of its two times; one that comes the other way, by at least that. Delays are never negative, so between the two there is
a band in which the line of the offset over time lies, whatever the delays are: they need not be known, or even, or
constant. The band's middle is the estimate, half its width the uncertainty. (Zhang, Liu, Xia: Clock synchronization
algorithms for network measurements, 2002, and Harrison, Newman: TICSync, 2011, use convex hulls so, too.)
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Points: TypeAlias = list[tuple[int, int]]
    """Times, each with a bound. Lower bounds have their sign turned, so that what bounds most is always the lowest."""

MOST_DRIFT = 500e-6
"""How fast one clock may gain on another; what computers have is a tenth of that."""

WRONG = 0.02
"""The part of the crossings that may contradict the others: packets that were taken for each other."""

AT_ONCE = 500
"""One in so many of the crossings is taken away at a time, where they contradict each other."""

CONTRADICTION = 200_000
"""Nanoseconds by which bounds may cross: captures note the times a little late, and never evenly."""

ONE_WAY = 1_000_000
"""What is taken for a path's delay, in nanoseconds, where packets are known in one direction only."""

RESOLUTION = 1000
"""Below that, in nanoseconds, no alignment is known: many captures have microseconds."""

STEPS = 80
"""Of a search; each takes off a third."""


class Crossing(NamedTuple):
    """A packet at two points: when it was at the first, by its clock; how much later at the other, by its own; ends."""

    time: int
    later: int
    src: str
    dst: str


class Alignment(NamedTuple):
    """The second clock is `ahead` nanoseconds at the time `since` of the first, and gains `drift` seconds in each.

    `uncertainty` bounds the error over the time of the `crossings` that it is known from; it is `sure` to do so where
    both ends of some packets were heard.
    """

    since: int
    ahead: int
    drift: float
    uncertainty: int
    crossings: int = 0
    sure: bool = True

    def at(self, time: int) -> int:
        """Return how many nanoseconds the second clock is ahead at a time of the first."""
        return self.ahead + round((time - self.since) * self.drift)


def align(crossings: Sequence[Crossing]) -> Alignment | None:
    """Return how the second clock stands to the first, None without crossings."""
    if not crossings:
        return None
    since, base = crossings[0].time, crossings[0].later
    known = [one._replace(time=one.time - since, later=one.later - base) for one in crossings]
    above, below = _bounds(sorted(known))
    band = _Band(*_consistent(above, below)) if above else None
    found = band.middle(min(known).time, max(known).time) if band else _one_way(known)
    return found._replace(since=found.since + since, ahead=found.ahead + base, crossings=len(crossings))


def _bounds(crossings: Sequence[Crossing]) -> tuple[Points, Points]:
    """Return the upper and the lower bounds that those give whose ends were heard both ways; their way round is voted.

    Of two packets that followed each other, one each way, the one that was at the first point first has the greater
    difference. Where drift could explain that, it tells nothing.
    """
    pairs: dict[tuple[str, str], list[Crossing]] = defaultdict(list)
    for one in crossings:
        pairs[min((one.src, one.dst), (one.dst, one.src))].append(one)
    above: Points = []
    below: Points = []
    for (end, _), between in pairs.items():
        votes = 0
        for one, other in pairwise(between):
            more = one.later - other.later
            if one.src != other.src and abs(more) > MOST_DRIFT * (other.time - one.time):
                votes += 1 if (more > 0) == (one.src == end) else -1
        if votes:
            first = votes > 0
            for one in between:
                if (one.src == end) == first:
                    above.append((one.time, one.later))
                else:
                    below.append((one.time, -one.later))
    return above, below


def _one_way(crossings: Sequence[Crossing]) -> Alignment:
    """Return what is known where no two ends were heard both ways: the order of the points is not, nor the drift."""
    later = sorted(one.later for one in crossings)
    middle = int(median(later))
    spread = sorted(abs(one - middle) for one in later)[len(later) * 9 // 10]
    return Alignment(0, middle, 0.0, spread + ONE_WAY, sure=False)


def _consistent(above: Points, below: Points) -> tuple[Points, Points]:
    """Return the bounds without those few that can't be, since they contradict the others."""
    most = int((len(above) + len(below)) * WRONG)
    batch = max(1, (len(above) + len(below)) // AT_ONCE)
    for _ in range(0, most, batch):
        band = _Band(above, below)
        if band.width >= -CONTRADICTION:
            break
        upper, lower = _residuals(above, band.drift), _residuals(below, -band.drift)
        if median(upper) - min(upper) > median(lower) - min(lower):
            above = _without_lowest(above, upper, batch)
        else:
            below = _without_lowest(below, lower, batch)
    return above, below


def _residuals(points: Points, drift: float) -> list[float]:
    return [bound - drift * time for time, bound in points]


def _without_lowest(points: Points, residuals: Sequence[float], count: int) -> Points:
    order = sorted(range(len(points)), key=residuals.__getitem__)
    gone = set(order[: min(count, len(points) - 1)])
    return [point for at, point in enumerate(points) if at not in gone]


class _Band:
    """The lines that lie below one set of bounds and above another; `width` is below 0 where there is none."""

    def __init__(self, above: Points, below: Points) -> None:
        self._above, self._below = _hull(above), _hull(below)
        self.drift = _highest(self._gap, -MOST_DRIFT, MOST_DRIFT)
        self.width = self._gap(self.drift)

    def _gap(self, drift: float) -> float:
        """Return how far apart the bounds are for lines of this slope; it is concave in it."""
        return _lowest(self._above, drift) + _lowest(self._below, -drift)

    def middle(self, since: int, until: int) -> Alignment:
        """Return the line through the middle of the band at both ends of a time."""
        if self.width <= 0:
            ahead = (_lowest(self._above, self.drift) - _lowest(self._below, -self.drift)) / 2
            return Alignment(0, round(ahead), self.drift, RESOLUTION + round(-self.width))
        slopes = self._edge(-MOST_DRIFT), self._edge(MOST_DRIFT)
        (first, early), (last, late) = (self._across(time, *slopes) for time in (since, until))
        drift = (last - first) / (until - since) if until > since else 0.0
        return Alignment(since, round(first), drift, RESOLUTION + round(max(early, late)))

    def _edge(self, beyond: float) -> float:
        """Return the steepest slope that a line of the band may have toward one side."""
        within = self.drift
        for _ in range(STEPS):
            slope = (within + beyond) / 2
            within, beyond = (slope, beyond) if self._gap(slope) >= 0 else (within, slope)
        return within

    def _across(self, time: int, flattest: float, steepest: float) -> tuple[float, float]:
        """Return the band's middle at a time, and half its height."""

        def top(slope: float) -> float:
            return _lowest(self._above, slope) + slope * time

        def depth(slope: float) -> float:
            return _lowest(self._below, -slope) - slope * time

        high = top(_highest(top, flattest, steepest))
        low = -depth(_highest(depth, flattest, steepest))
        return (high + low) / 2, (high - low) / 2


def _hull(points: Points) -> Points:
    """Return the lower convex hull of points, by Andrew's monotone chain: only its corners can bound a line."""
    hull: Points = []
    for time, bound in sorted(points):
        while len(hull) > 1:
            (t1, b1), (t2, b2) = hull[-2:]
            if (t2 - t1) * (bound - b1) > (b2 - b1) * (time - t1):
                break
            hull.pop()
        hull.append((time, bound))
    return hull


def _lowest(hull: Points, slope: float) -> float:
    return min(bound - slope * time for time, bound in hull)


def _highest(of: Callable[[float], float], low: float, high: float) -> float:
    """Return where a concave function is highest within bounds."""
    for _ in range(STEPS):
        third = (high - low) / 3
        if of(low + third) < of(high - third):
            low += third
        else:
            high -= third
    return (low + high) / 2
