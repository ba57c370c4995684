from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.files.link_types import LINUX_COOKED, LINUX_COOKED_2, NULL, RAW
from harness.capture.files.reader import frames as read
from harness.capture.frames import ETHERNET
from harness.capture.protocols import ip, ipv4, ipv6
from harness.incident.replay.datagram import Way, tcp_frame, udp_frame
from harness.network.checksum import FULL, fold, ones_sum
from tests.incident.scrub.tools import scrubbed, text

DATA = Path(__file__).parents[2] / "capture/data"
ONE, OTHER = "52:54:00:aa:bb:01", "52:54:00:aa:bb:02"
WAY = Way(ONE, OTHER, IPv4Address("10.7.8.1"), 5000, IPv4Address("10.7.8.2"), 5001)
PACKET = udp_frame(WAY, b"nobody's business")[14:]


def sums_are_right(frame: bytes, at: int = 14) -> None:
    """Raise where a checksum is wrong, of an IP packet that was captured whole."""
    if frame[at] >> 4 == 4:
        packet = ipv4.parse(frame, at, len(frame))
        assert ones_sum(frame[at : packet.start]) == FULL
        length = packet.end - packet.start
    else:
        packet = ipv6.parse(frame, at, len(frame))
        length = packet.end - packet.start
    body = frame[packet.start : packet.end]
    pseudo = packet.source + packet.destination + struct.pack(">II", length, packet.protocol)
    if packet.protocol == ip.ICMP:
        pseudo = b""
    if not packet.fragment and packet.protocol in (ip.UDP, ip.TCP, ip.ICMP, ip.ICMPV6):
        assert fold(ones_sum(pseudo) + ones_sum(body)) == FULL


def test_a_datagram_has_other_addresses_and_the_same_size() -> None:
    whole = udp_frame(WAY, b"nobody's business, at all, for ever")
    found = scrubbed(whole)
    assert len(found) == len(whole)
    assert not {bytes.fromhex("525400"), WAY.src.packed, WAY.dst.packed} & {
        found[0:3],
        found[6:9],
        found[26:30],
        found[30:34],
    }
    assert found[34:38] == whole[34:38], "the ports"
    assert b"business" not in found
    sums_are_right(found)


def test_one_datagram_is_known_as_one_and_two_are_told_apart() -> None:
    one, other = udp_frame(WAY, b"a" * 60), udp_frame(WAY, b"b" * 60)
    assert scrubbed(one) == scrubbed(one)
    assert scrubbed(one) != scrubbed(other)
    cut = scrubbed(one[:96], length=len(one))
    assert cut == scrubbed(one)[:96]


def test_tags_and_sequence_numbers_stay() -> None:
    whole = tcp_frame(WAY, 77, 88, 0x18, b"secret")
    tagged = whole[:12] + b"\x88\xa8\x00\x07\x81\x00\x00\xc8" + whole[12:]
    found = scrubbed(tagged)
    assert found[12:20] == tagged[12:20]
    assert found[42:54] == tagged[42:54], "ports, sequence and acknowledgement"
    assert found.endswith(bytes(6))
    sums_are_right(found[:12] + found[20:])


@pytest.mark.parametrize(
    "link_type,header,mac",
    [
        (LINUX_COOKED, b"\0\0\0\1\0\6" + bytes.fromhex("525400aabb01") + b"zz\x08\0", 6),
        (LINUX_COOKED_2, b"\x08\0\0\0\0\0\0\1\0\1\0\6" + bytes.fromhex("525400aabb01") + b"zz", 12),
        (RAW, b"", None),
        (NULL, b"\2\0\0\0", None),
    ],
)
def test_other_link_types_are_understood(link_type: int, header: bytes, mac: int | None) -> None:
    means = text()
    found = scrubbed(header + PACKET, means, link_type=link_type)
    assert found[len(header) :] == scrubbed(udp_frame(WAY, b"nobody's business"), means)[14:]
    if mac is not None:
        assert found[mac : mac + 8] == means.addresses.mac(bytes.fromhex("525400aabb01")) + b"\0\0"


@pytest.mark.parametrize("data", [b"", b"x", b"x" * 13, b"x" * 40])
def test_what_is_not_understood_is_zeroed(data: bytes) -> None:
    assert scrubbed(data, link_type=147) == bytes(len(data))
    assert len(scrubbed(data)) == len(data)
    assert scrubbed(data)[14:] == bytes(len(data[14:]))


