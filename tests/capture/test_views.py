from __future__ import annotations

import pytest

from harness.capture.frames import Frame
from harness.capture.notes import LINK
from harness.capture.views import CARDS, at_links, by_segment, first_said, of_segment, spoken, vlan_of
from tests.capture.build import Connection

CARD = "node01/eth1"
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


def packet(source: int, target: int, *, protocol: int = 6, options: bytes = b"", tag: bytes = b"") -> bytes:
    head = bytes([0x45 + len(options) // 4]) + bytes(8) + bytes([protocol]) + bytes(10) + options
    return bytes(12) + tag + b"\x08\x00" + head + source.to_bytes(2) + target.to_bytes(2) + bytes(16)


@pytest.mark.parametrize(
    "data",
    [
        packet(40000, 2380),
        packet(2380, 40000),
        packet(40000, 2380, tag=b"\x81\x00\x00\xc8"),
        packet(40000, 2380, options=bytes(8)),
    ],
    ids=["to it", "from it", "tagged", "with options"],
)
def test_what_is_from_or_to_the_port_is_kept_as_of_one_link(data: bytes) -> None:
    (kept,) = spoken([frame(CARD, data)], {CARD}, 2380)
    assert (kept.link, kept.data) == ("cards", data)


@pytest.mark.parametrize(
    "other",
    [
        frame(CARD, packet(40000, 2379)),
        frame(CARD, packet(40000, 2380, protocol=17)),
        frame("core--tor1", packet(40000, 2380)),
        frame(CARD, packet(40000, 2380), direction="out"),
        frame(CARD, bytes(12) + b"\x08\x06" + bytes(40)),
        frame(CARD, packet(40000, 2380)[:20]),
        frame(CARD, b""),
    ],
    ids=["another port", "udp", "a cable between switches", "heard", "arp", "cut off", "empty"],
)
def test_anything_else_is_not_of_the_port(other: Frame) -> None:
    assert list(spoken([other], {CARD}, 2380)) == []
