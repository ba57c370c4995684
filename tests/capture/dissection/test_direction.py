from __future__ import annotations

from harness.capture.conversations.http import HttpConversation
from harness.capture.conversations.tls import TlsConversation
from harness.capture.dissection.direction import Connection, Direction
from tests.capture import encode
from tests.capture.make import CLIENT_END, SERVER_END

KEY = ("lan", b"\x0a\0\0\1", 50000, b"\x0a\0\0\2", 80)


def connection(last: int = 1) -> Connection:
    return Connection(HttpConversation, CLIENT_END, SERVER_END, last)


def test_what_decodes_a_connection_is_made_once_and_by_its_first_octets() -> None:
    made = connection()
    decoder = made.decoder(encode.client_hello())
    assert isinstance(decoder, TlsConversation)
    assert made.decoder(b"GET / HTTP/1.1\r\n") is decoder


def test_what_is_closed_is_forgotten_before_what_is_idle() -> None:
    closed, idle, busy = connection(9), connection(2), connection(8)
    closed.ended |= {True, False}
    directions = [Direction(KEY, one, by_client=True) for one in (busy, closed, idle)]
    assert [one.connection for one in sorted(directions, key=lambda one: one.retirement)] == [closed, idle, busy]
