from __future__ import annotations

import pytest

from harness.capture.frames import Frame
from harness.capture.notes import LINK
from harness.capture.segment import at_links, by_segment, first_said, of_segment, vlan_of
from harness.capture.spoken import CARDS
from tests.capture.build import Connection

PLAIN = bytes(12) + b"\x08\x06" + bytes(46)


def tagged(vlan: int) -> bytes:
    return PLAIN[:12] + b"\x81\x00" + (0xA000 | vlan).to_bytes(2) + PLAIN[12:]


def frame(link: str, data: bytes, direction: str | None = "in") -> Frame:
    return Frame(1, 0, link, data, len(data), direction)


def test_a_frame_counts_where_it_came_in_and_nowhere_else() -> None:
    crossing = [frame("node01/eth0", PLAIN), frame("core--tor1", PLAIN), frame("node02/eth0", PLAIN, "out")]
    (one,) = of_segment(crossing, "cluster", {"node01/eth0": 0, "node02/eth0": 0})
    assert (one.link, one.data) == ("cluster", PLAIN)


def test_a_trunk_is_in_several_segments() -> None:
    frames = [frame("trunk", tagged(200)), frame("trunk", tagged(300)), frame("trunk", PLAIN), frame("other", PLAIN)]
    assert [one.data for one in of_segment(frames, "two", {"trunk": 200, "other": 0})] == [tagged(200), PLAIN]


@pytest.mark.parametrize(
    "data, vlan", [(PLAIN, 0), (tagged(0), 0), (tagged(4094), 4094), (b"", 0), (bytes(12) + b"\x81\x00", 0)]
)
def test_the_vlan_is_read_from_the_tag(data: bytes, vlan: int) -> None:
    assert vlan_of(data) == vlan


def test_all_segments_are_seen_at_once_each_frame_once_with_what_the_harness_did() -> None:
    members = {("node01/eth0", 0): "lan", ("trunk", 200): "cluster"}
    view = by_segment(members)
    passing = [
        frame("node01/eth0", PLAIN),
        frame("trunk", tagged(200), "out"),
        frame("trunk", tagged(200)),
        frame("trunk", tagged(300)),
        frame("late/lan", PLAIN),
        frame(LINK, PLAIN, None),
    ]
    assert [one.link for each in passing if (one := view(each))] == ["lan", "cluster", LINK]
    members["late/lan", 0] = "lan"
    assert [one.link for each in passing if (one := view(each))] == ["lan", "cluster", "lan", LINK]


def test_cables_are_seen_both_ways_with_what_the_harness_did() -> None:
    view = at_links(["node01/eth0"])
    passing = [frame("node01/eth0", PLAIN), frame("node01/eth0", PLAIN, "out"), frame("b", PLAIN), frame(LINK, PLAIN)]
    assert [view(one) is not None for one in passing] == [True, True, False, True]


def test_what_a_router_passes_on_was_said_before_but_its_own_arp_was_not() -> None:
    view = first_said(by_segment({("router/lan", 0): "lan", ("one", 0): "lan"}), {"router/lan"})
    routed = Frame(1, 0, "router/lan", bytes(12) + b"\x08\x00" + bytes(46), 60, "in")
    assert view(routed) is None
    arp = view(routed._replace(data=bytes(12) + b"\x08\x06" + bytes(46)))
    assert arp is not None
    assert arp.link == "lan"
    assert view(routed._replace(link="one")) is not None


def test_both_ways_of_a_routed_connection_are_on_one_link() -> None:
    view = first_said(by_segment({("one", 0): "lan", ("two", 0): "other"}), ())
    there, back = Connection().open().segments[:2]
    ways = [view(Frame(1, 0, link, data, len(data), "in")) for link, data in (("one", there), ("two", back))]
    assert [way.link for way in ways if way is not None] == [CARDS, CARDS]
