"""HTTP events: requests, their responses, and the ends of bodies, of which the bulk need not have been captured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.conversations.exchanges import Exchanges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.capture.events import Event, Origin
    from harness.capture.protocols.http1 import Body, End
    from harness.capture.protocols.http_head import Request, Response
    from harness.capture.reassembly.streams import Piece


class HttpConversation(Exchanges):
    """One connection of a client to an HTTP server."""

    _octets = 0
    _missing = 0
    _status = 0

    def piece(self, piece: Piece, *, by_client: bool) -> Iterable[Event]:
        """Take the next octets; what lies in the midst of a download is only counted."""
        if not by_client:
            length = len(piece.data) + piece.missing
            if self._responses.skip(length):
                self._octets += length
                self._missing += piece.missing
                return ()
        return super().piece(piece, by_client=by_client)

    def on_request(self, request: Request, origin: Origin) -> Iterator[Event]:
        """Tell of a request."""
        yield events.HttpRequest(
            *origin,
            client=self.client,
            server=self.server,
            method=request.method,
            target=request.target,
            host=request.fields.get("host", ""),
            user_agent=request.fields.get("user-agent", ""),
            range=request.fields.get("range", ""),
        )

    def on_response(self, response: Response, origin: Origin) -> Iterator[Event]:
        """Tell of a response's head."""
        self._octets = self._missing = 0
        self._status = response.status
        yield events.HttpResponse(
            *origin,
            *self._exchange(),
            status=response.status,
            content_length=response.content_length,
            content_range=response.fields.get("content-range", ""),
        )

    def on_response_body(self, body: Body, origin: Origin) -> Iterator[Event]:
        """Count the octets of a body."""
        del origin
        self._octets += len(body.data) + body.missing
        self._missing += body.missing
        yield from ()

    def on_response_end(self, end: End, origin: Origin) -> Iterator[Event]:
        """Tell of a body's end."""
        yield events.HttpComplete(
            *origin,
            *self._exchange(),
            status=self._status,
            octets=self._octets,
            missing=self._missing,
            whole=end.whole,
        )

    def _exchange(self) -> tuple[events.Endpoint, events.Endpoint, str, str]:
        request = self.current
        return (self.client, self.server, request.method if request else "", request.target if request else "")
