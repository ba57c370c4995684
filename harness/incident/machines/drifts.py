"""Clocks that went too fast or too slow for a while, by the TCP timestamps of their machines. Pure.

A journal can't tell that: both of its clocks go at the same pace (adjtimex(2)).
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.faults.clocks import MOST_PPM, ClockDrift
from harness.incident.citing import seen
from harness.incident.finding import Finding
from harness.incident.machines.pulses import relative

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.incident.machines.scene import Scene

MILLION = 1_000_000
SLOWEST = 2_000
"""Parts in a million: less can't be told from segments that are late."""
HALF_WINDOW = 3 * NANO
SHORTEST = 4 * NANO
LEAST_GAIN = NANO // 10
STEP = NANO // 2
"""A change between two seconds beyond that is no drift, but a clock that stood still."""

Series = list[tuple[int, int]]
"""Moments, and what a clock had gained by then."""


def find(scene: Scene) -> Iterator[Finding]:
    """Yield each drift of a machine's clock."""
    for machine, gains in relative(scene.pulses).items():
        smooth = _smoothed(_levelled(gains))
        for began, ended, pace in _spans(smooth):
            if (first := scene.voice(machine).first_after(began)) is None:
                continue
            ppm = min(MOST_PPM, max(100, _rounded(abs(pace))))
            shows = f"from here on {machine}'s TCP timestamps gain {pace:+.0f} microseconds a second"
            fault = ClockDrift((machine,), ppm, "forward" if pace > 0 else "back")
            yield Finding(fault, began, ended, (seen(first, shows),), 0.9)


def _levelled(gains: Sequence[tuple[int, int]]) -> Series:
    """Return gains without the steps in them."""
    level: Series = []
    taken = 0
    last: int | None = None
    for time, gain in gains:
        if last is not None and abs(gain - last) > STEP:
            taken += gain - last
        level.append((time, gain - taken))
        last = gain
    return level


def _smoothed(level: Series) -> Series:
    """Return the median of each five: a segment that is late tells nothing of the clock."""
    return [
        (time, round(median(gain for _, gain in level[max(0, place - 2) : place + 3])))
        for place, (time, _) in enumerate(level)
    ]


def _spans(level: Series) -> Iterator[tuple[int, int, float]]:
    """Yield when a clock went at another pace, and that pace in parts in a million."""
    paces = [_pace(level, time) for time, _ in level]
    place = 0
    while place < len(level):
        sign = _sign(paces[place])
        end = place
        while end + 1 < len(level) and _sign(paces[end + 1]) == sign:
            end += 1
        if sign and level[end][0] - level[place][0] >= SHORTEST:
            yield from _fitted(level, place, end)
        place = end + 1


def _fitted(level: Series, first: int, last: int) -> Iterator[tuple[int, int, float]]:
    """Yield a span with its exact ends: where the line through its middle meets what was before and after."""
    quarter = max(1, (last - first) // 4)
    (time, gain), (later, more) = level[first + quarter], level[last - quarter]
    if later <= time or abs(level[last][1] - level[first][1]) < LEAST_GAIN:
        return
    pace = (more - gain) / (later - time)
    before, after = _level(level, level[first][0], -1), _level(level, level[last][0], 1)
    began = round(time + (before - gain) / pace) if before is not None else level[first][0]
    ended = round(time + (after - gain) / pace) if after is not None else level[last][0]
    began, ended = max(began, level[0][0]), min(ended, level[-1][0])
    if ended > began:
        yield began, ended, pace * MILLION


def _level(level: Series, edge: int, way: int) -> float | None:
    """Return how far a clock was off beside a span: well before it, or well after it; None where nothing is known."""
    beside = [gain for time, gain in level if HALF_WINDOW < (time - edge) * way < 5 * HALF_WINDOW]
    return median(beside) if beside else None


def _pace(level: Series, moment: int) -> float:
    around = [one for one in level if abs(one[0] - moment) <= HALF_WINDOW]
    if len(around) < 3 or around[-1][0] - around[0][0] < HALF_WINDOW:  # noqa: PLR2004 - two are no line
        return 0.0
    return (around[-1][1] - around[0][1]) / (around[-1][0] - around[0][0]) * MILLION


def _sign(pace: float) -> int:
    return 0 if abs(pace) < SLOWEST else 1 if pace > 0 else -1


def _rounded(pace: float) -> int:
    """Return a pace in two digits, in steps of 100."""
    step = max(100, int(10 ** (len(str(round(pace))) - 2)))
    return round(pace / step) * step
