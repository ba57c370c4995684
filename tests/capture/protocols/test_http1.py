from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols.http1 import (
    LONGEST_HEAD,
    LONGEST_LINE,
    Body,
    End,
    HttpParser,
    Item,
    Lost,
    Rejoined,
)
from harness.capture.protocols.http_head import Request, Response
from tests.capture.build import cut

if TYPE_CHECKING:
    from collections.abc import Iterable


def parser(*methods: str, responses: bool = True, rejoin: bool = False) -> HttpParser:
    made = HttpParser(responses=responses, rejoin_chunks=rejoin)
    made.methods.extend(methods)
    made.start()
    return made


def joined(items: Iterable[Item]) -> list[Item]:
    """Put the parts of bodies together, so that where a stream was cut makes no difference."""
    found: list[Item] = []
    for item in items:
        if isinstance(item, Body) and found and isinstance(found[-1], Body):
            found[-1] = Body(found[-1].data + item.data, found[-1].missing + item.missing)
        else:
            found.append(Body(item.data, item.missing) if isinstance(item, Body) else item)
    return found


def fed(made: HttpParser, *parts: bytes) -> list[Item]:
    return joined(item for part in parts for item in made.feed(part))


REQUESTS = (
    b"GET /boot.ipxe HTTP/1.1\r\nHost: 192.168.100.1\r\nUser-Agent: iPXE/1.21\r\n\r\n"
    b"\r\nPOST /raft HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
    b"HEAD /x HTTP/1.0\r\n\r\n"
    b"POST /y HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;a=b\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
)
REQUEST_ITEMS = [
    Request("GET", "/boot.ipxe", {"host": "192.168.100.1", "user-agent": "iPXE/1.21"}, None),
    End(whole=True),
    Request("POST", "/raft", {"content-length": "5"}, 5),
    Body(b"hello"),
    End(whole=True),
    Request("HEAD", "/x", {}, None),
    End(whole=True),
    Request("POST", "/y", {"transfer-encoding": "chunked"}, None),
    Body(b"abcde"),
    End(whole=True),
]


@given(st.lists(st.integers(0, 10_000)))
def test_pipelined_requests_are_the_same_wherever_the_stream_is_cut(places: list[int]) -> None:
    assert fed(parser(responses=False), *cut(REQUESTS, places)) == REQUEST_ITEMS


RESPONSES = (
    b"HTTP/1.1 100 Continue\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
    b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"  # answers HEAD
    b"HTTP/1.1 204 No Content\r\n\r\n"
    b"HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n"
    b"HTTP/1.0 200 OK\r\n\r\nuntil the end"
)


@given(st.lists(st.integers(0, 10_000)))
def test_responses_have_the_bodies_that_their_requests_and_heads_allow(places: list[int]) -> None:
    made = parser("GET", "HEAD", "POST", "GET", "GET", "GET")
    items = fed(made, *cut(RESPONSES, places)) + list(made.end())
    assert items == [
        Response(100, {}, None),
        Response(200, {"content-length": "4"}, 4),
        Body(b"body"),
        End(whole=True),
        Response(200, {"content-length": "4000"}, 4000),
        End(whole=True),
        Response(204, {}, None),
        End(whole=True),
        Response(404, {"content-length": "0"}, 0),
        End(whole=True),
        Response(200, {"transfer-encoding": "chunked"}, None),
        Body(b"0123456789"),
        End(whole=True),
        Response(200, {}, None),
        Body(b"until the end"),
        End(whole=True),
    ]


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"


