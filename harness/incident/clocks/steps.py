"""Captures whose clock was set while they ran, as packets show that another capture has, too. Pure.

A clock that is set moves what goes either way by the same amount. A network that becomes slow moves both ways apart.
Which of the two clocks it was is told by its own frames: one that is set back has times that go back.
"""

from __future__ import annotations

from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.incident.clocks.sightings import Shared, Sightings

LEAST = 50_000_000
"""Nanoseconds by which a clock has to be set; less is drift, or a path's delay."""

AROUND = 60
"""Packets before and after it that are looked at, and how many there have to be of each direction."""
FEWEST = 4

ALIKE = 0.05
"""The part of a step by which the two directions may differ."""

SAME_PLACE = 1000
"""Frames within which two pairs of captures show one step."""


class Step(NamedTuple):
    """From the frame with that number on a capture's clock is ahead by so many nanoseconds more than before."""

    frame: int
    by: int


def steps(captures: Mapping[str, Sightings]) -> dict[str, list[Step]]:
    """Return for each capture whose clock was set when that was, in the order of its frames."""
    found: dict[str, list[Step]] = {}
    for one, other in combinations(sorted(captures), 2):
        for here, step in _between(captures[one].shared(captures[other])):
            known = found.setdefault(one if here else other, [])
            if all(abs(step.frame - each.frame) > SAME_PLACE for each in known):
                known.append(step)
    return {name: sorted(known) for name, known in found.items()}


def _between(shared: Sequence[Shared]) -> Iterator[tuple[bool, Step]]:
    """Yield the steps of two clocks, each with whether it is the first one's."""
    last = -AROUND
    for at in range(1, len(shared)):
        before, after = shared[at - 1], shared[at]
        if at - last < FEWEST or abs(after.later - before.later) < LEAST:
            continue
        by = _jump(shared[max(last, at - AROUND, 0) : at], shared[at : at + AROUND])
        if by is None:
            continue
        last = at
        if by > 0:
            back = after.time - before.time < -by / 2
            yield (True, Step(after.frame, -by)) if back else (False, Step(after.other_frame, by))
        else:
            back = after.time + after.later - before.time - before.later < by / 2
            yield (False, Step(after.other_frame, by)) if back else (True, Step(after.frame, -by))


def _jump(before: Sequence[Shared], after: Sequence[Shared]) -> int | None:
    """Return by how much the second clock gained on the first, None where both directions do not say the same."""
    jumps = []
    for forward in (True, False):
        old = [one.later for one in before if (one.src < one.dst) is forward]
        new = [one.later for one in after if (one.src < one.dst) is forward]
        if min(len(old), len(new)) < FEWEST:
            return None
        jumps.append(round(median(new) - median(old)))
    by = sum(jumps) // len(jumps)
    return by if abs(by) >= LEAST and abs(jumps[0] - jumps[1]) <= max(abs(by) * ALIKE, LEAST // 4) else None
