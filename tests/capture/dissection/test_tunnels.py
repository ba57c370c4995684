from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import events as ev
from harness.capture.dissection import tunnels as under_test
from harness.capture.dissector import Dissector, Ports
from harness.capture.frames import Frame, Tunnel
from tests.capture import build
from tests.capture.build import CLIENT, CLIENT_MAC, SERVER, SERVER_MAC, Connection, datagram, number
from tests.capture.peer import BOOTP, DHCP, octets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.capture.events import Event

DISCOVER = octets(BOOTP(chaddr=build.mac(CLIENT_MAC)) / DHCP(options=[("message-type", 1), "end"]))
INNER = datagram(DISCOVER, source=("0.0.0.0", 68), to=("255.255.255.255", 67))  # noqa: S104 - DHCP's own
ENDS = ("10.0.200.4", "10.0.200.5")
OUTER_MACS = ("02:00:00:00:00:04", "02:00:00:00:00:05")


def carry(inner: bytes, vni: int = 200, port: int = 4789) -> bytes:
    header = b"\x08\0\0\0" + vni.to_bytes(3) + b"\0"
    ends = {"source": (ENDS[0], 50000), "to": (ENDS[1], port)}
    return datagram(header + inner, **ends, from_mac=OUTER_MACS[0], to_mac=OUTER_MACS[1])


def dissect(packets: Iterable[bytes], ports: Ports | None = None) -> list[Event]:
    dissector = Dissector(ports)
    return [*(event for frame in number(packets) for event in dissector.frame(frame)), *dissector.finish()]


def test_the_inner_frame_is_decoded_and_says_how_it_came() -> None:
    for port in (4789, 8472):
        carried, discover = dissect([carry(INNER, port=port)])
        assert isinstance(carried, ev.VxlanFrame)
        assert (carried.vni, carried.flags, carried.src, carried.dst, carried.dst_port) == (200, 8, *ENDS, port)
        assert (carried.inner_sent_by, carried.inner_sent_to) == (CLIENT_MAC, SERVER_MAC)
        assert (carried.inner_src, carried.inner_dst_port, carried.inner_length) == ("0.0.0.0", 67, len(INNER))  # noqa: S104 - as above
        assert carried.standard() == {"inner_eth_src": CLIENT_MAC, "inner_eth_dst": SERVER_MAC}
        assert isinstance(discover, ev.DhcpDiscover)
        assert (discover.sent_by, discover.src_port, discover.frame) == (CLIENT_MAC, 68, 1)
        assert discover.tunnels == (Tunnel(200, *ENDS, 50000, port),)


def test_connections_of_two_networks_with_the_same_addresses_are_two() -> None:
    exchange = Connection().open().client(b"GET /x HTTP/1.1\r\n\r\n").server(b"HTTP/1.1 204 No Content\r\n\r\n")
    events = dissect([carry(segment, vni) for segment in exchange.segments for vni in (1, 2)])
    complete = [event for event in events if isinstance(event, ev.HttpComplete)]
    assert [event.tunnels[0].vni for event in complete] == [1, 2]
    assert not [event for event in events if isinstance(event, ev.Undecodable)]
    assert {str(event.client.address) for event in complete} == {CLIENT}
    assert {str(event.server.address) for event in complete} == {SERVER}


def test_tunnels_within_tunnels_are_followed_to_a_depth() -> None:
    packet = INNER
    for _ in range(under_test.DEEPEST):
        packet = carry(packet)
    *carried, discover = dissect([packet])
    assert [len(event.tunnels) for event in carried] == [0, 1, 2, 3]
    assert len(discover.tunnels) == under_test.DEEPEST
    deepest = dissect([carry(packet)])[-1]
    assert isinstance(deepest, ev.Undecodable)
    assert deepest.reason == f"VXLAN nested deeper than {under_test.DEEPEST}"
    assert len(deepest.tunnels) == under_test.DEEPEST


def test_what_waits_within_a_tunnel_is_told_at_the_end() -> None:
    part = build.ethernet(build.fragments(bytes(64), 32)[0])
    carried, gap = dissect([carry(part)])
    assert isinstance(carried, ev.VxlanFrame)
    assert isinstance(gap, ev.IpGap)
    assert gap.tunnels[0].vni == 200


def test_fragments_within_a_tunnel_keep_it() -> None:
    parts = build.fragments(build.udp(DISCOVER, source=68, to=67), 120)
    events = dissect([carry(build.ethernet(part)) for part in parts])
    (discover,) = [event for event in events if isinstance(event, ev.DhcpDiscover)]
    assert discover.tunnels == (Tunnel(200, *ENDS, 50000, 4789),)


def test_only_so_many_networks_are_followed_at_once() -> None:
    part = build.ethernet(build.fragments(bytes(64), 32)[0])
    packets = [carry(part, vni) for vni in range(under_test.MOST_NETWORKS + 5)]
    gaps = [event for event in dissect(packets) if isinstance(event, ev.IpGap)]
    assert len(gaps) == under_test.MOST_NETWORKS + 5


def test_a_frame_of_which_a_part_was_kept_is_told_as_such() -> None:
    packet = carry(INNER)
    events = Dissector().frame(Frame(1, 0, "segment", packet[:120], len(packet)))
    assert [event.kind for event in events] == ["vxlan-frame", "undecodable"]
    assert isinstance(events[1], ev.Undecodable)
    assert events[1].reason == f"only 28 of a datagram's {len(DISCOVER)} bytes were captured"


def test_the_ports_of_tunnels_can_be_chosen() -> None:
    assert dissect([carry(INNER, port=4790)]) == []
    assert len(dissect([carry(INNER, port=4790)], Ports(vxlan=frozenset({4790})))) == 2
    assert dissect([datagram(b"x", to=(SERVER, 4789))])[0].kind == "undecodable"
