"""Put TCP segments in order: retransmissions, overlaps, disorder, lost segments, and segments of which a part was kept.

One `Stream` is one direction of a connection. It gives pieces in the order in which the receiver's application got
them; what was never captured is told as missing, never passed over in silence.
"""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.capture.frames import Frame

REORDERING = 16
"""Segments that wait behind a hole which the receiver has acknowledged, before it counts as not captured.

A frame may be captured shortly before one that was sent before it, so that a receiver's acknowledgement alone does
not prove that the capture will not show the missing segment any more.
"""

PATIENCE = 4096
"""Segments that wait behind a hole at most, whatever the receiver says; more than any window holds in practice."""

MOST_WAITING = 1 << 23
"""Octets that wait behind a hole at most: more than the windows that operating systems open by themselves."""

FARTHEST_BACK = 1 << 26
"""Octets before a stream's place, beyond which a segment was not sent again but belongs to another connection."""

_WRAP = 1 << 32
_HALF = 1 << 31


class Piece(NamedTuple):
    """Octets of a stream: `data`, then `missing` ones that are unknown; `lost` where not even their frame was captured.

    `frame` is the one with which the receiver had them. `after` is the number of the last frame before lost octets.
    """

    data: bytes
    missing: int
    lost: bool
    frame: Frame
    after: int = 0


class _Waiting(NamedTuple):
    position: int
    data: bytes
    length: int
    frame: Frame


class Stream:
    """One direction of a TCP connection, from its SYN or, where that was not captured, from the first octet seen."""

    __slots__ = ("_acknowledged", "_end", "_frame", "_position", "_waiting", "held", "initial", "repeated")

    def __init__(self) -> None:
        self.initial: int | None = None
        """The SYN's sequence number; None where the capture started later."""
        self.held = 0
        """The octets that wait behind a hole."""
        self.repeated = 0
        """The segments that brought what was there already, but for probes of an idle connection."""
        self._position: int | None = None
        self._acknowledged = -1
        self._end: int | None = None
        self._waiting: list[_Waiting] = []
        self._frame = 0

    @property
    def has_hole(self) -> bool:
        """Whether segments wait for one before them."""
        return bool(self._waiting)

    @property
    def finished(self) -> bool:
        """Whether everything up to the sender's FIN was given out."""
        return self._end is not None and self._position is not None and self._position >= self._end

    def had(self, sequence: int, length: int) -> bool:
        """Say whether all octets of a segment were given out before."""
        position = self._position
        if position is None:
            return False
        back = ((position - sequence + _HALF) % _WRAP) - _HALF
        return length <= back <= FARTHEST_BACK

    def open(self, sequence: int) -> bool:
        """Take the sequence number of a SYN; whether that is where this stream begins."""
        if self._position is not None:
            return False
        self.initial = sequence
        self._position = sequence + 1
        return True

    def close(self, sequence: int) -> None:
        """Take the sequence number that a FIN has, which is that after the last octet."""
        self._end = self._unwrap(sequence)

    def next(self, sequence: int, data: bytes, length: int, frame: Frame) -> Piece | None:
        """Take a segment that is exactly what comes next, behind which nothing waits; None, and nothing, for any other.

        It does what `add` would do, in less time: nearly all segments are such.
        """
        position = self._position
        if position is None or sequence != position % _WRAP or self._waiting or self._end is not None:
            return None
        self._position = position + length
        self._frame = frame.number
        return Piece(data, length - len(data), False, frame)

    def add(self, sequence: int, data: bytes, length: int, frame: Frame) -> Sequence[Piece] | None:
        """Take a segment of `length` octets, of which `data` were captured; return what can be given out now.

        None where it lies so far back that it belongs to another connection between the same two ports.
        """
        position = self._position
        if position is None:
            position = self._position = sequence
        ahead = ((sequence - position + _HALF) % _WRAP) - _HALF
        if ahead > 0:
            self._wait(_Waiting(position + ahead, data, length, frame))
            return self._skip_lost()
        if ahead:
            if ahead < -FARTHEST_BACK:
                return None
            # One octet before the stream's place is how an idle connection is probed.
            self.repeated += ahead != -1 or length > 1
            data = data[-ahead:]
            length += ahead
            if length <= 0:
                return ()
        self._position = position + length
        self._frame = frame.number
        piece = Piece(data, length - len(data), False, frame)
        return (piece, *self._drain(frame)) if self._waiting else (piece,)

    def acknowledge(self, number: int) -> Sequence[Piece]:
        """Take the receiver's acknowledgement, which is worth calling for only while there is a hole."""
        self._acknowledged = max(self._acknowledged, self._unwrap(number))
        return self._skip_lost()

    def finish(self) -> Sequence[Piece]:
        """Give out whatever still waits when the capture ends."""
        pieces: list[Piece] = []
        while self._waiting:
            pieces += self._skip()
        return pieces

    def _unwrap(self, sequence: int) -> int:
        position = sequence if self._position is None else self._position
        return position + ((sequence - position + _HALF) % _WRAP) - _HALF

    def _wait(self, segment: _Waiting) -> None:
        place = bisect_left(self._waiting, segment.position, key=attrgetter("position"))
        if place < len(self._waiting):
            same = self._waiting[place]
            if same.position == segment.position and same.length >= segment.length:
                self.repeated += 1
                return
        self._waiting.insert(place, segment)
        self.held += len(segment.data)

    def _skip_lost(self) -> Sequence[Piece]:
        if not self._waiting:
            return ()
        pieces: list[Piece] = []
        while self._waiting:
            had_it = self._acknowledged >= self._waiting[0].position
            if len(self._waiting) < (REORDERING if had_it else PATIENCE) and self.held <= MOST_WAITING:
                break
            pieces += self._skip()
        return pieces

    def _skip(self) -> Iterator[Piece]:
        """Give up the hole before the first waiting segment, and give out what follows it."""
        first = self._waiting[0]
        yield Piece(b"", first.position - (self._position or 0), lost=True, frame=first.frame, after=self._frame)
        self._position = first.position
        yield from self._drain(None)

    def _drain(self, filled: Frame | None) -> Iterator[Piece]:
        """Give out the waiting segments that now follow; they came with `filled`, or each when it was captured."""
        waiting = self._waiting
        while waiting and waiting[0].position <= (self._position or 0):
            position, data, length, frame = waiting.pop(0)
            self.held -= len(data)
            known = (self._position or 0) - position
            if length > known:
                self._position = position + length
                self._frame = frame.number
                kept = data[known:]
                yield Piece(kept, length - known - len(kept), lost=False, frame=filled or frame)
