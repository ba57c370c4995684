"""HTTP/2 (RFC 9113) is recognised by its preface, told, and not decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.events import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.capture.events import Endpoint, Event
    from harness.capture.reassembly.streams import Piece


class Http2Conversation:
    """One connection that speaks HTTP/2 from its first octet on."""

    protocol = "http"

    def __init__(self, client: Endpoint, server: Endpoint) -> None:
        self.client = client
        self.server = server
        self._told = False

    def opened(self, *, by_client: bool) -> None:
        """Do nothing."""

    def piece(self, piece: Piece, *, by_client: bool) -> Iterable[Event]:
        """Tell of the connection with its first octets."""
        del by_client
        if self._told:
            return ()
        self._told = True
        return (events.Http2Preface(*Origin.of(piece.frame), self.client, self.server),)

    def ended(self, origin: Origin, *, by_client: bool) -> Iterable[Event]:
        """Do nothing: nothing was decoded that could end."""
        del origin, by_client
        return ()
