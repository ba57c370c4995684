from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.capture.conversations.http import HttpConversation
from harness.capture.events import HttpComplete, HttpRequest, HttpResponse, Origin, Undecodable
from harness.capture.frames import Frame
from harness.capture.reassembly.streams import Piece
from tests.capture.build import ethernet
from tests.capture.make import CLIENT_END, SERVER_END

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.capture.events import Event

FRAME = Frame(9, 5, "segment", ethernet(b""), 60)
REQUEST = b"GET /initrd.img HTTP/1.1\r\nHost: boot\r\nUser-Agent: iPXE/1.21.1\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"


def conversation() -> HttpConversation:
    made = HttpConversation(CLIENT_END, SERVER_END)
    made.opened(by_client=True)
    made.opened(by_client=False)
    return made


def fed(made: HttpConversation, data: bytes, missing: int = 0, *, by_client: bool = False) -> list[Event]:
    return list(made.piece(Piece(data, missing, lost=False, frame=FRAME), by_client=by_client))


def only(events: Iterable[Event]) -> Event:
    (event,) = events
    return event


def test_a_request_says_what_for_where_and_by_whom() -> None:
    request = only(fed(conversation(), REQUEST, by_client=True))
    assert isinstance(request, HttpRequest)
    assert (request.method, request.target, request.host, request.user_agent) == (
        "GET",
        "/initrd.img",
        "boot",
        "iPXE/1.21.1",
    )
    assert (request.client, request.server, request.frame) == (CLIENT_END, SERVER_END, 9)


def test_a_request_without_fields_has_empty_ones() -> None:
    request = only(fed(conversation(), b"GET / HTTP/1.0\r\n\r\n", by_client=True))
    assert isinstance(request, HttpRequest)
    assert request.host == request.user_agent == ""


@pytest.mark.parametrize("kept", [0, 1, 50, 99, 100])
def test_a_body_is_counted_whatever_was_kept_of_it(kept: int) -> None:
    made = conversation()
    fed(made, REQUEST, by_client=True)
    response = only(fed(made, HEAD))
    assert isinstance(response, HttpResponse)
    assert (response.target, response.status, response.content_length) == ("/initrd.img", 200, 100)
    complete = only(fed(made, bytes(kept), 100 - kept))
    assert isinstance(complete, HttpComplete)
    assert (complete.octets, complete.missing, complete.whole) == (100, 100 - kept, True)


def test_counting_starts_anew_with_each_response() -> None:
    made = conversation()
    for _ in range(2):
        fed(made, REQUEST, by_client=True)
        fed(made, HEAD + bytes(10), 50)
        complete = only(fed(made, bytes(40)))
        assert isinstance(complete, HttpComplete)
        assert (complete.octets, complete.missing) == (100, 50)


def test_the_answer_to_head_has_a_length_and_no_body() -> None:
    made = conversation()
    fed(made, REQUEST.replace(b"GET", b"HEAD"), by_client=True)
    response, complete = fed(made, HEAD)
    assert isinstance(response, HttpResponse)
    assert isinstance(complete, HttpComplete)
    assert (response.content_length, complete.octets, complete.whole) == (100, 0, True)


def test_a_connection_that_ends_too_early_says_so() -> None:
    made = conversation()
    fed(made, HEAD + bytes(10))
    complete = only(made.ended(Origin.of(FRAME), by_client=False))
    assert isinstance(complete, HttpComplete)
    assert (complete.octets, complete.whole, complete.target) == (10, False, "")


def test_octets_missing_beyond_a_body_lose_what_follows() -> None:
    made = conversation()
    fed(made, REQUEST + REQUEST, by_client=True)
    fed(made, HEAD)
    lost, complete = fed(made, b"", 150)
    assert isinstance(lost, Undecodable)
    assert lost.reason.startswith("150 bytes are missing: nothing is decoded until a message starts a segment (192.168")
    assert isinstance(complete, HttpComplete)
    assert not complete.whole
    response = fed(made, HEAD)[0]
    assert isinstance(response, HttpResponse)
    assert response.target == "", "whose answer this is, is not known any more"


def test_a_range_is_told_on_both_sides() -> None:
    made = conversation()
    (request,) = fed(made, b"GET /disk.img HTTP/1.1\r\nRange: bytes=5-9\r\n\r\n", by_client=True)
    head = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 5-9/100\r\n\r\n"
    response, complete = fed(made, head + b"56789")
    assert isinstance(request, HttpRequest)
    assert isinstance(response, HttpResponse)
    assert isinstance(complete, HttpComplete)
    assert (request.range, response.content_range) == ("bytes=5-9", "bytes 5-9/100")
    assert (complete.octets, complete.whole) == (5, True)


@pytest.mark.parametrize(
    "request_line, status",
    [(b"GET /chat HTTP/1.1", b"101 Switching Protocols"), (b"CONNECT a:443 HTTP/1.1", b"200 OK")],
)
def test_what_follows_a_change_of_protocol_is_not_taken_for_http(request_line: bytes, status: bytes) -> None:
    made = conversation()
    fed(made, request_line + b"\r\n\r\n", by_client=True)
    response, complete = fed(made, b"HTTP/1.1 " + status + b"\r\n\r\n\x81\x05hello")
    assert isinstance(response, HttpResponse)
    assert isinstance(complete, HttpComplete)
    assert complete.whole
    assert fed(made, b"\x81\x85", by_client=True) == fed(made, b"HTTP/1.1 200 OK\r\n\r\n", 7) == []
    assert list(made.ended(Origin.of(FRAME), by_client=False)) == []


def test_an_answer_to_head_has_no_body_whatever_its_length_says() -> None:
    made = conversation()
    fed(made, b"HEAD /disk.img HTTP/1.1\r\n\r\nGET /a HTTP/1.1\r\n\r\n", by_client=True)
    answers = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nHTTP/1.0 404 Not Found\r\n\r\ngone"
    told = [*fed(made, answers), *made.ended(Origin.of(FRAME), by_client=False)]
    ends = [(event.target, event.octets, event.whole) for event in told if isinstance(event, HttpComplete)]
    assert ends == [("/disk.img", 0, True), ("/a", 4, True)]
