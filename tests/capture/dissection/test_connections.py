"""Connections and the streams within them, from frames to events, by way of the dissector."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.dissection import connections
from harness.capture.dissector import Dissector
from harness.capture.events import (
    Event,
    Http2Preface,
    HttpComplete,
    HttpRequest,
    HttpResponse,
    TcpGap,
    TcpOpened,
    TcpRetransmission,
    TlsClientHello,
    TlsRecords,
    Undecodable,
)
from harness.capture.protocols.recognition import HTTP2_PREFACE
from harness.capture.reassembly.streams import REORDERING
from tests.capture import build, encode
from tests.capture.build import Connection, cut, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.capture.frames import Frame

REQUEST = b"GET /initrd.img HTTP/1.1\r\nHost: 192.168.100.1\r\nUser-Agent: iPXE/1.21.1\r\n\r\n"
BODY = bytes(range(256)) * 20
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


def dissect(frames: Iterable[Frame]) -> list[Event]:
    dissector = Dissector()
    events = [event for frame in frames for event in dissector.frame(frame)]
    return [*events, *dissector.finish()]


def told(events: Iterable[Event]) -> list[tuple[str, object]]:
    """Return what was told, without when and by which frame."""
    found: list[tuple[str, object]] = []
    for event in events:
        if isinstance(event, HttpRequest):
            found.append(("GET", event.target))
        elif isinstance(event, HttpResponse):
            found.append((event.target, event.status))
        elif isinstance(event, HttpComplete):
            found.append((event.target, (event.octets, event.missing, event.whole)))
        elif isinstance(event, Undecodable):
            found.append(("undecodable", event.reason))
        elif isinstance(event, TcpGap):
            found.append(("gap", (event.octets, str(event.sender), str(event.receiver), event.carried)))
    return found


HELLO = encode.client_hello("node01.example", "h2", versions=(0x0304, 0x0303))
APPLICATION_DATA = b"\x17\x03\x03\x00\x40" + bytes(range(64))

EXCHANGE = [("GET", "/initrd.img"), ("/initrd.img", 200), ("/initrd.img", (len(BODY), 0, True))]


@given(st.lists(st.integers(0, 10_000), max_size=12), st.lists(st.integers(0, 10_000), max_size=3))
def test_an_exchange_is_the_same_wherever_it_is_cut(places: list[int], request_places: list[int]) -> None:
    wire = Connection().open().client(*cut(REQUEST, request_places)).server(*cut(RESPONSE, places)).close()
    assert told(dissect(wire.frames())) == EXCHANGE


@given(st.data())
def test_an_exchange_is_the_same_in_any_order_and_with_frames_seen_twice(data: st.DataObject) -> None:
    wire = Connection().open()
    wire.client(REQUEST)
    opened = len(wire.segments)
    wire.server(*cut(RESPONSE, list(range(100, 3000, 300))))
    body = data.draw(st.permutations(wire.segments[opened:]))
    again = data.draw(st.lists(st.sampled_from(wire.segments), max_size=4))
    assert told(dissect(number([*wire.segments[:opened], *body, *again]))) == EXCHANGE


def test_an_event_has_the_frame_that_completed_it() -> None:
    wire = Connection().open().client(REQUEST[:10], REQUEST[10:]).server(RESPONSE)
    opened, request, response, complete = dissect(wire.frames())
    assert isinstance(opened, TcpOpened)
    assert (request.frame, response.frame, complete.frame) == (5, 6, 6)
    assert (request.sent_by, response.sent_by) == (build.CLIENT_MAC, build.SERVER_MAC)
    assert (request.sent_to, response.sent_to) == (build.SERVER_MAC, build.CLIENT_MAC)
    assert request.time == 5 * build.MILLISECOND
    assert isinstance(response, HttpResponse)
    assert (str(response.client), str(response.server)) == ("192.168.100.11:50000", "192.168.100.1:80")


def test_a_body_of_which_the_capture_kept_a_part_is_still_complete() -> None:
    wire = Connection().open().client(REQUEST).server(*cut(RESPONSE, range(0, 5000, 1000)))
    kept = [(segment, min(len(segment), 154)) for segment in wire.segments]
    events = dissect(number(kept))
    complete = events[-1]
    assert isinstance(complete, HttpComplete)
    assert (complete.octets, complete.whole) == (len(BODY), True)
    assert complete.missing == sum(len(segment) - 154 for segment in wire.segments if len(segment) > 154)


def test_a_segment_that_was_not_captured_is_told_and_the_body_still_complete() -> None:
    wire = Connection().open().client(REQUEST)
    for part in cut(RESPONSE, range(0, 5000, 100)):
        wire.server(part).acknowledge(by_client=True)
    del wire.segments[10]
    lost, complete = told(dissect(wire.frames()))[-2:]
    assert lost == ("gap", (100, "192.168.100.1:80", "192.168.100.11:50000", "http"))
    assert complete == ("/initrd.img", (len(BODY), 100, True))


def test_a_lost_segment_is_given_up_while_the_capture_goes_on() -> None:
    wire = Connection().open().client(REQUEST)
    for part in cut(RESPONSE, range(0, 5000, 100)):
        wire.server(part).acknowledge(by_client=True)
    del wire.segments[10]
    dissector = Dissector()
    at = next(frame.number for frame in wire.frames() if any(map(told, [dissector.frame(frame)])) and frame.number > 8)
    assert at == 11 + 2 * REORDERING - 1


def test_an_answer_whose_request_was_not_captured_has_no_target() -> None:
    wire = Connection().open().client(REQUEST).server(RESPONSE)
    del wire.segments[3]
    assert told(dissect(wire.frames())) == [("", 200), ("", (len(BODY), 0, True))]


def test_a_connection_seen_from_its_midst_begins_with_the_next_message() -> None:
    wire = Connection().server(BODY[:100], BODY[:100]).client(REQUEST).server(RESPONSE)
    assert told(dissect(wire.frames())) == EXCHANGE


def test_what_is_sent_again_after_the_end_is_nothing_new() -> None:
    wire = Connection().open().client(REQUEST).server(RESPONSE).close()
    assert told(dissect(number([*wire.segments, *wire.segments[3:5]]))) == EXCHANGE


def test_a_new_connection_may_take_the_same_ports() -> None:
    first = Connection().open().client(REQUEST).server(RESPONSE).close()
    second = Connection(client_sequence=99, server_sequence=2**31).open().client(REQUEST).server(RESPONSE)
    assert told(dissect(number([*first.segments, *second.segments]))) == EXCHANGE * 2


def test_a_reset_ends_a_body_that_is_not_whole() -> None:
    wire = Connection().open().client(REQUEST).server(RESPONSE[:1000]).reset()
    assert told(dissect(wire.frames()))[-1] == ("/initrd.img", (len(BODY) - len(RESPONSE) + 1000, 0, False))


def test_what_is_sent_again_after_a_reset_is_not_new() -> None:
    wire = Connection().open().client(REQUEST)
    before = dissect(wire.frames())
    wire.reset()
    wire.client_sequence -= len(REQUEST)
    assert told(dissect(wire.client(REQUEST).reset().frames())) == told(before)


def test_after_a_reset_the_same_ports_may_speak_again_without_a_beginning() -> None:
    wire = Connection().open().client(REQUEST).reset()
    assert told(dissect(wire.client(REQUEST).server(RESPONSE).frames()))[1:] == EXCHANGE


def test_another_protocol_on_another_port_is_passed_over() -> None:
    wire = Connection(server_port=22).open().client(b"SSH-2.0-OpenSSH").server(b"SSH-2.0-OpenSSH", BODY).close()
    assert [type(event) for event in dissect(wire.frames())] == [TcpOpened]


def test_an_exchange_is_told_on_whatever_port() -> None:
    wire = Connection(server_port=8080).open().client(REQUEST).server(*cut(RESPONSE, range(0, 5000, 1000)))
    assert told(dissect(wire.frames())) == EXCHANGE


def test_a_server_that_is_known_is_known_on_its_other_connections() -> None:
    first = Connection(server_port=8080).open().client(REQUEST).server(RESPONSE).close()
    second = Connection(50001, 8080).server(b"the end of something").server(RESPONSE)
    found = told(dissect(number([*first.segments, *second.segments])))
    assert found == [*EXCHANGE, ("", 200), ("", (len(BODY), 0, True))]


def test_the_same_connection_on_two_links_is_told_for_each() -> None:
    frames = Connection().open().client(REQUEST).server(RESPONSE).frames()
    both = [copy for frame in frames for copy in (frame, frame._replace(link="wan"))]
    assert Counter(event.link for event in dissect(both)) == {"segment": 4, "wan": 4}


def test_pipelined_requests_get_their_own_answers() -> None:
    other = REQUEST.replace(b"initrd.img", b"vmlinuz")
    small = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"
    wire = Connection().open().client(REQUEST + other).server(RESPONSE + small)
    assert told(dissect(wire.frames()))[-2:] == [("/vmlinuz", 404), ("/vmlinuz", (2, 0, True))]


@given(st.lists(st.integers(6, len(HELLO)), max_size=3), st.sampled_from([2380, 4443]))
def test_an_encrypted_connection_is_told_once(places: list[int], port: int) -> None:
    wire = Connection(server_port=port).open().client(*cut(HELLO, places)).server(APPLICATION_DATA, BODY)
    wire.client(APPLICATION_DATA).close()
    opened, hello = dissect(wire.frames())
    assert isinstance(opened, TcpOpened)
    assert isinstance(hello, TlsClientHello)
    assert (hello.server_name, hello.expected) == ("node01.example", "raft" if port == 2380 else "")
    assert (str(hello.client), str(hello.server)) == ("192.168.100.11:50000", f"192.168.100.1:{port}")


def test_an_encrypted_connection_whose_start_was_not_captured_is_told_where_its_port_is_known() -> None:
    wire = Connection(server_port=2380).server(APPLICATION_DATA, APPLICATION_DATA).client(APPLICATION_DATA)
    (event,) = dissect(wire.frames())
    assert isinstance(event, TlsRecords)
    assert event.expected == "raft"
    assert dissect(Connection(server_port=4443).server(APPLICATION_DATA).frames()) == []


@pytest.mark.parametrize("port", [80, 8080])
def test_http_2_is_told_and_not_decoded(port: int) -> None:
    wire = Connection(server_port=port).open().client(HTTP2_PREFACE, bytes(9)).server(bytes(40)).close()
    assert [type(event) for event in dissect(wire.frames())] == [TcpOpened, Http2Preface]


def test_a_segment_that_is_sent_again_is_told_and_a_copy_of_a_frame_is_not() -> None:
    wire = Connection().open().client(REQUEST).server(RESPONSE[:1000])
    again = wire.segments[-1]
    sent = [again[:18] + number.to_bytes(2) + again[20:] for number in (1, 1, 2, 3, 4, 4)]
    found = dissect(number([*wire.segments[:-1], *sent]))
    counts = [(one.frame, one.count, one.octets) for one in found if isinstance(one, TcpRetransmission)]
    assert counts == [(7, 1, 1000), (8, 2, 1000)]


def test_a_connection_whose_ports_are_taken_again_without_a_syn_begins_anew() -> None:
    first = Connection(server_sequence=2**31, client_sequence=2**31).client(REQUEST).server(RESPONSE[:100])
    second = Connection(server_sequence=5, client_sequence=2**30).client(REQUEST).server(RESPONSE)
    found = told(dissect(number([*first.segments, *second.segments])))
    assert found[-3:] == EXCHANGE


def test_a_gap_beyond_a_body_stops_the_decoder_which_says_so_until_a_message_begins() -> None:
    wire = Connection().open().client(REQUEST)
    lost = len(wire.segments)
    wire.server(RESPONSE[:20], RESPONSE[20:]).client(REQUEST).server(RESPONSE)
    del wire.segments[lost]
    found = told(dissect(wire.frames()))
    assert ("gap", (20, "192.168.100.1:80", "192.168.100.11:50000", "http")) in found
    (reason,) = [reason for kind, reason in found if kind == "undecodable"]
    assert str(reason).startswith("20 bytes are missing: nothing is decoded until a message starts a segment (192.168")
    assert found[-2:] == [("", 200), ("", (len(BODY), 0, True))]


def test_a_half_closed_connection_still_answers() -> None:
    wire = Connection().open().client(REQUEST)
    wire._send(b"", by_client=True, flags=build.FIN | build.ACK)
    wire.client_sequence += 1
    assert told(dissect(wire.server(RESPONSE).frames())) == EXCHANGE


def test_a_fin_behind_a_hole_ends_the_stream_at_the_end_of_the_capture() -> None:
    wire = Connection().open().client(REQUEST).server(b"HTTP/1.0 200 OK\r\n\r\nabc", b"def", b"ghi").close()
    del wire.segments[5]
    assert told(dissect(wire.frames()))[-1] == ("/initrd.img", (9, 3, True))


def test_what_is_kept_of_many_connections_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 40)
    dissector = Dissector()
    stays = Connection(40000).open()
    frames = stays.segments[:]
    for port in range(1000):
        wire = Connection(50000 + port).open()
        frames += wire.segments if port % 2 else wire.client(REQUEST).server(RESPONSE).close().segments
        frames += stays.client(b"x").segments[-1:]
    for frame in number(frames):
        dissector.frame(frame)
    followed = dissector._connections._directions
    assert len(followed) <= 2 * 40 + 2
    assert any(key[2] == 40000 for key in followed), "one that is used stays"


def test_what_waits_behind_holes_is_bounded_for_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_HELD", 20_000)
    frames = []
    for port in range(100):
        wire = Connection(50000 + port).open().client(REQUEST)
        wire.server(RESPONSE[:1000], RESPONSE[1000:2000])
        del wire.segments[4]
        frames += wire.segments
    dissector = Dissector()
    early = [event for frame in number(frames) for event in dissector.frame(frame)]
    assert dissector._connections._held <= 20_000
    gaps = [*early, *dissector.finish()]
    assert len([event for event in early if isinstance(event, TcpGap)]) == 80
    assert len([event for event in gaps if isinstance(event, TcpGap)]) == 100
