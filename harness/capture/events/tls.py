"""What was seen of TLS (RFC 8446): that a connection is encrypted, and what its first message says in the clear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.events.event import Event

if TYPE_CHECKING:
    from harness.capture.events.event import Endpoint


@dataclass(frozen=True, slots=True)
class TlsEvent(Event):
    """An encrypted connection. `expected` is the protocol that its port is known to speak, empty where it is not."""

    protocol = "tls"

    client: Endpoint
    server: Endpoint
    expected: str


@dataclass(frozen=True, slots=True)
class TlsClientHello(TlsEvent):
    """A client begins to speak TLS: the name of the server it asks for, the versions and protocols that it offers.

    `server_name` is empty and `alpn` too where it names none.
    """

    server_name: str
    versions: tuple[str, ...]
    alpn: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TlsRecords(TlsEvent):
    """A connection speaks TLS, and its ClientHello was not captured."""
