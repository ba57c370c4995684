from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.capture.dissector import Dissector
from harness.capture.events import (
    GossipEncrypted,
    GossipNode,
    GossipPing,
    GossipPushPull,
    SerfPushPull,
    TcpGap,
    TcpOpened,
    Undecodable,
)
from tests.capture import encode
from tests.capture.build import Connection, cut, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.capture.events import Event
    from harness.capture.frames import Frame

STATE = b"\x02" + encode.pack({"LTime": 3, "StatusLTimes": {"node01": 3}})
NODES = [("node01", 0), ("node02", 3)]
ASKED = encode.push_pull(NODES, STATE, join=True)
ANSWERED = encode.compressed(encode.push_pull(NODES, STATE))


def dissect(frames: Iterable[Frame]) -> list[Event]:
    dissector = Dissector()
    found = [event for frame in frames for event in dissector.frame(frame)]
    return [event for event in [*found, *dissector.finish()] if not isinstance(event, TcpOpened)]


def gossip() -> Connection:
    return Connection(server_port=7946).open()


@given(st.lists(st.integers(0, 1000), max_size=6))
def test_a_push_pull_is_told_for_each_direction_wherever_it_is_cut(places: list[int]) -> None:
    wire = gossip().client(*cut(ASKED, places)).server(*cut(ANSWERED, places)).close()
    asked, asked_state, answered, answered_state = dissect(wire.frames())
    for one, join in ((asked, True), (answered, False)):
        assert isinstance(one, GossipPushPull)
        assert (one.join, one.port, one.user_octets) == (join, 7946, len(STATE))
        assert one.nodes == (
            GossipNode("node01", "10.0.0.1", 7946, 5, "alive", (("role", "db"),)),
            GossipNode("node02", "10.0.0.1", 7946, 5, "left", (("role", "db"),)),
        )
    assert isinstance(asked_state, SerfPushPull)
    assert isinstance(answered_state, SerfPushPull)
    assert asked_state.status_times == (("node01", 3),)


def test_pings_and_encrypted_messages_are_told() -> None:
    ping = encode.gossip(0, {"SeqNo": 7, "Node": b"node02"})
    sealed = b"\x0a\0\0\0\x28\x01" + bytes(39)
    first, second = dissect(gossip().client(ping + sealed).frames())
    assert isinstance(first, GossipPing)
    assert isinstance(second, GossipEncrypted)
    assert (second.octets, second.version) == (40, 1)


def test_a_message_that_ends_too_soon_or_is_none_is_told() -> None:
    (cut_short,) = dissect(gossip().client(ASKED[:-1]).close().frames())
    assert isinstance(cut_short, Undecodable)
    assert "gossip ends 1 bytes short (192.168.100.11:50000 to 192.168.100.1:7946)" in cut_short.reason
    (none,) = dissect(gossip().client(b"\x05\x80", ASKED).close().frames())
    assert isinstance(none, Undecodable)


def test_after_a_gap_a_direction_is_not_decoded_any_more_and_says_so() -> None:
    wire = gossip()
    lost = len(wire.segments)
    wire.client(*cut(ASKED, [40, 80]), ASKED).server(ANSWERED)
    del wire.segments[lost]
    answered, state, gap, stopped = dissect(number(wire.segments))
    assert isinstance(answered, GossipPushPull)
    assert isinstance(state, SerfPushPull)
    assert isinstance(gap, TcpGap)
    assert isinstance(stopped, Undecodable)
    assert stopped.reason.startswith("40 bytes are missing: the rest of the connection is not decoded")


def test_a_long_state_is_put_together_in_time_that_grows_with_its_length() -> None:
    long = encode.push_pull(NODES * 300, bytes(1 << 20))
    told = dissect(gossip().client(*cut(long, range(0, len(long), 1000))).close().frames())
    assert [type(event).__name__ for event in told] == ["GossipPushPull", "GossipUser"]
