"""Put TCP segments in order: retransmissions, overlaps, disorder, lost segments, and segments of which a part was kept.

One `Stream` is one direction of a connection. It gives pieces in the order in which the receiver's application got
them; what was never captured is told as missing, never passed over in silence.
"""

from __future__ import annotations

from bisect import insort
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

_WRAP = 1 << 32
_HALF = 1 << 31


class Piece(NamedTuple):
    """Octets of a stream: `data`, then `missing` ones that are unknown; `lost` where not even their frame was captured.

    `frame` is the one with which the receiver had them.
    """

    data: bytes
    missing: int
    lost: bool
    frame: Frame


class _Waiting(NamedTuple):
    position: int
    data: bytes
    length: int
    frame: Frame


class Stream:
    """One direction of a TCP connection, from its SYN or, where that was not captured, from the first octet seen."""

    def __init__(self) -> None:
        self.initial: int | None = None
        """The SYN's sequence number; None where the capture started later."""
        self._position: int | None = None
        self._acknowledged = -1
        self._end: int | None = None
        self._waiting: list[_Waiting] = []

    @property
    def has_hole(self) -> bool:
        """Whether segments wait for one before them."""
        return bool(self._waiting)

    @property
    def finished(self) -> bool:
        """Whether everything up to the sender's FIN was given out."""
        return self._end is not None and self._position is not None and self._position >= self._end

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

    def add(self, sequence: int, data: bytes, length: int, frame: Frame) -> Sequence[Piece]:
        """Take a segment of `length` octets, of which `data` were captured; return what can be given out now."""
        position = self._position
        if position is None:
            position = self._position = sequence
        ahead = ((sequence - position + _HALF) % _WRAP) - _HALF
        if ahead > 0:
            insort(self._waiting, _Waiting(position + ahead, data, length, frame), key=attrgetter("position"))
            return self._skip_lost()
        if ahead:
            data = data[-ahead:]
            length += ahead
            if length <= 0:
                return ()
        self._position = position + length
        piece = Piece(data, length - len(data), lost=False, frame=frame)
        return (piece, *self._drain(frame)) if self._waiting else (piece,)

    def acknowledge(self, number: int) -> Sequence[Piece]:
        """Take the receiver's acknowledgement, which is worth calling for only while there is a hole."""
        self._acknowledged = max(self._acknowledged, self._unwrap(number))
        return self._skip_lost()

    def finish(self) -> Sequence[Piece]:
        """Give out whatever waits, because no frame will come any more."""
        pieces: list[Piece] = []
        while self._waiting:
            pieces += self._skip()
        return pieces

    def _unwrap(self, sequence: int) -> int:
        position = sequence if self._position is None else self._position
        return position + ((sequence - position + _HALF) % _WRAP) - _HALF

    def _skip_lost(self) -> Sequence[Piece]:
        if not self._waiting:
            return ()
        had_it = self._acknowledged >= self._waiting[0].position
        if len(self._waiting) >= (REORDERING if had_it else PATIENCE):
            return list(self._skip())
        return ()

    def _skip(self) -> Iterator[Piece]:
        """Give up the hole before the first waiting segment, and give out what follows it."""
        first = self._waiting[0]
        yield Piece(b"", first.position - (self._position or 0), lost=True, frame=first.frame)
        self._position = first.position
        yield from self._drain(None)

    def _drain(self, filled: Frame | None) -> Iterator[Piece]:
        """Give out the waiting segments that now follow; they came with `filled`, or each when it was captured."""
        waiting = self._waiting
        while waiting and waiting[0].position <= (self._position or 0):
            position, data, length, frame = waiting.pop(0)
            known = (self._position or 0) - position
            if length > known:
                self._position = position + length
                kept = data[known:]
                yield Piece(kept, length - known - len(kept), lost=False, frame=filled or frame)
