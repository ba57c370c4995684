"""What happened close together, and how far apart as a rule. Pure."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

T = TypeVar("T")


def bursts(some: Iterable[T], time: Callable[[T], int], apart: int) -> Iterator[list[T]]:
    """Yield the bursts that things come in: what is more than `apart` nanoseconds after the one before begins another.

    `time` gives the nanoseconds of one of them; they come in the order of their times.
    """
    burst: list[T] = []
    for one in some:
        if burst and time(one) - time(burst[-1]) > apart:
            yield burst
            burst = []
        burst.append(one)
    if burst:
        yield burst


def pace(times: Sequence[int]) -> int:
    """Return the median of the gap in which a moment chosen by chance lies: long gaps count for their length."""
    return usual_gap(later - one for one, later in pairwise(times))


def usual_gap(lengths: Iterable[int]) -> int:
    """Return the same of gaps that are so long; there has to be one."""
    gaps = sorted(lengths)
    half, passed = sum(gaps) / 2, 0
    for gap in gaps:
        passed += gap
        if passed >= half:
            return gap
    return gaps[-1]
