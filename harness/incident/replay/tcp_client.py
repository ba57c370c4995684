"""One question over TCP (RFC 9293) from a seat, in the name of a client that has no kernel here."""

from __future__ import annotations

import time
from datetime import timedelta
from random import getrandbits
from typing import TYPE_CHECKING

from harness.capture.protocols import ip
from harness.capture.protocols.tcp import ACK, FIN, RST, SYN
from harness.incident.replay.datagram import Way, tcp_frame
from harness.units import milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.incident.replay.datagram import Datagram
    from harness.incident.replay.seat import Seat

PUSH = 0x08
SEQUENCES = 1 << 32
AGAIN = 500 * milliseconds
"""After which a SYN or the question is sent again: the cable may be lossy."""


class Connection:
    """A connection that asks once, takes what comes in order, and is reset at its end."""

    def __init__(self, seat: Seat, way: Way, within: timedelta) -> None:
        self._seat = seat
        self._way = way
        self._deadline = time.monotonic() + within.total_seconds()
        self._sequence = getrandbits(32)
        self._next = 0

    def ask(self, question: bytes, enough: Callable[[bytes], bool]) -> bytes | None:
        """Return what is answered until it is enough or the server ends; None where nobody accepts, or answers.

        Of an answer that takes longer than the connection may last, what came is returned.
        """
        opened = self._insist(SYN, b"", self._accepted)
        if opened is None or opened.flags & RST:
            return None
        self._next = (opened.sequence + 1) % SEQUENCES
        self._sequence = (self._sequence + 1) % SEQUENCES
        try:
            return self._converse(question, enough)
        finally:
            self._send(RST | ACK, (self._sequence + len(question)) % SEQUENCES)

    def _converse(self, question: bytes, enough: Callable[[bytes], bool]) -> bytes | None:
        answer = bytearray()
        first = self._insist(ACK | PUSH, question, self._has_data)
        while first is not None and not first.flags & RST:
            self._take(first, answer)
            if enough(bytes(answer)) or first.flags & FIN:
                break
            self._send(ACK, (self._sequence + len(question)) % SEQUENCES)
            first = self._hear(self._left(), self._has_data)
        return bytes(answer) or None

    def _take(self, one: Datagram, answer: bytearray) -> None:
        if one.sequence == self._next:
            answer += one.payload
            self._next = (self._next + len(one.payload)) % SEQUENCES

    def _insist(self, flags: int, data: bytes, fits: Callable[[Datagram], bool]) -> Datagram | None:
        """Send a segment, again and again, until one that fits comes or time is over."""
        while (left := self._left()) > timedelta(0):
            self._send(flags, self._sequence, data)
            if (heard := self._hear(min(left, AGAIN), fits)) is not None:
                return heard
        return None

    def _hear(self, within: timedelta, fits: Callable[[Datagram], bool]) -> Datagram | None:
        way = self._way
        ends = (ip.TCP, way.dst, way.dst_port, way.src, way.src_port)

        def take(one: Datagram) -> Datagram | None:
            mine = (one.protocol, one.src, one.src_port, one.dst, one.dst_port) == ends
            return one if mine and fits(one) else None

        return self._seat.hear(within, take)

    def _accepted(self, one: Datagram) -> bool:
        acknowledges = one.acknowledged == (self._sequence + 1) % SEQUENCES
        return bool(acknowledges and one.flags & (SYN | RST))

    @staticmethod
    def _has_data(one: Datagram) -> bool:
        return bool(one.payload or one.flags & (FIN | RST))

    def _send(self, flags: int, sequence: int, data: bytes = b"") -> None:
        self._seat.send(tcp_frame(self._way, sequence, self._next, flags, data))

    def _left(self) -> timedelta:
        return timedelta(seconds=max(0.0, self._deadline - time.monotonic()))
