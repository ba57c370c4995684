from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.conversations.exchanges import Exchanges
from harness.capture.events import Origin, Undecodable
from harness.capture.frames import Frame
from harness.capture.reassembly.streams import Piece
from tests.capture.build import ethernet
from tests.capture.make import CLIENT_END, SERVER_END

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.capture.events import Event
    from harness.capture.protocols.http1 import Body, End
    from harness.capture.protocols.http_head import Request, Response

FRAME = Frame(9, 5, "segment", ethernet(b""), 60)


class Log(Exchanges):
    """Writes down what it is told."""

    def __init__(self) -> None:
        super().__init__(CLIENT_END, SERVER_END, rejoin_chunks=True)
        self.log: list[object] = []

    def _note(self, *what: object) -> Iterator[Event]:
        self.log.append(what)
        yield from ()

    def on_request(self, request: Request, origin: Origin) -> Iterator[Event]:
        return self._note("request", request.target, origin.frame)

    def on_request_body(self, body: Body, origin: Origin) -> Iterator[Event]:
        return self._note("request body", body.data, origin.frame)

    def on_request_end(self, end: End, origin: Origin) -> Iterator[Event]:
        return self._note("request end", end.whole, origin.frame)

    def on_response(self, response: Response, origin: Origin) -> Iterator[Event]:
        return self._note("response", response.status, self.current and self.current.target, origin.frame)

    def on_response_body(self, body: Body, origin: Origin) -> Iterator[Event]:
        return self._note("response body", body.data, origin.frame)

    def on_response_end(self, end: End, origin: Origin) -> Iterator[Event]:
        return self._note("response end", end.whole, origin.frame)

    def on_rejoined(self) -> None:
        self.log.append("rejoined")

    def feed(self, data: bytes, *, by_client: bool, missing: int = 0) -> list[Event]:
        return list(self.piece(Piece(data, missing, lost=False, frame=FRAME), by_client=by_client))


def opened() -> Log:
    made = Log()
    made.opened(by_client=True)
    made.opened(by_client=False)
    return made


POST = b"POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"
GET = b"GET /b HTTP/1.1\r\n\r\n"


def test_each_response_has_its_own_request() -> None:
    made = opened()
    assert made.feed(POST + GET, by_client=True) == []
    made.feed(b"HTTP/1.1 100 Continue\r\n\r\n", by_client=False)
    made.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", by_client=False)
    made.feed(b"HTTP/1.1 204 No Content\r\n\r\n", by_client=False)
    assert made.log == [
        ("request", "/a", 9),
        ("request body", b"hi", 9),
        ("request end", True, 9),
        ("request", "/b", 9),
        ("request end", True, 9),
        ("response", 100, None, 9),
        ("response", 200, "/a", 9),
        ("response body", b"ok", 9),
        ("response end", True, 9),
        ("response", 204, "/b", 9),
        ("response end", True, 9),
    ]


def test_what_is_lost_is_told_and_earlier_requests_are_no_longer_counted_on() -> None:
    made = opened()
    made.feed(GET, by_client=True)
    (lost,) = made.feed(b"\x16\x03\x01", by_client=False)
    assert isinstance(lost, Undecodable)
    assert lost.expected == "http"
    made.feed(b"HTTP/1.1 204 No Content\r\n\r\n", by_client=False)
    assert ("response", 204, None, 9) in made.log


def test_a_direction_that_was_not_seen_from_its_start_is_joined() -> None:
    made = Log()
    assert made.feed(b"some body", by_client=False) == []
    made.feed(b"2\r\nab\r\n", by_client=False)
    assert made.log == ["rejoined", ("response body", b"ab", 9)]


def test_the_end_of_a_direction_ends_its_body() -> None:
    made = opened()
    made.feed(b"HTTP/1.1 200 OK\r\n\r\nabc", by_client=False)
    assert list(made.ended(Origin.of(FRAME), by_client=False)) == []
    assert made.log[-1] == ("response end", True, 9)
