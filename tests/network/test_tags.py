from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.l2 import Dot1Q, Ether

from harness.network import tags


@given(st.integers(0, 4095), st.integers(0, 7), st.integers(0, 1))
def test_a_tag_is_what_scapy_makes_of_it(vlan: int, priority: int, dei: int) -> None:
    frame = bytes(Ether(dst="ff:ff:ff:ff:ff:ff", src="02:00:00:00:00:01") / Dot1Q(vlan=vlan, prio=priority, dei=dei))
    assert frame[12:16] == tags.tag(vlan, priority << 1 | dei)
    assert tags.parse(tags.key(frame)) == (vlan, priority << 1 | dei, 4)


@given(st.binary(max_size=40))
def test_arbitrary_bytes_are_parsed_or_too_short(frame: bytes) -> None:
    parsed = tags.parse(tags.key(frame))
    assert (parsed is None) == (len(frame) < 14 or (frame[12:14] == b"\x81\x00" and len(frame) < 18))


@pytest.mark.parametrize("inner, stacked", [(0x8100, True), (0x0800, False), (0x88A8, False)])
def test_a_tag_behind_a_tag_is_seen(inner: int, *, stacked: bool) -> None:
    frame = bytes(12) + tags.tag(5) + inner.to_bytes(2, "big")
    assert tags.is_stacked(frame) is stacked


def test_a_service_tag_is_no_tag_of_ours() -> None:
    assert tags.parse(bytes(12) + b"\x88\xa8\x00\x05") == tags.NO_TAG
