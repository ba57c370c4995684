from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Packet

from harness.network.hearing import PROTOCOLS, Match
from harness.network.switch.rules import Rule, Rules, matches

RAFT = TCP(sport=40_000, dport=2380)
FROM_ONE = Match(sources=frozenset({IPv4Address("10.0.0.1")}))


@pytest.mark.parametrize(
    "packet, match, holds",
    [
        (IP() / RAFT, Match("tcp"), True),
        (IP() / RAFT, Match("tcp", 2380), True),
        (IP() / TCP(sport=2380, dport=40_000), Match("tcp", 2380), True),
        (Dot1Q(vlan=5) / IP() / RAFT, Match("tcp", 2380), True),
        (IP(options=[b"\x01\x01\x01\x01"]) / RAFT, Match("tcp", 2380), True),
        (IPv6() / RAFT, Match("tcp", 2380), True),
        (IPv6() / IPv6ExtHdrHopByHop() / RAFT, Match("tcp", 2380), True),
        (IPv6() / IPv6ExtHdrFragment() / RAFT, Match("tcp", 2380), True),
        (IPv6() / IPv6ExtHdrFragment(offset=10) / RAFT, Match("tcp", 2380), False),
        (IP(frag=10) / RAFT, Match("tcp", 2380), False),
        (IP(frag=10, proto=6) / RAFT, Match("tcp"), True),
        (IP() / RAFT, Match("tcp", 2379), False),
        (IP() / RAFT, Match("udp", 2380), False),
        (IP() / UDP(sport=1, dport=2381), Match("udp", 2381), True),
        (IP() / ICMP(), Match("icmp"), True),
        (IP(proto=112) / b"advertisement", Match("vrrp"), True),
        (ARP(), Match("arp"), True),
        (ARP(), Match("tcp"), False),
        (IP() / RAFT, Match("arp"), False),
        (IP(src="10.0.0.1") / RAFT, FROM_ONE, True),
        (Dot1Q(vlan=5) / IP(src="10.0.0.1") / RAFT, FROM_ONE, True),
        (IP(src="10.0.0.2", dst="10.0.0.1") / RAFT, FROM_ONE, False),
        (ARP(psrc="10.0.0.1"), FROM_ONE, False),
        (IPv6() / RAFT, FROM_ONE, False),
        (IP(src="10.0.0.1") / RAFT, Match("tcp", 2380, FROM_ONE.sources), True),
        (IP(src="10.0.0.1") / UDP(), Match("tcp", 2380, FROM_ONE.sources), False),
        (IP(src="10.0.0.1") / RAFT, Match(), True),
    ],
)
def test_what_a_match_holds_of(packet: Packet, match: Match, *, holds: bool) -> None:
    frame = bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / packet)
    assert matches(match, frame) is holds


@given(
    st.binary(max_size=80),
    st.sampled_from([b"\x08\x00", b"\x86\xdd", b"\x81\x00\x00\x05\x86\xdd", b""]),
    st.sampled_from(sorted(PROTOCOLS)),
)
def test_arbitrary_bytes_are_no_trouble(body: bytes, ethertype: bytes, protocol: str) -> None:
    match = Match(protocol, 2380 if protocol in ("tcp", "udp") else None)
    assert matches(match, bytes(12) + ethertype + body) in (True, False)


def test_rules_are_for_a_direction_and_count() -> None:
    rules = Rules()
    rules.add(1, Rule({1: frozenset({2})}))
    assert rules.drops(speaker=2, listener=1, frame=b"")
    assert not rules.drops(speaker=1, listener=2, frame=b"")
    assert rules.counts() == {1: 1}
    assert rules.remove(1) == 1
    assert not rules
    assert not rules.drops(speaker=2, listener=1, frame=b"")
    assert rules.remove(1) == 0


def test_several_rules_stand_side_by_side() -> None:
    rules = Rules()
    rules.add(1, Rule({1: frozenset({2})}, Match("arp")))
    rules.add(2, Rule({1: frozenset({2, 3})}))
    assert rules.drops(2, 1, bytes(14))
    assert rules.counts() == {1: 0, 2: 1}