def test_arp_has_the_same_addresses_as_all_else() -> None:
    means = text()
    mac, other = bytes.fromhex("525400aabb01"), bytes(6)
    packet = bytes.fromhex("0001080006040001") + mac + WAY.src.packed + other + WAY.dst.packed
    found = scrubbed(b"\xff" * 6 + mac + b"\x08\x06" + packet + b"trailer", means)
    assert found[14:] == bytes.fromhex("0001080006040001") + means.addresses.mac(mac) + means.addresses.v4(
        WAY.src.packed
    ) + other + means.addresses.v4(WAY.dst.packed) + bytes(7)
    assert found[:6] == b"\xff" * 6


def test_what_icmp_is_about_has_the_same_addresses_too() -> None:
    means = text()
    about = PACKET[:28]
    body = b"\3\3\0\0" + bytes(4) + about
    header = PACKET[:2] + (20 + len(body)).to_bytes(2) + PACKET[4:9] + b"\1\0\0" + WAY.dst.packed + WAY.src.packed
    found = scrubbed(b"\0" * 12 + b"\x08\0" + header + body, means)
    assert found[54:62] == means.addresses.v4(WAY.src.packed) + means.addresses.v4(WAY.dst.packed)
    assert found[62:66] == about[20:24], "its ports"
    sums_are_right(found)


def test_a_neighbour_s_solicitation_follows_its_addresses() -> None:
    means = text()
    target = IPv6Address("fe80::5054:ff:feaa:bb02").packed
    message = b"\x87\0\0\0" + bytes(4) + target + b"\1\1" + bytes.fromhex("525400aabb01")
    header = b"\x60\0\0\0" + len(message).to_bytes(2) + b"\x3a\xff" + target + IPv6Address("ff02::1:ffaa:bb02").packed
    found = scrubbed(
        b"\x33\x33\xff\xaa\xbb\x02" + bytes.fromhex("525400aabb01") + b"\x86\xdd" + header + message, means
    )
    assert found[:6] == b"\x33\x33\xff\xaa\xbb\x02"
    assert found[62:78] == means.addresses.v6(target) != target
    assert found[80:86] == means.addresses.mac(bytes.fromhex("525400aabb01"))
    sums_are_right(found)


@pytest.mark.parametrize(
    "name",
    ["t036-uefi", "pxe-bios", "serf-0.9.4-node-death", "vrrp-keepalived", "etcd-3.4.23-follower-cut", "bgp-bird"],
)
def test_real_captures_stay_sound(name: str) -> None:
    folder = DATA if name != "t036-uefi" else DATA.parents[1] / "incident/captures"
    (path,) = folder.glob(f"{name}.pcap*")
    for frame in read(path):
        found = scrubbed(frame.data, length=frame.length)
        assert len(found) == len(frame.data)
        if len(frame.data) == frame.length and found[12:14] in (b"\x08\0", b"\x86\xdd"):
            sums_are_right(found)


@given(
    st.binary(max_size=120), st.sampled_from([ETHERNET, LINUX_COOKED, LINUX_COOKED_2, RAW, NULL]), st.integers(0, 2000)
)
def test_whatever_comes_the_length_stays(data: bytes, link_type: int, more: int) -> None:
    assert len(scrubbed(data, link_type=link_type, length=len(data) + more)) == len(data)


@given(
    st.integers(0, 400), st.integers(0, 255), st.sampled_from(["t036-uefi", "vrrp-keepalived", "vxlan-linux", "qinq"])
)
def test_spoiled_frames_harm_nothing(place: int, octet: int, name: str) -> None:
    for frame in SPOILED[name]:
        data = bytearray(frame)
        data[place % len(data)] = octet
        assert len(scrubbed(bytes(data))) == len(data)


SPOILED = {
    path.stem: [frame.data for frame in read(path)][:40:3]
    for path in (
        DATA.parents[1] / "incident/captures/t036-uefi.pcapng",
        DATA / "vrrp-keepalived.pcap",
        DATA / "vxlan-linux.pcapng",
        DATA / "qinq.pcap",
    )
}
