"""All TCP connections of a capture: each segment to its stream, each stream to what decodes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from harness.capture.conversations.datagram import endpoint
from harness.capture.events import Origin, Undecodable
from harness.capture.protocols.tcp import ACK, FIN, RST, SYN
from harness.capture.streams import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sized

    from harness.capture.events import Endpoint, Event
    from harness.capture.frames import Frame
    from harness.capture.protocols.ip import IpPacket
    from harness.capture.protocols.tcp import Segment
    from harness.capture.streams import Piece

CONTROL = SYN | FIN | RST

Key = tuple[str, bytes, int, bytes, int]
"""A direction: the link, then the sender's address and port, then the receiver's."""


class Conversation(Protocol):
    """What decodes a connection: it takes both directions' octets in order and returns events."""

    protocol: str

    def opened(self, *, by_client: bool) -> None:
        """Take note that a direction is seen from its first octet on."""

    def piece(self, piece: Piece, *, by_client: bool) -> Iterable[Event]:
        """Take the next octets of a direction and return the events that they complete."""
        ...

    def ended(self, origin: Origin, *, by_client: bool) -> Iterable[Event]:
        """Take the end of a direction and return the events that it completes."""
        ...


class _Direction:
    """One direction of a connection; both share the conversation."""

    __slots__ = ("by_client", "conversation", "ended", "key", "stream")

    def __init__(self, key: Key, conversation: Conversation, *, by_client: bool) -> None:
        self.key = key
        self.conversation = conversation
        self.by_client = by_client
        self.stream = Stream()
        self.ended = False


class Connections:
    """Follows the connections to servers of known ports; `services` makes what decodes one of client and server."""

    def __init__(self, services: Mapping[int, Callable[[Endpoint, Endpoint], Conversation]]) -> None:
        self._services = services
        self._directions: dict[Key, _Direction] = {}
        self._holes: set[Key] = set()

    @property
    def ports(self) -> Container[int]:
        """The server ports whose connections are followed, as they are at any time."""
        return self._services.keys()

    @property
    def holes(self) -> Sized:
        """The directions in which octets are missing, as they are at any time."""
        return self._holes

    def segment(self, frame: Frame, ip: IpPacket, segment: Segment) -> Iterable[Event]:
        """Take a segment and return the events that it completes."""
        services = self._services
        if segment.destination_port not in services and segment.source_port not in services:
            return ()
        if not segment.length and not segment.flags & CONTROL and not self._holes:
            return ()
        return self._follow(frame, ip, segment)

    def finish(self) -> Iterator[Event]:
        """Return what waits behind holes, because no frame will come any more."""
        for key in sorted(self._holes):
            direction = self._directions[key]
            yield from self._decode(direction, direction.stream.finish())

    def _follow(self, frame: Frame, ip: IpPacket, segment: Segment) -> Iterator[Event]:
        key = (frame.link, ip.source, segment.source_port, ip.destination, segment.destination_port)
        flags = segment.flags
        if self._holes and flags & ACK:
            yield from self._acknowledge(_reverse(key), segment.acknowledged)
        if flags & SYN:
            yield from self._open(key, segment, Origin.of(frame))
            return
        direction = self._directions.get(key)
        if direction is None:
            if not segment.length:
                return
            direction = self._create(key)
        if segment.length:
            pieces = direction.stream.add(segment.sequence, segment.payload, segment.length, frame)
            yield from self._decode(direction, pieces)
        if flags & FIN:
            direction.stream.close(segment.sequence + segment.length)
        if flags & RST:
            yield from self._forget(key, Origin.of(frame))
        elif direction.stream.finished:
            yield from self._end(direction, Origin.of(frame))

    def _acknowledge(self, key: Key, number: int) -> Iterator[Event]:
        if key in self._holes:
            direction = self._directions[key]
            yield from self._decode(direction, direction.stream.acknowledge(number))

    def _open(self, key: Key, segment: Segment, origin: Origin) -> Iterator[Event]:
        """Take a SYN: the first, one sent again, or that of a new connection between the same two ports."""
        direction = self._directions.get(key)
        if direction is not None and not segment.flags & ACK and direction.stream.initial != segment.sequence:
            yield from self._forget(key, origin)
            direction = None
        direction = direction or self._create(key)
        if direction.stream.open(segment.sequence):
            direction.conversation.opened(by_client=direction.by_client)

    def _create(self, key: Key) -> _Direction:
        """Start to follow a connection, and return the direction of that key."""
        _, source, source_port, destination, destination_port = key
        sender, receiver = endpoint((source, source_port)), endpoint((destination, destination_port))
        by_client = destination_port in self._services
        if by_client:
            conversation = self._services[destination_port](sender, receiver)
        else:
            conversation = self._services[source_port](receiver, sender)
        back = _reverse(key)
        direction = self._directions[key] = _Direction(key, conversation, by_client=by_client)
        self._directions[back] = _Direction(back, conversation, by_client=not by_client)
        return direction

    def _forget(self, key: Key, origin: Origin) -> Iterator[Event]:
        """End both directions of a connection at once, because it was reset or a new one takes its ports."""
        for direction in (self._directions.pop(key), self._directions.pop(_reverse(key))):
            yield from self._decode(direction, direction.stream.finish())
            yield from self._end(direction, origin)

    @staticmethod
    def _end(direction: _Direction, origin: Origin) -> Iterator[Event]:
        """End a direction; it is kept, so that what is sent again does not look new."""
        if not direction.ended:
            direction.ended = True
            yield from direction.conversation.ended(origin, by_client=direction.by_client)

    def _decode(self, direction: _Direction, pieces: Iterable[Piece]) -> Iterator[Event]:
        if direction.stream.has_hole:
            self._holes.add(direction.key)
        elif self._holes:
            self._holes.discard(direction.key)
        for piece in pieces:
            if piece.lost:
                yield _lost(direction, piece)
            yield from direction.conversation.piece(piece, by_client=direction.by_client)


def _reverse(key: Key) -> Key:
    link, source, source_port, destination, destination_port = key
    return (link, destination, destination_port, source, source_port)


def _lost(direction: _Direction, piece: Piece) -> Undecodable:
    _, source, source_port, destination, destination_port = direction.key
    way = f"{endpoint((source, source_port))} to {endpoint((destination, destination_port))}"
    return Undecodable(
        *Origin.of(piece.frame), direction.conversation.protocol, f"{piece.missing} bytes from {way} were not captured"
    )
