from __future__ import annotations

from harness.capture import events as ev
from harness.capture.dissector import Dissector
from tests.capture.build import CLIENT, CLIENT6, ethernet, number
from tests.capture.peer import IP, VRRP, IPv6, VRRPv3, octets


def test_who_is_master_is_told_for_both_versions_and_families() -> None:
    packets = [
        ethernet(octets(IP(src=CLIENT, dst="224.0.0.18", ttl=255) / VRRP(vrid=51, addrlist=["10.9.1.100"]))),
        ethernet(
            octets(IP(src=CLIENT, dst="224.0.0.18", ttl=255) / VRRPv3(vrid=52, priority=0, addrlist=["10.9.1.200"]))
        ),
        ethernet(
            octets(IPv6(src=CLIENT6, dst="ff02::12", hlim=255) / VRRPv3(vrid=53, addrlist=["fe80::53"])),
            ethertype=0x86DD,
        ),
        ethernet(octets(IP(proto=112) / b"short")),
    ]
    dissector = Dissector()
    two, three, six, bad = (event for frame in number(packets) for event in dissector.frame(frame))
    assert isinstance(two, ev.VrrpAdvertisement)
    assert (two.version, two.vrid, two.priority, two.interval, two.addresses) == (2, 51, 100, 1000, ("10.9.1.100",))
    assert isinstance(three, ev.VrrpAdvertisement)
    assert (three.version, three.resigns, two.resigns) == (3, True, False)
    assert isinstance(six, ev.VrrpAdvertisement)
    assert (six.src, six.vrid, six.addresses) == (CLIENT6, 53, ("fe80::53",))
    assert isinstance(bad, ev.Undecodable)
