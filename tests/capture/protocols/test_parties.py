from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols.parties import Parties, parties
from tests.capture import build
from tests.capture.build import CLIENT, CLIENT_MAC, SERVER, SERVER_MAC, datagram

MAC_HEADERS = 12


def tagged(frame: bytes, *tags: tuple[int, int]) -> bytes:
    added = b"".join(struct.pack(">HH", ethertype, vlan) for ethertype, vlan in tags)
    return frame[:MAC_HEADERS] + added + frame[MAC_HEADERS:]


def test_a_datagram_tells_addresses_and_ports() -> None:
    assert parties(datagram(b"x", to=(SERVER, 67))) == Parties((), CLIENT, SERVER, 40000, 67)


def test_tags_are_told_outermost_first_and_without_their_priority() -> None:
    frame = tagged(datagram(b"x", to=(SERVER, 67)), (0x88A8, 7), (0x8100, 5 << 13 | 100))
    assert parties(frame) == Parties((7, 100), CLIENT, SERVER, 40000, 67)


def test_without_ip_the_parties_are_mac_addresses() -> None:
    assert parties(build.ethernet(b"x", ethertype=0x0806)) == Parties((), CLIENT_MAC, SERVER_MAC)


def test_a_later_fragment_and_a_protocol_without_ports_have_none() -> None:
    later = build.ethernet(build.ipv4(b"12345678", protocol=17, flags=1))
    assert parties(later) == Parties((), CLIENT, SERVER)
    assert parties(build.ethernet(build.ipv4(b"12345678", protocol=112))) == Parties((), CLIENT, SERVER)


def test_ipv6_is_told_too() -> None:
    source, destination = bytes.fromhex("fd00" + 13 * "00" + "01"), bytes.fromhex("fd00" + 13 * "00" + "02")
    packet = struct.pack(">IHBB", 6 << 28, 8, 17, 64) + source + destination + build.udp(b"", source=1, to=2)
    assert parties(build.ethernet(packet, ethertype=0x86DD)) == Parties((), "fd00::1", "fd00::2", 1, 2)


@given(st.binary(max_size=80), st.sampled_from([0x0800, 0x8100, 0x86DD]))
def test_whatever_comes_is_survived(payload: bytes, ethertype: int) -> None:
    assert isinstance(parties(build.ethernet(payload, ethertype=ethertype)), Parties)
    assert isinstance(parties(payload), Parties)
