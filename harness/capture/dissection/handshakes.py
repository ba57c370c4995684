"""How TCP connections begin and break off: opened, refused, reset, and SYNs that were sent again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from harness.capture import events
from harness.capture.conversations.datagram import endpoint
from harness.capture.events import Origin
from harness.capture.protocols.tcp import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.capture.events import Event
    from harness.capture.frames import Frame
    from harness.capture.protocols.ip import IpPacket
    from harness.capture.protocols.tcp import Segment

Key = tuple[str, bytes, int, bytes, int]
"""A direction: the link, then the sender's address and port, then the receiver's."""

MOST = 1 << 16
"""Connections of which is remembered that they were asked for, and as many that are open; the oldest go first."""

_WRAP = 1 << 32

T = TypeVar("T")


@dataclass(slots=True)
class _Asked:
    sequence: int
    identity: bytes
    attempts: int = 1


class Handshakes:
    """Follows the SYNs, FINs and resets of all connections of a capture, whatever they carry, in bounded memory."""

    def __init__(self) -> None:
        self._asked: OrderedDict[Key, _Asked] = OrderedDict()
        self._open: OrderedDict[Key, int] = OrderedDict()
        """The connections that are open, by their client's direction, with how many FINs were seen."""

    def follow(self, key: Key, frame: Frame, ip: IpPacket, segment: Segment, *, known: bool) -> Iterator[Event]:
        """Take a segment with SYN, FIN or RST; `known` says that its connection is, although it began before."""
        flags = segment.flags
        if flags & RST:
            yield from self._reset(key, frame, segment, known=known)
        elif flags & SYN:
            yield from self._accepted(key, frame, segment) if flags & ACK else self._ask(key, frame, ip, segment)
        elif flags & FIN:
            self._close(key)

    def _ask(self, key: Key, frame: Frame, ip: IpPacket, segment: Segment) -> Iterator[Event]:
        asked = self._asked.get(key)
        identity = identification(frame, ip)
        if asked is None or asked.sequence != segment.sequence:
            self._open.pop(key, None)
            _remember(self._asked, key, _Asked(segment.sequence, identity))
        elif not is_copy(identity, asked.identity):
            asked.identity = identity
            again = asked.attempts
            asked.attempts += 1
            if is_told(again):
                yield events.TcpRetransmission(*Origin.of(frame), *ends(key), segment.length, again)

    def _accepted(self, key: Key, frame: Frame, segment: Segment) -> Iterator[Event]:
        client = reverse(key)
        asked = self._asked.get(client)
        if asked is not None and _answers(segment, asked):
            del self._asked[client]
            _remember(self._open, client, 0)
            yield events.TcpOpened(*Origin.of(frame), *ends(client), asked.attempts)

    def _reset(self, key: Key, frame: Frame, segment: Segment, *, known: bool) -> Iterator[Event]:
        client = reverse(key)
        asked = self._asked.pop(client, None)
        if asked is not None and segment.flags & ACK and _answers(segment, asked):
            yield events.TcpRefused(*Origin.of(frame), *ends(client), asked.attempts)
        elif self._open.pop(key, None) is not None or self._open.pop(client, None) is not None or known:
            yield events.TcpReset(*Origin.of(frame), *ends(key))
        self._asked.pop(key, None)

    def _close(self, key: Key) -> None:
        for client in (key, reverse(key)):
            fins = self._open.pop(client, None)
            if fins == 0:
                self._open[client] = 1


def reverse(key: Key) -> Key:
    """Return the other direction of a connection."""
    link, source, source_port, destination, destination_port = key
    return (link, destination, destination_port, source, source_port)


def ends(key: Key) -> tuple[events.Endpoint, events.Endpoint]:
    """Return a direction's sender and receiver."""
    return endpoint(key[1:3]), endpoint(key[3:5])


def identification(frame: Frame, ip: IpPacket) -> bytes:
    """Return an IPv4 packet's identification (RFC 791), by which a copy of a frame differs from a retransmission."""
    return frame.data[ip.start - 16 : ip.start - 14] if len(ip.source) == 4 else b""  # noqa: PLR2004 - octets of an address


def is_copy(identity: bytes, other: bytes) -> bool:
    """Whether two packets with the same segment are one that was captured twice; senders may leave it at 0."""
    return identity == other and any(identity)


def is_told(count: int) -> bool:
    """Whether the `count`-th retransmission is told: those at 1, 2, 4, 8 and so on."""
    return count & (count - 1) == 0


def _answers(segment: Segment, asked: _Asked) -> bool:
    return segment.acknowledged == (asked.sequence + 1) % _WRAP


def _remember(table: OrderedDict[Key, T], key: Key, value: T) -> None:
    table.pop(key, None)
    table[key] = value
    if len(table) > MOST:
        table.popitem(last=False)