def test_missing_octets_of_a_body_are_counted_and_the_next_message_is_found() -> None:
    made = parser("GET", "GET")
    items = fed(made, HEAD + b"ab")
    items += made.gap(8)
    items += fed(made, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    assert items[1:] == [
        Body(b"ab"),
        Body(b"", 8),
        End(whole=True),
        Response(404, {"content-length": "0"}, 0),
        End(True),
    ]


def test_missing_octets_of_a_chunk_are_counted() -> None:
    made = parser("GET")
    fed(made, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nab")
    assert list(made.gap(6)) == [Body(b"", 6)]
    assert fed(made, b"\r\n0\r\n\r\n") == [End(whole=True)]


def test_missing_octets_beyond_a_body_lose_the_place_until_the_next_start_line() -> None:
    made = parser("GET", "GET")
    fed(made, HEAD + b"ab")
    assert list(made.gap(9)) == [
        Lost("9 bytes are missing: nothing is decoded until a message starts a segment"),
        End(whole=False),
    ]
    assert fed(made, b"still unknown", b"unknown HTTP/1.1 200 OK\r\n") == []
    assert fed(made, b"HTTP/1.1 204 No Content\r\n\r\n") == [Response(204, {}, None), End(whole=True)]


def test_missing_octets_of_a_head_lose_the_message() -> None:
    made = parser("GET")
    fed(made, HEAD[:20])
    assert list(made.gap(5)) == [Lost("5 bytes are missing: nothing is decoded until a message starts a segment")]


def test_a_body_without_a_length_has_missing_octets_too() -> None:
    made = parser("GET")
    fed(made, b"HTTP/1.1 200 OK\r\n\r\n")
    assert list(made.gap(100)) == [Body(b"", 100)]
    assert list(made.end()) == [End(whole=True)]


def test_a_stream_that_ends_within_a_body_is_not_whole() -> None:
    made = parser("GET")
    fed(made, HEAD + b"ab")
    assert list(made.end()) == [End(whole=False)]


def test_the_midst_of_a_body_can_be_skipped_but_not_its_end() -> None:
    made = parser("GET")
    fed(made, HEAD)
    assert made.skip(9)
    assert not made.skip(1)
    assert fed(made, b"x") == [Body(b"x"), End(whole=True)]
    assert not made.skip(1)


def test_a_stream_joined_midway_is_silent_until_a_start_line() -> None:
    made = HttpParser(responses=True)
    assert fed(made, b"some", b"body") == []
    assert list(made.gap(100)) == []
    assert fed(made, HEAD)[0] == Response(200, {"content-length": "10"}, 10)


def test_a_chunked_stream_can_be_joined_at_a_chunk() -> None:
    made = HttpParser(responses=True, rejoin_chunks=True)
    assert fed(made, b"12345") == []
    assert fed(made, b"3\r\nabcX") == [], "a chunk is followed by a line end"
    assert fed(made, b"3\r\nabc\r\n") == [Rejoined(), Body(b"abc")]
    assert fed(made, b"2\r\nde\r\n") == [Body(b"de")]


def test_a_body_says_where_a_chunk_starts() -> None:
    made = parser("GET")
    items = made.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab")
    assert [item.starts_chunk for item in items if isinstance(item, Body)] == [True]
    assert [item.starts_chunk for item in made.feed(b"cd\r\n1\r\ne\r\n") if isinstance(item, Body)] == [False, True]


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"\x16\x03\x01\x02\x00", "b'\\x16\\x03\\x01\\x02\\x00'"[1:] + " starts no HTTP message"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "'SSH-2.0-OpenSSH_9.2' is no status line"),
        (b"HTTP/2.0 200 OK\r\n\r\n", "'HTTP/2.0 200 OK' is no status line"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "Content-Length is '-1', not a number"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n", "Content-Length is '²', not a number"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "a chunk's size is 'xyz', not a hexadecimal"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            "a chunk is followed by 'b', not by a line",
        ),
        (b"HTTP/1.1 200 OK\r\n" + b"x" * LONGEST_HEAD, "a head of more than 65536 bytes"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * (LONGEST_LINE + 1),
            "a line of more than 4096 bytes",
        ),
    ],
)
def test_what_is_no_http_is_said_once_and_then_waited_out(data: bytes, reason: str) -> None:
    made = parser("GET")
    lost = [item for item in made.feed(data) if isinstance(item, Lost)]
    assert len(lost) == 1
    assert lost[0].reason.startswith(reason)
    assert fed(made, b"more of it") == []


@given(st.lists(st.binary(max_size=60) | st.sampled_from(cut(RESPONSES, [60, 120, 300]))), st.booleans(), st.booleans())
def test_any_octets_never_raise(parts: list[bytes], responses: bool, rejoin: bool) -> None:  # noqa: FBT001 - from hypothesis
    made = parser("GET", responses=responses, rejoin=rejoin)
    for part in parts:
        list(made.feed(part))
        list(made.gap(len(part) % 7))
    list(made.end())


def test_a_chunk_and_its_line_end_may_be_missing_together() -> None:
    made = parser("GET")
    fed(made, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
    assert list(made.gap(5)) == [Body(b"", 3)]
    assert fed(made, b"1\r\nx\r\n0\r\n\r\n") == [Body(b"x"), End(whole=True)]
