from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import ipv6
from harness.capture.protocols.malformed import Malformed
from tests.capture import build
from tests.capture.peer import (
    UDP,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    octets,
)

UDP_NUMBER = 17
PACKET = build.ipv6(build.udp(b"payload", source=1, to=2), protocol=UDP_NUMBER)


def test_the_payload_is_found_behind_extension_headers_that_scapy_makes() -> None:
    extensions = IPv6ExtHdrHopByHop() / IPv6ExtHdrRouting() / IPv6ExtHdrDestOpt()
    data = octets(IPv6(src=build.CLIENT6, dst=build.SERVER6) / extensions / UDP(sport=5, dport=6) / b"x") + b"pad"
    found = ipv6.parse(data, 0, len(data))
    assert (found.protocol, found.fragment, data[found.start : found.end][:4]) == (UDP_NUMBER, False, b"\0\5\0\6")
    assert (found.source[-1], found.destination[-1]) == (0x0B, 0x01)


@pytest.mark.parametrize("offset, more", [(0, 1), (185, 1), (185, 0)])
def test_fragments_are_told(offset: int, more: int) -> None:
    data = octets(IPv6() / IPv6ExtHdrFragment(offset=offset, m=more, id=0x1234567, nh=UDP_NUMBER) / bytes(40))
    found = ipv6.parse(data, 0, len(data))
    assert (found.fragment, found.offset, found.more_fragments) == (True, offset * 8, bool(more))
    assert (found.protocol, found.identification, found.end - found.start) == (UDP_NUMBER, 0x1234567, 40)


def test_a_packet_that_the_card_was_to_cut_up_may_say_no_length() -> None:
    data = PACKET[:4] + b"\0\0" + PACKET[6:]
    assert ipv6.parse(data, 0, 100_000).end == 100_000


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "0 bytes are no IPv6 header of 40"),
        (b"\x45" + PACKET[1:], "IP version 4 where version 6 belongs"),
        (PACKET[:-1], "an IPv6 payload of 15 bytes does not fit its frame of 54"),
        (build.ipv6(b"", protocol=0), "IPv6 extension header 0 is cut after 0 bytes"),
        (build.ipv6(b"\x11\x05" + bytes(6), protocol=43), "IPv6 extension header 43 of 48 bytes does not fit"),
        (build.ipv6(bytes(8 * 20), protocol=0), "more than 16 IPv6 extension headers"),
    ],
)
def test_headers_that_contradict_their_frame_are_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        ipv6.parse(data, 0, len(data))


@given(st.binary(max_size=120), st.integers(0, 200), st.sampled_from([0, 17, 43, 44, 51, 60]))
def test_any_octets_are_read_or_malformed(tail: bytes, length: int, following: int) -> None:
    for data in (tail, b"\x60" + bytes(5) + bytes((following,)) + tail):
        try:
            ipv6.parse(data, 0, length)
        except Malformed as problem:
            assert "IP" in str(problem)  # noqa: PT017 - most octets are malformed, some are not
