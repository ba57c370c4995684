"""How large a share is of which only some were seen: the interval in which it lies, for so many lost of so many."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

SURE = 1.96
"""Standard deviations: in 19 of 20 cases a share lies within its interval."""


class Share(NamedTuple):
    """So many were lost, of so many that were sent."""

    lost: int
    of: int

    @property
    def value(self) -> float:
        """The share that was seen, from 0 to 1; 0 where nothing was sent."""
        return self.lost / self.of if self.of else 0.0

    @property
    def low(self) -> float:
        """What it is at least."""
        return self._interval()[0]

    @property
    def high(self) -> float:
        """What it is at most; 1 where nothing was sent."""
        return self._interval()[1]

    def is_less(self, other: Share) -> bool:
        """Return whether it is less than another one for certain."""
        return self.high < other.low

    def _interval(self) -> tuple[float, float]:
        """Return Wilson's score interval, which holds for few of few, too (Wilson 1927)."""
        if not self.of:
            return 0.0, 1.0
        square = SURE * SURE
        middle = self.lost + square / 2
        spread = SURE * sqrt(max(self.lost * (self.of - self.lost), 0) / self.of + square / 4)
        return max(middle - spread, 0.0) / (self.of + square), min((middle + spread) / (self.of + square), 1.0)


def together(shares: list[Share]) -> Share:
    """Return what some shares are as one."""
    return Share(sum(one.lost for one in shares), sum(one.of for one in shares))
