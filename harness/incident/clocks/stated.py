"""What machines say on the wire of the time it is: HTTP's Date header (RFC 9110, section 6.6.1), in whole seconds.

A response that was captured at some time, and says a second, was written within that second and not after it was
captured. Each so bounds how far the capture's clock is ahead of the machine's, and many together do so closely.
"""

from __future__ import annotations

from collections import Counter
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from harness.incident.stated_time import Stated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.incident.packet import Packet

SECOND = 10**9
STATUS_LINE = b"HTTP/1."
HEADER = b"\r\nDate: "
LENGTH = 29
"""Octets of a date, such as ``Sun, 06 Nov 1994 08:49:37 GMT``."""
FIRST, LAST = 34, 130
"""Between which octets of a frame a segment's payload starts."""
FEWEST = 5
MOST = 1 << 16


class Bounds(NamedTuple):
    """A capture's clock is ahead of the machines' by at least and at most so many nanoseconds, as `dates` say."""

    least: int
    most: int
    dates: int

    @property
    def middle(self) -> int:
        """The best guess."""
        return (self.least + self.most) // 2


class StatedTimes:
    """The dates that a capture has, on its own clock."""

    def __init__(self) -> None:
        self.found: list[Stated] = []

    def frame(self, packet: Packet, data: bytes) -> None:
        """Take a frame that is this packet."""
        if not packet.payload or packet.carries != "tcp" or data.find(STATUS_LINE, FIRST, LAST) < 0:
            return
        at = data.find(HEADER)
        if at < 0 or len(self.found) >= MOST:
            return
        start = at + len(HEADER)
        try:
            said = parsedate_to_datetime(data[start : start + LENGTH].decode("ascii"))
        except ValueError:
            return
        self.found.append(Stated(packet.time, packet.src, int(said.timestamp()) * SECOND))


def bounds(stated: Iterable[Stated]) -> Bounds | None:
    """Return by how much the clock is ahead as most agree: some machine's may be wrong, and some frames late.

    None where too few say so.
    """
    edges: Counter[int] = Counter()
    count = 0
    for one in stated:
        edges[one.time - one.second - SECOND] += 1
        edges[one.time - one.second] -= 1
        count += 1
    agree = most = 0
    within = (0, 0)
    places = sorted(edges)
    for place, following in pairwise(places):
        agree += edges[place]
        if agree > most:
            most, within = agree, (place, following)
    return Bounds(*within, most) if most >= FEWEST and most * 2 > count else None
