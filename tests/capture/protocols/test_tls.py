from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import tls
from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.tls import ClientHello
from tests.capture import encode

HELLO = encode.client_hello("node01.example", "h2", "http/1.1", versions=(0x0304, 0x0303, 0x0A0A))


def test_a_hello_names_the_server_the_versions_and_the_protocols() -> None:
    assert tls.client_hello(HELLO) == ClientHello("node01.example", ("TLS 1.3", "TLS 1.2"), ("h2", "http/1.1"))
    assert tls.hello_type(HELLO) == tls.CLIENT_HELLO


def test_a_hello_without_extensions_has_the_version_of_its_head() -> None:
    assert tls.client_hello(encode.client_hello()) == ClientHello("", ("TLS 1.2",), ())


def test_what_python_itself_says_is_read() -> None:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2"])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = context.wrap_bio(incoming, outgoing, server_hostname="node01.example")
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    found = tls.client_hello(outgoing.read())
    assert found is not None
    assert (found.server_name, found.alpn) == ("node01.example", ("h2",))
    assert "TLS 1.3" in found.versions


@given(st.integers(0, len(HELLO) - 1))
def test_a_hello_is_waited_for_until_it_is_whole(at: int) -> None:
    assert tls.client_hello(HELLO[:at]) is None


def test_a_hello_may_span_records() -> None:
    message = HELLO[5:]
    assert tls.client_hello(encode.tls_records(message[:2], message[2:90], message[90:])) == tls.client_hello(HELLO)


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"GET / HTTP/1.1", "47 45 54 20 2f is no TLS handshake record"),
        (encode.tls_records(b"\2\0\0\1\0"), "starts with message 2, not 1"),
        (encode.tls_records(b"\1\0\0\1\0"), "ends within a field, 1 bytes short"),
    ],
)
def test_what_is_no_hello_is_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        tls.client_hello(data)


@pytest.mark.parametrize(
    "data", [b"", b"\x16\3", b"\x16\3\1\0\0", b"\x16\3\1\xff\xff", b"\x16\2\1\0\5", b"\x19\3\1\0\5"]
)
def test_what_is_no_record_is_told_apart(data: bytes) -> None:
    assert not tls.starts_record(data)
    assert tls.hello_type(data) is None


@given(st.binary(max_size=120), st.integers(0, len(HELLO)), st.integers(0, 7))
def test_any_octets_are_read_or_malformed(data: bytes, at: int, flip: int) -> None:
    flipped = bytearray(HELLO)
    flipped[at % len(HELLO)] ^= 1 << flip
    for octets in (data, HELLO[:at] + data, b"\x16\3\1\0\x40" + data, bytes(flipped)):
        try:
            tls.client_hello(octets)
        except Malformed as problem:
            assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
