from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import ethernet
from harness.capture.protocols.malformed import Malformed
from tests.capture import build
from tests.capture.peer import Dot1Q, Ether, octets


@given(st.lists(st.integers(0, 4095), max_size=2), st.binary(max_size=40))
def test_tags_of_vlans_are_taken_off(tags: list[int], payload: bytes) -> None:
    packet = Ether(src=build.CLIENT_MAC, dst=build.SERVER_MAC, type=0x8100 if tags else 0x0800)
    for place, tag in enumerate(tags):
        packet /= Dot1Q(vlan=tag, prio=5, type=0x0800 if place == len(tags) - 1 else 0x8100)
    data = octets(packet) + payload
    found = ethernet.parse(data)
    assert found == (0x0800, tags[-1] if tags else None, len(data) - len(payload))
    assert (ethernet.source(data), ethernet.destination(data)) == (build.CLIENT_MAC, build.SERVER_MAC)


@pytest.mark.parametrize("length", [0, 13, 15, 17])
def test_frames_too_short_for_their_own_header_are_malformed(length: int) -> None:
    data = (bytes(12) + b"\x81\x00" + bytes(4))[:length]
    with pytest.raises(Malformed, match=f"a frame of {length} bytes"):
        ethernet.parse(data)


@given(st.binary(max_size=80))
def test_any_octets_are_read_or_malformed(data: bytes) -> None:
    try:
        ethernet.parse(data)
    except Malformed as problem:
        assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
