"""All TCP connections of a capture: each segment to its stream, each stream to what decodes it.

A connection is decoded where its server's port is known, or where a segment of it starts as HTTP, Raft or TLS do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.dissection.direction import Connection, Direction
from harness.capture.dissection.handshakes import Handshakes, Key, ends, identification, is_copy, is_told, reverse
from harness.capture.dissection.services import Services
from harness.capture.events import Origin, TcpGap, TcpRetransmission
from harness.capture.protocols.recognition import STARTS
from harness.capture.protocols.tcp import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sized
    from collections.abc import Set as AbstractSet

    from harness.capture.dissection.services import Make
    from harness.capture.events import Event
    from harness.capture.frames import Frame
    from harness.capture.protocols.ip import IpPacket
    from harness.capture.protocols.tcp import Segment
    from harness.capture.reassembly.streams import Piece

CONTROL = SYN | FIN | RST

MOST_CONNECTIONS = 1 << 15
"""Connections that are followed at once. Beyond that the closed and then the longest idle ones are forgotten."""

MOST_HELD = 1 << 26
"""Octets that wait behind holes, of all connections together."""


class Connections:
    """Follows connections; `services` makes what decodes one of client and server, by the server's port.

    Given `only`, those are followed that carry one of these protocols.
    """

    def __init__(self, services: Mapping[int, Make], only: Collection[str] | None = None) -> None:
        self._services = Services(services, only)
        self._ports = self._services.ports
        self._handshakes = Handshakes()
        self._directions: dict[Key, Direction] = {}
        self._holes: dict[Key, None] = {}
        self._held = 0

    @property
    def waiting(self) -> AbstractSet[str]:
        """The protocols of connections in which something waits behind a hole, as far as they are known."""
        followed = (self._directions[key].connection for key in self._holes if key in self._directions)
        return {getattr(one.conversation or one.make, "protocol", "") for one in followed} - {""}

    @property
    def ports(self) -> Container[int]:
        """The server ports whose connections are followed, as they are at any time."""
        return self._ports

    @property
    def holes(self) -> Sized:
        """The directions in which octets are missing, as they are at any time."""
        return self._holes

    def segment(self, frame: Frame, ip: IpPacket, segment: Segment) -> Iterable[Event]:
        """Take a segment and return the events that it completes."""
        ports = self._ports
        if segment.destination_port in ports or segment.source_port in ports:
            if segment.flags & CONTROL or self._holes:
                return self._follow(frame, ip, segment)
            if segment.length:
                events = self._next(frame, ip, segment)
                return self._follow(frame, ip, segment) if events is None else events
        elif segment.payload[:3] in STARTS:
            return self._follow(frame, ip, segment)
        elif segment.flags & CONTROL:
            key = (frame.link, ip.source, segment.source_port, ip.destination, segment.destination_port)
            return self._handshakes.follow(key, frame, ip, segment, known=False)
        return ()

    def _next(self, frame: Frame, ip: IpPacket, segment: Segment) -> Iterable[Event] | None:
        """Take a segment that is the next of a connection that is decoded already; None for any other."""
        key = (frame.link, ip.source, segment.source_port, ip.destination, segment.destination_port)
        direction = self._directions.get(key)
        if direction is None or direction.connection.conversation is None:
            return None
        piece = direction.stream.next(segment.sequence, segment.payload, segment.length, frame)
        if piece is None:
            return None
        direction.identity = frame.data[ip.start - 16 : ip.start - 14]
        direction.connection.last = frame.number
        return direction.connection.conversation.piece(piece, by_client=direction.by_client)

    def finish(self) -> Iterator[Event]:
        """Return what still waits behind holes when the capture ends."""
        for key in sorted(self._holes):
            yield from self._flush(self._directions[key])

    def forget(self) -> Iterator[Event]:
        """Forget every connection, because time has gone back for their ends; return what waited behind holes."""
        yield from self.finish()
        self._handshakes = Handshakes()
        self._directions.clear()
        self._holes.clear()
        self._held = 0

    def _follow(self, frame: Frame, ip: IpPacket, segment: Segment) -> Iterator[Event]:
        key = (frame.link, ip.source, segment.source_port, ip.destination, segment.destination_port)
        flags = segment.flags
        if self._holes and flags & ACK:
            yield from self._acknowledge(reverse(key), segment.acknowledged)
        if flags & CONTROL:
            direction = self._directions.get(key)
            known = direction is not None and not direction.connection.ended
            yield from self._handshakes.follow(key, frame, ip, segment, known=known)
        if flags & SYN:
            yield from self._open(key, segment, frame)
            return
        yield from self._data(key, frame, ip, segment)
        direction = self._directions.get(key)
        if direction is None:
            return
        if flags & FIN:
            direction.stream.close(segment.sequence + segment.length)
        if flags & RST:
            yield from self._reset(direction, Origin.of(frame))
        elif direction.stream.finished:
            yield from self._end(direction, Origin.of(frame))

    def _data(self, key: Key, frame: Frame, ip: IpPacket, segment: Segment) -> Iterator[Event]:
        if not segment.length:
            return
        direction = self._directions.get(key)
        if direction is not None and direction.connection.reset:
            if direction.stream.had(segment.sequence, segment.length):  # sent again before the reset had come
                return
            yield from self._forget(key, Origin.of(frame))
            direction = None
        if direction is None:
            direction = self._create(key, segment.payload, frame.number)
            if direction is None:
                return
            yield from self._make_room()
        stream = direction.stream
        pieces = stream.add(segment.sequence, segment.payload, segment.length, frame)
        if pieces is None:
            yield from self._forget(key, Origin.of(frame))
            yield from self._data(key, frame, ip, segment)
            return
        direction.connection.last = frame.number
        yield from self._decode(direction, pieces)
        if stream.repeated != direction.repeated:
            copy = is_copy(identification(frame, ip), direction.identity)
            yield from self._again(direction, frame, segment, copy=copy)
        direction.identity = frame.data[ip.start - 16 : ip.start - 14]

    @staticmethod
    def _again(direction: Direction, frame: Frame, segment: Segment, *, copy: bool) -> Iterator[Event]:
        """Count a segment that was sent again, and tell of it now and then."""
        if copy:
            direction.stream.repeated = direction.repeated
            return
        count = direction.repeated = direction.stream.repeated
        if is_told(count):
            yield TcpRetransmission(*Origin.of(frame), *ends(direction.key), segment.length, count)

    def _acknowledge(self, key: Key, number: int) -> Iterator[Event]:
        if key in self._holes:
            direction = self._directions[key]
            yield from self._decode(direction, direction.stream.acknowledge(number))

    def _open(self, key: Key, segment: Segment, frame: Frame) -> Iterator[Event]:
        """Take a SYN: the first, one sent again, or that of a new connection between the same two ports."""
        direction = self._directions.get(key)
        if direction is not None and not segment.flags & ACK and direction.stream.initial != segment.sequence:
            yield from self._forget(key, Origin.of(frame))
            direction = None
        direction = direction or self._create(key, b"", frame.number)
        if direction is not None and direction.stream.open(segment.sequence):
            direction.connection.opened.append(direction.by_client)
        yield from self._make_room()

    def _create(self, key: Key, data: bytes, number: int) -> Direction | None:
        """Start to follow a connection, of which `data` are the first octets, and return the direction of that key.

        None where there is no telling what it speaks, nor who its client is.
        """
        service = self._services.find(key, data)
        if service is None:
            return None
        make, by_client = service
        sender, receiver = ends(key)
        connection = Connection(make, *((sender, receiver) if by_client else (receiver, sender)), number)
        back = reverse(key)
        direction = self._directions[key] = Direction(key, connection, by_client=by_client)
        self._directions[back] = Direction(back, connection, by_client=not by_client)
        return direction

    def _make_room(self) -> Iterator[Event]:
        """Forget a quarter of the connections where there are too many."""
        if len(self._directions) <= 2 * MOST_CONNECTIONS:
            return
        clients = sorted((one for one in self._directions.values() if one.by_client), key=lambda one: one.retirement)
        for direction in clients[: MOST_CONNECTIONS // 4]:
            for key in (direction.key, reverse(direction.key)):
                yield from self._flush(self._directions[key])
                del self._directions[key]

    def _forget(self, key: Key, origin: Origin) -> Iterator[Event]:
        """End both directions of a connection at once, because a new one takes its ports."""
        yield from self._break_off(self._directions[key], origin)
        del self._directions[key], self._directions[reverse(key)]

    def _reset(self, direction: Direction, origin: Origin) -> Iterator[Event]:
        """End both directions at once; they are kept, so that what is sent again does not look new."""
        yield from self._break_off(direction, origin)
        direction.connection.reset = True
        direction.connection.conversation = None

    def _break_off(self, direction: Direction, origin: Origin) -> Iterator[Event]:
        for one in (direction, self._directions[reverse(direction.key)]):
            yield from self._decode(one, one.stream.finish())
            yield from self._end(one, origin)

    @staticmethod
    def _end(direction: Direction, origin: Origin) -> Iterator[Event]:
        """End a direction; it is kept, so that what is sent again does not look new."""
        connection = direction.connection
        if direction.by_client not in connection.ended:
            connection.ended.add(direction.by_client)
            if connection.conversation is not None:
                yield from connection.conversation.ended(origin, by_client=direction.by_client)

    def _flush(self, direction: Direction) -> Iterator[Event]:
        """Give up a direction's holes."""
        pieces = direction.stream.finish()
        yield from self._decode(direction, pieces)
        if pieces and direction.stream.finished:
            yield from self._end(direction, Origin.of(pieces[-1].frame))

    def _decode(self, direction: Direction, pieces: Iterable[Piece]) -> Iterator[Event]:
        stream = direction.stream
        if stream.has_hole or direction.held:
            self._hold(direction)
        elif self._holes:
            self._holes.pop(direction.key, None)
        for piece in pieces:
            conversation = direction.connection.decoder(piece.data)
            if piece.lost:
                origin, parties = Origin.of(piece.frame), ends(direction.key)
                yield TcpGap(*origin, *parties, piece.missing, piece.after, conversation.protocol)
            yield from conversation.piece(piece, by_client=direction.by_client)
        if self._held > MOST_HELD:
            yield from self._flush(self._directions[next(iter(self._holes))])

    def _hold(self, direction: Direction) -> None:
        """Account for what waits behind a direction's hole."""
        stream = direction.stream
        self._held += stream.held - direction.held
        direction.held = stream.held
        if stream.has_hole:
            self._holes[direction.key] = None
        else:
            self._holes.pop(direction.key, None)
