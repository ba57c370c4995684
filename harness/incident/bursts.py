"""What happened close together. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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
