from __future__ import annotations

import pytest

from harness.capture.frames import Frame
from harness.incident.files.packets import Packets
from harness.incident.packet import Packet
from tests.capture import build

SEGMENT = build.tcp(b"hello", source=40000, to=2380, sequence=7, acknowledged=9, flags=build.ACK | build.PUSH)


def of(data: bytes, **changes: object) -> Packet:
    return Packets("a.pcap").of(Frame(1, 5, "eth0", data, len(data))._replace(**changes))  # type: ignore[arg-type]


def test_a_segment_is_told_whole() -> None:
    told = of(build.ethernet(build.ipv4(SEGMENT, protocol=6)))
    assert told[:16] == (
        5, "a.pcap", "eth0", 1, build.CLIENT_MAC, build.SERVER_MAC, (), build.CLIENT, build.SERVER, "tcp",
        40000, 2380, build.ACK | build.PUSH, 7, 9, 5,
    )  # fmt: skip


@pytest.mark.parametrize(
    "options,stamp",
    [
        (b"\1\1\x08\x0a\0\0\1\2\0\0\0\0", 258),
        (b"\2\4\5\xb4\4\2\x08\x0a\0\0\1\2\0\0\0\0", 258),
        (b"\2\4\5\xb4\0\0\0\0", 0),
        (b"\1\1\x08\x0a", 0),
        (b"\x08\0\0\0", 0),
    ],
    ids=["usual", "at first", "none", "cut", "no length"],
)
def test_a_segments_timestamp_is_among_its_options(options: bytes, stamp: int) -> None:
    header = bytearray(SEGMENT[:20])
    header[12] = (20 + len(options)) // 4 << 4
    assert of(build.ethernet(build.ipv4(bytes(header) + options, protocol=6))).stamp == stamp


def test_what_came_twice_is_among_them() -> None:
    options = b"\1\1\x08\x0a\0\0\1\2\0\0\0\0" + b"\1\1\5\x0a\0\0\0\3\0\0\0\7"
    header = bytearray(SEGMENT[:20])
    header[12] = (20 + len(options)) // 4 << 4
    assert of(build.ethernet(build.ipv4(bytes(header) + options, protocol=6))).twice == 3


@pytest.mark.parametrize("protocol, carries", [(1, "icmp"), (17, "udp"), (89, "89"), (112, "112")])
def test_other_protocols_are_told(protocol: int, carries: str) -> None:
    assert of(build.ethernet(build.ipv4(bytes(range(8)), protocol=protocol))).carries == carries


@pytest.mark.parametrize("code, port", [(3, 7946), (1, 0)])
def test_icmp_tells_the_port_at_which_nobody_listens(code: int, port: int) -> None:
    about = build.ipv4(build.udp(b"hello", source=40000, to=7946), protocol=17)
    said = bytes((3, code, 0, 0, 0, 0, 0, 0)) + about
    told = of(build.ethernet(build.ipv4(said, protocol=1)))
    assert (told.carries, told.src_port, told.dst_port, told.payload) == ("icmp", port, 0, len(about))


def test_ipv6_and_tags_are_told() -> None:
    inner = build.ipv6(build.udp(b"hello", source=1, to=2), protocol=17)
    tagged = build.ethernet(bytes((0, 200)) + bytes.fromhex("86dd") + inner, ethertype=0x8100)
    told = of(tagged)
    assert (told.vlans, told.src, told.dst) == ((200,), build.CLIENT6, build.SERVER6)
    assert (told.carries, told.src_port, told.dst_port, told.payload) == ("udp", 1, 2, 5)


def test_without_addresses_the_macs_stand_for_them() -> None:
    told = of(build.ethernet(bytes(28), ethertype=0x0806))
    assert (told.src, told.dst, told.carries) == (build.CLIENT_MAC, build.SERVER_MAC, "arp")
    assert of(build.ethernet(bytes(40), ethertype=0x88CC)).carries == str(0x88CC)
    assert of(build.ethernet(bytes(40), ethertype=40)).carries == "llc"


def test_what_a_network_changes_leaves_the_identity_alone() -> None:
    sent = bytearray(build.ethernet(build.ipv4(SEGMENT, protocol=6)))
    before = of(bytes(sent)).identity
    sent[0:12] = bytes(range(12))  # a router's MAC addresses
    sent[15] = 0x28  # DSCP
    sent[22] -= 1  # the hop count
    sent[24:26] = b"\x12\x34"  # the header's checksum
    sent[50:52] = b"\x56\x78"  # that of the segment, which a card fills in
    tagged = bytes(sent[:12]) + bytes.fromhex("81000064") + bytes(sent[12:])
    assert of(tagged).identity == before
    assert of(tagged[:60], length=len(tagged)).identity == before  # a short snap length


@pytest.mark.parametrize("at", [19, 26, 30, 34, 38, 42, 47, 48], ids=str)
def test_what_a_sender_changes_makes_another_identity(at: int) -> None:
    sent = bytearray(build.ethernet(build.ipv4(SEGMENT, protocol=6)))
    before = of(bytes(sent)).identity
    sent[at] ^= 1
    assert of(bytes(sent)).identity != before


def test_datagrams_are_told_apart_by_what_they_carry() -> None:
    one, other = (build.datagram(b"ping %d" % number) for number in (1, 2))
    assert of(one).identity == of(one).identity != of(other).identity


@pytest.mark.parametrize("length", [0, 5, 13, 14, 20, 33, 34, 40, 53])
def test_a_frame_that_is_cut_short_is_a_packet_all_the_same(length: int) -> None:
    whole = build.ethernet(build.ipv4(SEGMENT, protocol=6))
    told = of(whole[:length], length=len(whole))
    assert told.time == 5
    assert told.src_port == 0


def test_a_segment_that_a_card_was_to_cut_up_has_the_frames_length() -> None:
    sent = bytearray(build.ethernet(build.ipv4(SEGMENT, protocol=6)))
    sent[16:18] = b"\0\0"
    assert of(bytes(sent), length=70_000).payload == 70_000 - 54


def test_the_number_of_what_may_not_be_fragmented_is_told() -> None:
    packet = bytearray(build.ipv4(SEGMENT, protocol=6))
    packet[4:8] = bytes((0x12, 0x34, 0x40, 0))
    assert of(build.ethernet(bytes(packet))).number == 0x1234
    packet[6] = 0
    assert of(build.ethernet(bytes(packet))).number == 0
