from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.decoding import Decoding, protocols
from harness.capture.dissection.prefilter import EVERYTHING, Need, need_of, wanted
from harness.capture.dissector import Dissector, Ports
from harness.capture.events import Undecodable
from harness.capture.files.reader import frames
from tests.capture.build import Connection, datagram, ethernet, ipv4, tcp, udp

DATA = Path(__file__).parents[1] / "data"
CAPTURES = sorted(path for path in DATA.iterdir() if path.suffix in {".pcap", ".pcapng"})
PORTS = Ports(raft=frozenset({2380, 24801, 24802, 24803}), gossip=frozenset({27946, 27947, 27948}))

ARP = ethernet(bytes(28), ethertype=0x0806)
DHCP = datagram(b"", to=("255.255.255.255", 67))
GOSSIP = datagram(b"", to=("10.0.0.1", 7946))
OTHER_UDP = datagram(b"", to=("10.0.0.1", 9999))
TUNNEL = datagram(b"", to=("10.0.0.1", 4789))
RAFT = ethernet(ipv4(tcp(b"x", source=50000, to=2380, sequence=1), protocol=6))
BULK = ethernet(ipv4(tcp(b"x" * 99, source=50000, to=5001, sequence=1), protocol=6))
OPENING = ethernet(ipv4(tcp(b"", source=50000, to=5001, sequence=1, flags=2), protocol=6))
GET = ethernet(ipv4(tcp(b"GET / HTTP/1.1", source=50000, to=8080, sequence=1), protocol=6))
FRAGMENT = ethernet(ipv4(bytes(60), protocol=17, flags=7))
VRRP = ethernet(ipv4(bytes(20), protocol=112))


def passes(protocol: str | None, data: bytes) -> bool:
    need = need_of(protocol and [protocol], frozenset({7946}), frozenset({4789}))
    test = wanted(need, {80, 2380}, frozenset({b"GET"}))
    return test(b"before" + data + b"after", 6, 6 + len(data))


@pytest.mark.parametrize(
    "protocol, wants, passes_over",
    [
        ("arp", [ARP, TUNNEL], [DHCP, GOSSIP, OTHER_UDP, RAFT, BULK, OPENING, GET, VRRP]),
        ("dhcp", [DHCP, TUNNEL, FRAGMENT], [ARP, GOSSIP, OTHER_UDP, RAFT, BULK, OPENING, GET, VRRP]),
        ("gossip", [GOSSIP, RAFT, OPENING, TUNNEL, FRAGMENT], [ARP, DHCP, OTHER_UDP, BULK, VRRP]),
        ("tftp", [OTHER_UDP, DHCP, TUNNEL, FRAGMENT], [ARP, RAFT, BULK, OPENING, GET, VRRP]),
        ("raft", [RAFT, OPENING, GET, TUNNEL, FRAGMENT], [ARP, DHCP, GOSSIP, OTHER_UDP, BULK, VRRP]),
        ("http", [RAFT, OPENING, GET, TUNNEL, FRAGMENT], [ARP, DHCP, GOSSIP, OTHER_UDP, BULK, VRRP]),
        (None, [ARP, DHCP, GOSSIP, OTHER_UDP, TUNNEL, RAFT, OPENING, GET, FRAGMENT, VRRP], [BULK]),
        ("of the future", [ARP, DHCP, OTHER_UDP, RAFT, OPENING, GET, FRAGMENT, VRRP], [BULK]),
    ],
)
def test_each_protocol_wants_its_own_frames(protocol: str | None, wants: list[bytes], passes_over: list[bytes]) -> None:
    tag = b"\x81\x00\x00\x05"
    tags = (b"", tag, b"\x88\xa8\x00\x07" + tag)
    for stack in tags:
        assert [passes(protocol, one[:12] + stack + one[12:]) for one in wants] == [True] * len(wants)
        assert not any(passes(protocol, one[:12] + stack + one[12:]) for one in passes_over)


def test_ipv6_is_looked_into_where_nothing_is_between() -> None:
    header = bytes.fromhex("60000000") + bytes(2) + b"%c\x40" + bytes(32)
    dhcp = ethernet(header.replace(b"%c", b"\x11") + udp(bytes(20), source=1, to=67), ethertype=0x86DD)
    bulk = ethernet(header.replace(b"%c", b"\x06") + tcp(bytes(20), source=1, to=5001, sequence=0), ethertype=0x86DD)
    options = ethernet(header.replace(b"%c", b"\x00") + bytes(40), ethertype=0x86DD)
    assert [passes("dhcp", one) for one in (dhcp, bulk, options)] == [True, False, True]
    assert [passes("raft", one) for one in (dhcp, bulk, options)] == [False, False, True]


def test_ports_may_become_known_later() -> None:
    ports: set[int] = set()
    test = wanted(Need(tcp=True), ports)
    assert not test(BULK, 0, len(BULK))
    ports.add(5001)
    assert test(BULK, 0, len(BULK))


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
@pytest.mark.parametrize("protocol", [name for name in protocols() if name != "undecodable"])
def test_a_question_about_one_protocol_misses_nothing(path: Path, protocol: str) -> None:
    dissector = Dissector(PORTS)
    every = [event for frame in frames(path) for event in dissector.frame(frame)]
    every += dissector.finish()
    with path.open("rb") as file:
        asked = list(Decoding(file, "f", ports=PORTS, protocols=[protocol]))
    assert [event for event in asked if event.protocol == protocol] == [
        event for event in every if event.protocol == protocol
    ]
    kinds = {event.kind for event in every}
    assert {event.kind for event in asked} <= kinds


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_what_is_passed_over_has_no_events(path: Path) -> None:
    with path.open("rb") as file:
        asked = list(Decoding(file, "f", ports=PORTS))
    dissector = Dissector(PORTS)
    every = [event for frame in frames(path) for event in dissector.frame(frame)]
    assert asked == [*every, *dissector.finish()]


@given(st.binary(max_size=80), st.sampled_from([ARP, DHCP, RAFT, BULK, FRAGMENT, VRRP]), st.integers(0, 90))
def test_a_look_never_fails_and_never_reads_past_a_buffer(noise: bytes, frame: bytes, cut: int) -> None:
    for data in (noise, frame[:cut] + noise, frame[:12] + noise):
        for need in (EVERYTHING, Need(), Need(udp=frozenset({67}), tcp=True)):
            assert wanted(need, {80})(data, 0, len(data)) in {True, False}


@given(st.sampled_from([ARP, DHCP, RAFT, GET, FRAGMENT]), st.integers(0, 60), st.integers(0, 255))
def test_what_a_damaged_frame_would_tell_is_let_through(frame: bytes, place: int, octet: int) -> None:
    damaged = bytearray(frame)
    damaged[place % len(frame)] = octet
    (one,) = Connection(segments=[bytes(damaged)]).frames()
    dissector = Dissector()
    events = [event for event in dissector.frame(one) if not isinstance(event, Undecodable)]
    assert not events or dissector.wanted()(one.data, 0, len(one.data))
