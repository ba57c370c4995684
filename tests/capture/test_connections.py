"""Connections and the streams within them, from frames to events, by way of the dissector."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.capture.dissector import Dissector
from harness.capture.events import Event, HttpComplete, HttpRequest, HttpResponse, Undecodable
from harness.capture.streams import REORDERING
from tests.capture import build
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
    return found


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
    request, response, complete = dissect(wire.frames())
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
    assert lost == ("undecodable", "100 bytes from 192.168.100.1:80 to 192.168.100.11:50000 were not captured")
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


def test_a_refused_connection_is_nothing() -> None:
    wire = Connection()
    wire.open()
    wire.segments = wire.segments[:1]
    wire.reset()
    assert dissect(wire.frames()) == []


def test_other_ports_are_not_looked_at() -> None:
    wire = Connection(server_port=8080).open().client(REQUEST).server(RESPONSE)
    assert dissect(wire.frames()) == []


def test_the_same_connection_on_two_links_is_told_for_each() -> None:
    frames = Connection().open().client(REQUEST).server(RESPONSE).frames()
    both = [copy for frame in frames for copy in (frame, frame._replace(link="wan"))]
    assert Counter(event.link for event in dissect(both)) == {"segment": 3, "wan": 3}


def test_pipelined_requests_get_their_own_answers() -> None:
    other = REQUEST.replace(b"initrd.img", b"vmlinuz")
    small = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"
    wire = Connection().open().client(REQUEST + other).server(RESPONSE + small)
    assert told(dissect(wire.frames()))[-2:] == [("/vmlinuz", 404), ("/vmlinuz", (2, 0, True))]


def test_encrypted_traffic_is_told_once_for_each_direction() -> None:
    hello = b"\x16\x03\x01\x02\x00\x01\x00"
    wire = Connection(server_port=2380).open().client(hello, hello).server(hello, hello)
    reasons = [event.reason for event in dissect(wire.frames()) if isinstance(event, Undecodable)]
    assert len(reasons) == 2
    assert "starts no HTTP message (192.168.100.11:50000 to 192.168.100.1:2380)" in reasons[0]
