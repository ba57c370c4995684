from __future__ import annotations

from harness.capture.conversations.http import HttpConversation
from harness.capture.conversations.http2 import Http2Conversation
from harness.capture.conversations.raft import RaftConversation
from harness.capture.conversations.tls import TlsConversation
from harness.capture.dissection import services
from harness.capture.dissection.services import MOST_LEARNED, Services
from harness.capture.protocols.recognition import HTTP2_PREFACE
from tests.capture import encode
from tests.capture.make import CLIENT_END, SERVER_END

CLIENT, SERVER = (b"\x0a\0\0\1", 50000), (b"\x0a\0\0\2", 8080)
ASKED, ANSWERED = ("lan", *CLIENT, *SERVER), ("lan", *SERVER, *CLIENT)
GET, STREAM = b"GET / HTTP/1.1\r\n", b"GET /raft/stream/message/1 HTTP/1.1\r\n"


def test_a_known_port_decides() -> None:
    made = Services({8080: RaftConversation})
    assert made.find(ASKED, GET) == (RaftConversation, True)
    assert made.find(ANSWERED, b"") == (RaftConversation, False)


def test_a_server_that_was_recognised_is_remembered() -> None:
    made = Services({})
    assert made.find(ASKED, b"") is None
    assert made.find(ASKED, GET) == (HttpConversation, True)
    assert made.ports == {8080}
    assert made.find(ANSWERED, b"") == (HttpConversation, False)
    assert made.find(ASKED, b"") == (HttpConversation, True)
    assert made.find(("lan", *CLIENT, b"\x0a\0\0\3", 8080), b"") is None


def test_who_speaks_raft_may_have_answered_other_requests_before() -> None:
    made = Services({})
    made.find(ASKED, GET)
    made.find(ASKED, STREAM)
    made.find(ASKED, GET)
    assert made.find(ASKED, b"") == (RaftConversation, True)


def test_only_so_many_servers_are_remembered() -> None:
    made = Services({})
    for port in range(1, MOST_LEARNED + 10):
        made.find(("lan", *CLIENT, SERVER[0], port), GET)
    assert len(made.ports) == MOST_LEARNED


def test_encryption_and_http2_show_whatever_the_port() -> None:
    made = services.conversation(RaftConversation, CLIENT_END, SERVER_END, encode.client_hello())
    assert isinstance(made, TlsConversation)
    assert made.expected == "raft"
    bare = services.conversation(TlsConversation, CLIENT_END, SERVER_END, encode.client_hello())
    assert isinstance(bare, TlsConversation)
    assert bare.expected == ""
    preface = services.conversation(HttpConversation, CLIENT_END, SERVER_END, HTTP2_PREFACE)
    assert isinstance(preface, Http2Conversation)
    assert isinstance(services.conversation(HttpConversation, CLIENT_END, SERVER_END, GET), HttpConversation)


def test_raft_shows_where_a_server_was_taken_for_one_of_http() -> None:
    made = services.conversation(HttpConversation, CLIENT_END, SERVER_END, STREAM)
    assert isinstance(made, RaftConversation)


BY_PORT = {80: HttpConversation, 2380: RaftConversation}


def test_what_nobody_asks_for_is_known_and_not_decoded() -> None:
    only = Services(BY_PORT, {"raft"})
    assert (Services(BY_PORT).ports, only.ports) == ({80, 2380}, {2380})
    assert only.find(ASKED, GET) is None
    assert only.ports == {2380}
    assert only.find(ASKED, STREAM) == (RaftConversation, True)
    assert only.ports == {2380, 8080}
    assert only.find(ASKED, HTTP2_PREFACE) is not None


def test_connections_of_raft_tell_events_of_http_as_well() -> None:
    assert Services(BY_PORT, {"http"}).ports == {80, 2380}
    assert Services(BY_PORT, {"gossip"}).ports == set()
