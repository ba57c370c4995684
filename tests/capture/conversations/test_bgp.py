from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.capture import events as ev
from harness.capture.dissector import Dissector
from tests.capture.build import CLIENT, Connection, cut, number
from tests.capture.peer import bgp as peer
from tests.capture.peer import octets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.capture.frames import Frame

KEEPALIVE = octets(peer.BGPKeepAlive())
OPEN = octets(peer.BGPHeader() / peer.BGPOpen(my_as=65001, hold_time=9, bgp_id="10.0.0.9"))
UPDATE = octets(peer.BGPHeader() / peer.BGPUpdate(nlri=[peer.BGPNLRI_IPv4(prefix="10.0.0.0/8")]))
CEASE = octets(peer.BGPHeader() / peer.BGPNotification(error_code=6, error_subcode=2))
REFRESH = octets(peer.BGPHeader() / peer.BGPRouteRefresh(afi=25, safi=70))
SESSION = OPEN + KEEPALIVE + UPDATE + KEEPALIVE + REFRESH + CEASE
KINDS = ["bgp-open", "bgp-keepalive", "bgp-update", "bgp-keepalive", "bgp-route-refresh", "bgp-notification"]


def dissect(frames: Iterable[Frame]) -> list[ev.Event]:
    dissector = Dissector()
    events = [*(event for frame in frames for event in dissector.frame(frame)), *dissector.finish()]
    return [event for event in events if event.protocol in {"bgp", "undecodable"}]


@given(st.lists(st.integers(0, len(SESSION)), max_size=6))
def test_messages_are_told_however_segments_cut_them(places: list[int]) -> None:
    events = dissect(Connection(server_port=179).open().client(*cut(SESSION, places)).close().frames())
    assert [event.kind for event in events] == KINDS
    assert {event.src for event in events} == {CLIENT}


def test_what_a_speaker_says_is_told() -> None:
    events = dissect(Connection(server_port=179).open().server(SESSION).frames())
    opened, _, update, _, refresh, end = events
    assert isinstance(opened, ev.BgpOpen)
    assert (opened.my_as, opened.asn, opened.hold_time, opened.bgp_id) == (65001, 65001, 9, "10.0.0.9")
    assert (opened.capabilities, opened.families, opened.restart_time) == ((), (), None)
    assert isinstance(update, ev.BgpUpdate)
    assert update.standard() == {"nlri": ("10.0.0.0/8",), "withdrawn_routes": (), "multi_exit_disc": None}
    assert isinstance(refresh, ev.BgpRouteRefresh)
    assert (refresh.afi, refresh.safi, refresh.family) == (25, 70, "l2vpn/evpn")
    assert isinstance(end, ev.BgpNotification)
    assert (end.error_code, end.error, end.detail) == (6, "Cease", "Administrative Shutdown")


def test_a_capture_that_starts_within_a_message_tells_the_next() -> None:
    made = Connection(server_port=179).client(OPEN[7:] + KEEPALIVE, b"", UPDATE)
    assert [event.kind for event in dissect(made.frames())] == ["bgp-keepalive", "bgp-update"]


def test_a_segment_that_was_not_captured_costs_no_more_than_its_messages() -> None:
    made = Connection(server_port=179).open().client(OPEN, UPDATE, KEEPALIVE, CEASE).close()
    del made.segments[4]
    kinds = [event.kind for event in dissect(number(made.segments)) if event.protocol == "bgp"]
    assert kinds == ["bgp-open", "bgp-keepalive", "bgp-notification"]


def test_a_segment_that_was_kept_in_part_costs_no_more_than_its_messages() -> None:
    made = Connection(server_port=179).open().client(OPEN, UPDATE + KEEPALIVE, CEASE)
    frames = made.frames()
    frames[4] = frames[4]._replace(data=frames[4].data[:-25])
    kinds = [event.kind for event in dissect(frames) if event.protocol == "bgp"]
    assert kinds == ["bgp-open", "bgp-notification"]


def test_octets_that_are_no_message_are_told_and_the_next_message_found() -> None:
    made = Connection(server_port=179).open().client(b"GET / HTTP/1.1\r\n\r\n", KEEPALIVE)
    strange, keepalive = dissect(made.frames())
    assert isinstance(strange, ev.Undecodable)
    assert (strange.expected, strange.reason) == ("bgp", "BGP without its marker")
    assert isinstance(keepalive, ev.BgpKeepalive)


def test_a_message_that_is_malformed_hides_no_other() -> None:
    bad = b"\xff" * 16 + b"\0\x17\x02" + b"\0\x63\0\0"
    events = dissect(Connection(server_port=179).open().client(bad + KEEPALIVE).frames())
    assert [event.kind for event in events] == ["undecodable", "bgp-keepalive"]


def test_a_session_that_ends_within_a_message_is_told() -> None:
    events = dissect(Connection(server_port=179).open().server(KEEPALIVE + UPDATE[:20]).close().frames())
    assert [event.kind for event in events] == ["bgp-keepalive", "undecodable"]
    assert isinstance(events[1], ev.Undecodable)
    assert events[1].reason == "a session ends 20 bytes into a message"


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=40), st.integers(0, 30)), max_size=6))
def test_no_octets_make_it_fail(pieces: list[tuple[bool, bytes, int]]) -> None:
    made = Connection(server_port=179).open()
    for by_client, tail, kept in pieces:
        (made.client if by_client else made.server)(SESSION[:kept] + tail)
    reasons = [event.reason for event in dissect(made.frames()) if isinstance(event, ev.Undecodable)]
    assert not [reason for reason in reasons if "the decoder failed" in reason]
