"""TLS events: a connection is encrypted, and that is all that its decoder can say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.events import Origin
from harness.capture.protocols import tls
from harness.capture.protocols.malformed import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.capture.events import Endpoint, Event
    from harness.capture.reassembly.streams import Piece


class TlsConversation:
    """One encrypted connection: told once, by its ClientHello where that was captured whole.

    `expected` is the protocol that the server's port is known to speak, empty where it is not.
    """

    protocol = "tls"

    def __init__(self, client: Endpoint, server: Endpoint, expected: str = "") -> None:
        self.client = client
        self.server = server
        self.expected = expected
        self._told = False
        self._hello = b""

    def opened(self, *, by_client: bool) -> None:
        """Do nothing: a hello is recognised by itself."""

    def piece(self, piece: Piece, *, by_client: bool) -> Iterable[Event]:
        """Take the next octets; after the hello nothing is looked at."""
        return () if self._told else self._look(piece, by_client=by_client)

    def ended(self, origin: Origin, *, by_client: bool) -> Iterator[Event]:
        """Take the end of a direction."""
        del by_client
        if self._hello and not self._told:
            yield self._records(origin)

    def _look(self, piece: Piece, *, by_client: bool) -> Iterator[Event]:
        origin = Origin.of(piece.frame)
        if by_client and not piece.missing and (self._hello or tls.hello_type(piece.data) == tls.CLIENT_HELLO):
            self._hello += piece.data
            try:
                hello = tls.client_hello(self._hello)
            except Malformed as problem:
                yield self._records(origin)
                yield events.Undecodable(*origin, self.protocol, f"{problem} ({self.client} to {self.server})")
                return
            if hello is not None:
                self._told, self._hello = True, b""
                ends = (self.client, self.server, self.expected)
                yield events.TlsClientHello(*origin, *ends, hello.server_name, hello.versions, hello.alpn)
        else:
            yield self._records(origin)

    def _records(self, origin: Origin) -> Event:
        self._told, self._hello = True, b""
        return events.TlsRecords(*origin, self.client, self.server, self.expected)
