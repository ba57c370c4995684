"""Frames that a mirror port shows twice, as they come into a switch and as they leave it: one of the two is left out.

A network that duplicates frames does so with some of them; a mirror shows every frame between two of its ports again.
Pure.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.capture.protocols import ethernet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.capture.frames import Frame

COPY = 5_000_000
"""Nanoseconds within which the same octets on one link are one frame."""

FEWEST = 5
"""Frames of two ends, by which it is told whether all of them come twice."""

ALL = 0.8
"""The part of them that has to; some may be lost on the way to the mirror."""

MOST = 1 << 12
ADDRESSES = 12
TAGS = frozenset({ethernet.VLAN.to_bytes(2), ethernet.SERVICE_VLAN.to_bytes(2)})


class Copies:
    """Tells of each frame of a capture whether it was there just before; a tag may be on one of the two only."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, bytes], int] = {}

    def is_one(self, frame: Frame) -> bool:
        """Take a frame, and say whether it is another's copy."""
        key = frame.link, _untagged(frame.data)
        before = self._last.get(key)
        if before is not None and 0 <= frame.time - before <= COPY:
            return True
        self._last[key] = frame.time
        if len(self._last) > MOST:
            self._last = {one: time for one, time in self._last.items() if 0 <= frame.time - time <= COPY}
        return False


def single(frames: Iterable[Frame]) -> frozenset[bytes] | None:
    """Return the ends whose frames a mirror shows once, as both MAC addresses; None where the capture is of none.

    Of ends that are not among them all frames come twice, or nobody knows.
    """
    copies, seen, again = Copies(), Counter[bytes](), Counter[bytes]()
    for frame in frames:
        (again if copies.is_one(frame) else seen)[frame.data[:ADDRESSES]] += 1
    known = {ends for ends, count in seen.items() if count >= FEWEST}
    twice = {ends for ends in known if again[ends] >= ALL * seen[ends]}
    return frozenset(known - twice) if twice else None


def once(frames: Iterable[Frame], single: frozenset[bytes] | None) -> Iterator[Frame]:
    """Yield a capture's frames without the copies, as `single` says which ends have none."""
    if single is None:
        yield from frames
        return
    copies = Copies()
    yield from (one for one in frames if one.data[:ADDRESSES] in single or not copies.is_one(one))


def _untagged(data: bytes) -> bytes:
    at = ADDRESSES
    while data[at : at + 2] in TAGS:
        at += ethernet.TAG
    return data if at == ADDRESSES else data[:ADDRESSES] + data[at:]
