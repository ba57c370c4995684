"""HTTP/1.x exchanges on one connection: each response beside its request, whatever uses HTTP as its carrier."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from harness.capture.events import Origin, Undecodable
from harness.capture.protocols.http1 import Body, End, HttpParser, Item, Lost, Rejoined
from harness.capture.protocols.http_head import Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.capture.events import Endpoint, Event
    from harness.capture.reassembly.streams import Piece


class Exchanges:
    """One connection, seen by both directions' parsers; a protocol over HTTP overrides what it wants to know.

    `current` is the request that the response in hand answers, None where it was not captured.
    """

    protocol = "http"

    def __init__(self, client: Endpoint, server: Endpoint, *, rejoin_chunks: bool = False) -> None:
        self.client = client
        self.server = server
        self.current: Request | None = None
        self._waiting: deque[Request] = deque()
        self._requests = HttpParser(responses=False)
        self._responses = HttpParser(responses=True, rejoin_chunks=rejoin_chunks)

    def opened(self, *, by_client: bool) -> None:
        """Note that a direction is seen from its first octet on."""
        (self._requests if by_client else self._responses).start()

    def piece(self, piece: Piece, *, by_client: bool) -> Iterable[Event]:
        """Take the next octets of a direction and return the events that they complete."""
        return self._parsed(piece, by_client=by_client)

    def _parsed(self, piece: Piece, *, by_client: bool) -> Iterator[Event]:
        parser = self._requests if by_client else self._responses
        origin = Origin.of(piece.frame)
        if piece.data:
            for item in parser.feed(piece.data):
                yield from self._item(item, origin, by_client=by_client)
        if piece.missing:
            for item in parser.gap(piece.missing):
                yield from self._item(item, origin, by_client=by_client)

    def ended(self, origin: Origin, *, by_client: bool) -> Iterator[Event]:
        """Take the end of a direction."""
        for item in (self._requests if by_client else self._responses).end():
            yield from self._item(item, origin, by_client=by_client)

    def _item(self, item: Item, origin: Origin, *, by_client: bool) -> Iterator[Event]:
        if isinstance(item, Lost):
            self._waiting.clear()
            where = f"{self.client} to {self.server}" if by_client else f"{self.server} to {self.client}"
            yield Undecodable(*origin, self.protocol, f"{item.reason} ({where})")
        elif by_client:
            yield from self._from_client(item, origin)
        else:
            yield from self._from_server(item, origin)

    def _from_client(self, item: Item, origin: Origin) -> Iterator[Event]:
        if isinstance(item, Request):
            self._waiting.append(item)
            self._responses.methods.append(item.method)
            yield from self.on_request(item, origin)
        elif isinstance(item, Body):
            yield from self.on_request_body(item, origin)
        elif isinstance(item, End):
            yield from self.on_request_end(item, origin)

    def _from_server(self, item: Item, origin: Origin) -> Iterator[Event]:
        if isinstance(item, Response):
            if not item.interim:
                self.current = self._waiting.popleft() if self._waiting else None
            if item.ends_http(self.current.method if self.current else ""):
                self._requests.stop()
                self._responses.stop()
            yield from self.on_response(item, origin)
        elif isinstance(item, Body):
            yield from self.on_response_body(item, origin)
        elif isinstance(item, End):
            yield from self.on_response_end(item, origin)
        elif isinstance(item, Rejoined):
            self.on_rejoined()

    def on_request(self, request: Request, origin: Origin) -> Iterator[Event]:
        """Take a request's head."""
        del request, origin
        yield from ()

    def on_request_body(self, body: Body, origin: Origin) -> Iterator[Event]:
        """Take a part of a request's body."""
        del body, origin
        yield from ()

    def on_request_end(self, end: End, origin: Origin) -> Iterator[Event]:
        """Take the end of a request."""
        del end, origin
        yield from ()

    def on_response(self, response: Response, origin: Origin) -> Iterator[Event]:
        """Take a response's head."""
        del response, origin
        yield from ()

    def on_response_body(self, body: Body, origin: Origin) -> Iterator[Event]:
        """Take a part of a response's body."""
        del body, origin
        yield from ()

    def on_response_end(self, end: End, origin: Origin) -> Iterator[Event]:
        """Take the end of a response."""
        del end, origin
        yield from ()

    def on_rejoined(self) -> None:
        """Note that the server's stream goes on in the midst of a chunked body."""
