from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import checksum

from harness.network.checksum import FULL, completed, fold, ones_sum


@given(st.binary(max_size=200))
def test_the_sum_is_scapy_s(data: bytes) -> None:
    assert FULL - ones_sum(data) == checksum(data)


@given(st.lists(st.binary(max_size=20).filter(lambda part: len(part) % 2 == 0)))
def test_sums_of_parts_add_up(parts: list[bytes]) -> None:
    assert fold(sum(ones_sum(part) for part in parts)) == ones_sum(b"".join(parts))


@given(st.binary(max_size=100))
def test_udp_is_completed_as_scapy_does_it(payload: bytes) -> None:
    packet = Ether() / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=1, dport=2) / payload
    whole = bytes(packet)
    length = len(whole) - 34
    pseudo = ones_sum(whole[26:34]) + 17 + length
    left = whole[:40] + fold(pseudo).to_bytes(2, "big") + whole[42:]
    assert completed(left, 34, 6) == whole


def test_a_udp_checksum_is_never_zero() -> None:
    assert completed(b"\xff\xff" + bytes(6), 0, 6)[6:8] == b"\xff\xff"
    assert completed(b"\xff\xff" + bytes(16), 0, 16)[16:18] == b"\0\0"


def test_a_field_outside_the_frame_is_an_error() -> None:
    with pytest.raises(ValueError, match="a checksum at byte 50 of a frame of 51"):
        completed(bytes(51), 34, 16)
