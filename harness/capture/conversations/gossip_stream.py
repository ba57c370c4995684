"""Gossip events from TCP: what members tell each other in full when they join, and every half a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.conversations import gossip
from harness.capture.events import Origin, Undecodable
from harness.capture.protocols import memberlist_stream
from harness.capture.protocols.malformed import Malformed, Truncated
from harness.capture.protocols.memberlist import Message, Sealed
from harness.capture.protocols.memberlist_stream import LONGEST_STATE, PushPull

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.capture.events import Endpoint, Event
    from harness.capture.protocols.memberlist_stream import Item
    from harness.capture.reassembly.streams import Piece

EAGER = 1 << 16
"""Octets up to which a message is tried with every segment, and beyond that whenever twice as many are there."""


class _Half:
    """One direction: what came of a message that is not whole yet."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.next_try = 1
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True
        self.buffer.clear()


class GossipConversation:
    """One TCP connection between two members."""

    protocol = "gossip"

    def __init__(self, client: Endpoint, server: Endpoint) -> None:
        self.client = client
        self.server = server
        self._halves = {True: _Half(), False: _Half()}

    def opened(self, *, by_client: bool) -> None:
        """Do nothing: octets show by themselves whether they start a message."""

    def piece(self, piece: Piece, *, by_client: bool) -> Iterable[Event]:
        """Take the next octets of a direction and return the events that they complete."""
        half = self._halves[by_client]
        return () if half.stopped else self._read(half, piece, by_client=by_client)

    def ended(self, origin: Origin, *, by_client: bool) -> Iterator[Event]:
        """Take the end of a direction, with which its last message has to be whole."""
        half = self._halves[by_client]
        if half.buffer:
            yield from self._messages(half, origin, by_client=by_client, last=True)
        half.stop()

    def _read(self, half: _Half, piece: Piece, *, by_client: bool) -> Iterator[Event]:
        origin = Origin.of(piece.frame)
        half.buffer += piece.data
        if len(half.buffer) >= half.next_try:
            yield from self._messages(half, origin, by_client=by_client)
        if piece.missing and not half.stopped:
            half.stop()
            reason = f"{piece.missing} bytes are missing: the rest of the connection is not decoded"
            yield self._undecodable(reason, origin, by_client=by_client)

    def _messages(self, half: _Half, origin: Origin, *, by_client: bool, last: bool = False) -> Iterator[Event]:
        try:
            while half.buffer:
                item, end = memberlist_stream.parse(bytes(half.buffer))
                del half.buffer[:end]
                half.next_try = 1
                yield from self._told(item, origin)
        except Truncated as problem:
            size = len(half.buffer)
            half.next_try = size + 1 if size < EAGER else 2 * size
            if last or size > 2 * LONGEST_STATE:
                half.stop()
                yield self._undecodable(str(problem), origin, by_client=by_client)
        except Malformed as problem:
            half.stop()
            yield self._undecodable(str(problem), origin, by_client=by_client)

    def _told(self, item: Item, origin: Origin) -> Iterator[Event]:
        port = self.server.port
        if isinstance(item, Sealed):
            yield events.GossipEncrypted(*origin, port, item.octets, item.version)
        elif isinstance(item, Message):
            yield from gossip.told(item, origin, port)
        else:
            yield _push_pull(item, origin, port)
            if item.user_state:
                yield from gossip.of_user(item.user_state, origin, port)

    def _undecodable(self, reason: str, origin: Origin, *, by_client: bool) -> Event:
        way = f"{self.client} to {self.server}" if by_client else f"{self.server} to {self.client}"
        return Undecodable(*origin, self.protocol, f"{reason} ({way})")


def _push_pull(item: PushPull, origin: Origin, port: int) -> Event:
    nodes = tuple(gossip.node(one.fields, one.state) for one in item.nodes)
    return events.GossipPushPull(*origin, port, item.join, nodes, len(item.user_state))
