"""What decodes a TCP connection: by its server's port, by how it starts, or by what its server spoke before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from harness.capture.conversations.http import HttpConversation
from harness.capture.conversations.http2 import Http2Conversation
from harness.capture.conversations.raft import RaftConversation
from harness.capture.conversations.tls import TlsConversation
from harness.capture.protocols import tls
from harness.capture.protocols.recognition import HTTP2_PREFACE, Kind, recognise

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from harness.capture.dissection.handshakes import Key
    from harness.capture.events import Endpoint, Event, Origin
    from harness.capture.reassembly.streams import Piece

CARRIER = {"raft": "http"}
"""Protocols whose connections tell events of another one, too."""

MOST_LEARNED = 1 << 12
"""Servers of which it is remembered what they speak."""


class Conversation(Protocol):
    """What decodes a connection: it takes both directions' octets in order and returns events."""

    protocol: str

    def opened(self, *, by_client: bool) -> None:
        """Note that a direction is seen from its first octet on."""

    def piece(self, piece: Piece, *, by_client: bool) -> Iterable[Event]:
        """Take the next octets of a direction and return the events that they complete."""
        ...

    def ended(self, origin: Origin, *, by_client: bool) -> Iterable[Event]:
        """Take the end of a direction and return the events that it completes."""
        ...


Make: TypeAlias = "Callable[[Endpoint, Endpoint], Conversation]"
"""Makes what decodes a connection of a client to a server."""

CONVERSATIONS: dict[Kind, Make] = {
    Kind.HTTP: HttpConversation,
    Kind.RAFT: RaftConversation,
    Kind.HTTP2: Http2Conversation,
    Kind.TLS: TlsConversation,
}


class Services:
    """The servers of a capture: those of known ports, and those that were recognised.

    Given `only`, those that speak other protocols are known, too, but nothing decodes what they say.
    """

    def __init__(self, by_port: Mapping[int, Make], only: Collection[str] | None = None) -> None:
        self._only = only
        self.ports = {port for port, make in by_port.items() if self._asked(make)}
        """The ports of all of them: a connection between other ports is looked at no further."""
        self._by_port = by_port
        self._learned: dict[tuple[bytes, int], Make] = {}

    def find(self, key: Key, data: bytes) -> tuple[Make, bool] | None:
        """Return what decodes a connection, and whether the key's direction is its client's.

        `data` are the octets that the direction starts with, as far as is known. None where there is no telling, or
        where nobody asks.
        """
        found = self._find(key, data)
        return found if found is None or self._asked(found[0]) or data.startswith(HTTP2_PREFACE) else None

    def _asked(self, make: Make) -> bool:
        protocol = str(getattr(make, "protocol", ""))
        return self._only is None or not {protocol, CARRIER.get(protocol, protocol)}.isdisjoint(self._only)

    def _find(self, key: Key, data: bytes) -> tuple[Make, bool] | None:
        _, source, source_port, destination, destination_port = key
        if destination_port in self._by_port:
            return self._by_port[destination_port], True
        if source_port in self._by_port:
            return self._by_port[source_port], False
        found = recognise(data)
        if found is not None:
            self._learn(key[3:] if found.by_client else key[1:3], found.kind)
            return CONVERSATIONS[found.kind], found.by_client
        if (destination, destination_port) in self._learned:
            return self._learned[destination, destination_port], True
        if (source, source_port) in self._learned:
            return self._learned[source, source_port], False
        return None

    def _learn(self, server: tuple[bytes, int], kind: Kind) -> None:
        """Remember what a server speaks, for its other connections, of which the start may not have been captured.

        Who speaks Raft also answers other requests, so that HTTP is only what it seems to be at first.
        """
        if (kind is Kind.RAFT or server not in self._learned) and len(self._learned) < MOST_LEARNED:
            self._learned[server] = CONVERSATIONS[kind]
            if self._asked(CONVERSATIONS[kind]):
                self.ports.add(server[1])


def conversation(make: Make, client: Endpoint, server: Endpoint, data: bytes) -> Conversation:
    """Return what decodes a connection whose first octets are `data`: encryption and HTTP/2 show, whatever the port.

    So does Raft where HTTP was expected: a member that was asked for something else before looks like any server.
    """
    if make is HttpConversation and (found := recognise(data)) is not None and found.kind is Kind.RAFT:
        make = RaftConversation
    made = make(client, server)
    if tls.starts_record(data):
        return TlsConversation(client, server, "" if isinstance(made, TlsConversation) else made.protocol)
    return Http2Conversation(client, server) if data.startswith(HTTP2_PREFACE) else made
