from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import ipv4
from harness.capture.protocols.malformed import Malformed
from tests.capture import build
from tests.capture.peer import IP, Ether, octets


@pytest.mark.parametrize("flags, offset, more", [("MF", 0, True), ("MF", 185, True), (0, 185, False)])
def test_fragments_are_told(flags: str | int, offset: int, more: bool) -> None:  # noqa: FBT001 - from parametrize
    data = octets(Ether(type=0x0800) / IP(flags=flags, frag=offset) / bytes(40))
    ip = ipv4.parse(data, 14, len(data))
    assert (ip.fragment, ip.offset, ip.more_fragments) == (True, offset * 8, more)


def test_a_packet_that_the_card_was_to_cut_up_may_say_no_length() -> None:
    data = bytearray(octets(Ether(type=0x0800) / IP() / bytes(40)))
    data[16:18] = b"\0\0"
    assert ipv4.parse(bytes(data), 14, 100_000).end == 100_000


PACKET = build.ipv4(build.udp(b"payload", source=1, to=2), protocol=17)


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "0 bytes are no IPv4 header of at least 20"),
        (b"\x65" + PACKET[1:], "IP version 6 with a header of 20 bytes"),
        (b"\x44" + PACKET[1:], "IP version 4 with a header of 16 bytes"),
        (PACKET[:2] + b"\x00\x13" + PACKET[4:], "an IPv4 packet of 19 bytes does not fit its frame of 35"),
        (PACKET[:2] + b"\x00\x24" + PACKET[4:], "an IPv4 packet of 36 bytes does not fit its frame of 35"),
    ],
)
def test_headers_of_ipv4_that_contradict_their_frame_are_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        ipv4.parse(data, 0, len(data))


@given(st.binary(max_size=80), st.integers(0, 200))
def test_any_octets_are_read_or_malformed(data: bytes, length: int) -> None:
    try:
        ipv4.parse(data, 0, length)
    except Malformed as problem:
        assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
