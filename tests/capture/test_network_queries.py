from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.capture import events as ev
from harness.capture.timeline import Timeline, read
from tests.capture.build import CLIENT_MAC, SERVER_MAC
from tests.capture.make import ADDRESS, SERVER, Wire

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def vxlan() -> Timeline:
    return read(DATA / "vxlan-linux.pcapng")


@pytest.fixture(scope="module")
def bgp() -> Timeline:
    return read(DATA / "bgp-bird.pcap")


@pytest.fixture(scope="module")
def vrrp() -> Timeline:
    return read(DATA / "vrrp-keepalived.pcap")


def test_who_claims_an_address_is_asked() -> None:
    nobody = IPv4Address(0)
    made = (
        Wire().add(ev.ArpProbe, sender=nobody, target=ADDRESS).add(ev.ArpAnnouncement, sender=ADDRESS, target=ADDRESS)
    )
    made.add(ev.ArpReply, by=SERVER_MAC, sender=ADDRESS, target=SERVER)
    wire = Timeline(made.events)
    assert [event.frame for event in wire.arp.requests(str(ADDRESS))] == [1, 2]
    assert [event.frame for event in wire.arp.probes()] == [1]
    assert [event.frame for event in wire.arp.claims(str(ADDRESS))] == [2, 3]
    assert wire.arp.owners() == {ADDRESS: {CLIENT_MAC, SERVER_MAC}}


def test_a_virtual_routers_address_changes_hands(vrrp: Timeline) -> None:
    assert vrrp.arp.owners()[IPv4Address("10.9.1.100")] == {"02:00:00:00:00:0a", "02:00:00:00:00:0b"}
    assert vrrp.vrrp.masters(51) == ["10.9.1.1", "10.9.1.2", "10.9.1.1", "10.9.1.2"][: len(vrrp.vrrp.masters(51))]
    assert len(vrrp.vrrp.masters(51)) >= 2
    assert {event.vrid for event in vrrp.vrrp.advertisements()} == {51, 52, 53}
    assert [event.src for event in vrrp.vrrp.advertisements(52) if event.resigns]


def test_a_black_hole_is_found(vxlan: Timeline) -> None:
    (too_big,) = vxlan.icmp.too_big(to="10.0.5.5")
    assert (too_big.mtu, too_big.quoted_dst_port, too_big.link) == (1400, 4789, "near")
    assert too_big in vxlan.icmp.unreachable()
    lost = [ask for ask in vxlan.icmp.unanswered() if ask.tunnels]
    assert [(ask.dst, ask.length, ask.tunnels[0].vni) for ask in lost] == [("10.100.0.12", 1400, 200)]
    assert vxlan.icmp.requests(to="10.101.0.12")
    assert vxlan.icmp.replies(by="10.101.0.12")


def test_tunnels_are_asked_by_network(vxlan: Timeline) -> None:
    assert {event.vni for event in vxlan.vxlan.frames()} == {200, 201}
    assert {event.dst_port for event in vxlan.vxlan.frames(vni=201)} == {8472}
    assert vxlan.vxlan.ends(200) == {"10.0.4.4", "10.0.5.5"}
    assert {event.protocol for event in vxlan.vxlan.inner(200)} >= {"arp", "icmp", "http"}
    assert {event.protocol for event in vxlan.vxlan.inner(201)} == {"arp", "icmp"}
    assert len(vxlan.vxlan.inner()) == len(vxlan.vxlan.inner(200)) + len(vxlan.vxlan.inner(201))


def test_sessions_and_routes_are_asked_by_speaker(bgp: Timeline) -> None:
    first, second = "10.9.0.1", "10.9.0.2"
    assert [event.asn for event in bgp.bgp.opens(by=first)] == [4200000001, 4200000001]
    (announced, *_) = bgp.bgp.announced("10.51.128.0/17", by=first)
    (withdrawn, *_) = bgp.bgp.withdrawn("10.51.128.0/17", by=first)
    assert announced.frame < withdrawn.frame
    assert announced.communities == ("65001:77",)
    assert not bgp.bgp.announced("10.51.128.0/17", by=second)
    (end, *_) = bgp.bgp.notifications(by=first)
    assert (end.detail, end.message) == ("Administrative Shutdown", "maintenance")
    assert len(bgp.bgp.messages()) > len(bgp.bgp.updates())


def test_a_path_that_breaks_one_way_is_told_by_the_side_that_hears_nothing(bgp: Timeline) -> None:
    states = [(event.state, event.diagnostic) for event in bgp.bfd.changes(by="10.9.0.2")]
    assert states[0] == ("Down", 0)
    assert ("Up", 0) in states
    assert ("Down", 1) in states
    assert bgp.bfd.control(state="Up")
    with pytest.raises(ValueError, match="BFD has no state 'up': it has AdminDown, Down, Init, Up"):
        bgp.bfd.control(state="up")
