from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols.recognition import HTTP2_PREFACE, STARTS, Kind, Recognised, recognise
from tests.capture import encode

PEER_ANSWER = b"HTTP/1.1 200 OK\r\nX-Etcd-Cluster-Id: 51ae\r\n\r\n"


@pytest.mark.parametrize(
    "data, kind, by_client",
    [
        (b"GET /initrd.img HTTP/1.1\r\n", Kind.HTTP, True),
        (b"OPTIONS * HTTP/1.0\r\n", Kind.HTTP, True),
        (b"HTTP/1.0 404 Not Found\r\n", Kind.HTTP, False),
        (b"GET /raft/stream/msgapp/71a84c88 HTTP/1.1\r\n", Kind.RAFT, True),
        (b"POST /raft HTTP/1.1\r\n", Kind.RAFT, True),
        (b"POST /raft/snapshot HTTP/1.1\r\n", Kind.RAFT, True),
        (b"GET /rafting HTTP/1.1\r\n", Kind.HTTP, True),
        (PEER_ANSWER, Kind.RAFT, False),
        (HTTP2_PREFACE, Kind.HTTP2, True),
        (encode.client_hello(), Kind.TLS, True),
        (encode.tls_records(b"\2\0\0\1\0"), Kind.TLS, False),
    ],
)
def test_a_protocol_is_recognised_by_how_it_starts(data: bytes, kind: Kind, *, by_client: bool) -> None:
    assert recognise(data) == Recognised(kind, by_client)


@pytest.mark.parametrize(
    "data", [b"", b"GE", b"GET / FTP/1.1", b"SSH-2.0", b"\x16\3\1", b"\x17\3\3\0\x40data", b"HTTP/2"]
)
def test_what_could_be_anything_is_not_recognised(data: bytes) -> None:
    assert recognise(data) is None


@given(st.binary(max_size=40), st.sampled_from([b"", *sorted(STARTS)]))
def test_no_octets_make_it_fail(data: bytes, start: bytes) -> None:
    recognise(start + data)
