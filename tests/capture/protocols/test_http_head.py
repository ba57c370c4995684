from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import http_head
from harness.capture.protocols.malformed import Malformed


def test_a_request_has_its_fields_in_lower_case() -> None:
    found = http_head.request(b"POST /raft HTTP/1.1\r\nX-Raft-To:  5cae \r\nCONTENT-LENGTH: 12\r\nno field")
    assert found == http_head.Request("POST", "/raft", {"x-raft-to": "5cae", "content-length": "12"}, 12)


@pytest.mark.parametrize("status, interim", [(100, True), (199, True), (200, False), (404, False)])
def test_a_response_is_interim_below_200(status: int, interim: bool) -> None:  # noqa: FBT001 - from parametrize
    found = http_head.response(b"HTTP/1.0 %d Why not" % status)
    assert found == http_head.Response(status, {}, None)
    assert found.interim == interim


@pytest.mark.parametrize(
    "fields, chunked",
    [({"transfer-encoding": "gzip, Chunked"}, True), ({"transfer-encoding": "gzip"}, False), ({}, False)],
)
def test_a_chunked_body_is_told(fields: dict[str, str], chunked: bool) -> None:  # noqa: FBT001 - from parametrize
    assert http_head.chunked(fields) == chunked


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"GET /x", "'GET /x' is no request line"),
        (b"GET  /x HTTP/1.1", "is no request line"),
        (b"GET /x HTTP/2", "is no request line"),
        (b"G(T /x HTTP/1.1", "is no request line"),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1", "'GET /xxxxxxxxxxxxxxxxxxx'… is no request line"),
        (b"GET /x HTTP/1.1\r\nContent-Length: 1e3", "Content-Length is '1e3', not a number"),
        (b"GET /x HTTP/1.1\r\nContent-Length: " + b"9" * 19, "not a number"),
    ],
)
def test_what_is_no_request_is_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        http_head.request(data)


@given(st.sampled_from([b"", b"GET / HTTP/1.1\r\n", b"HTTP/1.1 200\r\n"]), st.binary(max_size=60))
def test_any_octets_are_read_or_malformed(start: bytes, data: bytes) -> None:
    for parse in (http_head.request, http_head.response):
        try:
            parse(start + data)
        except Malformed as problem:
            assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
