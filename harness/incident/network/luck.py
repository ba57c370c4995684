"""Whether so many losses in a row are bad luck on a link that loses some frames, or nothing gets through it at all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from harness.incident.network.soundings import Sounding

MOMENT = 20_000_000
"""What is sent within so short a time (nanoseconds) shares its luck."""
AROUND = 10_000_000_000
"""How far around a run the other losses say how bad the link is otherwise."""
RARE = 0.01
"""A run is no luck where less than so many of its length are to be expected around it."""


def moments(soundings: Collection[Sounding]) -> list[int]:
    """Return the moments at which something was sent, in order, each once."""
    return sorted({one.time // MOMENT for one in soundings})


def is_chance(run: Sequence[int], lost: Sequence[int], through: Sequence[int]) -> bool:
    """Return whether a run of moments at which all was lost may be chance.

    `lost` and `through` are the moments, in order, at which frames got lost by themselves, and got through. Of n
    moments, with a share q lost, a run of k is to be expected n * q ** k times.
    """
    since, until = run[0] - AROUND // MOMENT, run[-1] + AROUND // MOMENT
    misses = bisect_right(lost, until) - bisect_left(lost, since)
    hits = bisect_right(through, until) - bisect_left(through, since)
    if not misses:
        return False
    share = misses / (misses + hits)
    return (misses + hits) * share ** len(run) > RARE
