from __future__ import annotations

import pytest

from harness.capture.protocols import ipv4, ipv6
from harness.capture.protocols.ip import IpPacket, unfragmented
from tests.capture import build


@pytest.mark.parametrize("offset, more, fragment", [(0, False, False), (0, True, True), (8, False, True)])
def test_a_packet_with_an_offset_or_with_more_to_come_is_a_fragment(offset: int, *, more: bool, fragment: bool) -> None:
    assert IpPacket(b"", b"", 17, offset, more, 0, 0).fragment is fragment


def test_headers_of_a_fragment_become_those_of_the_whole() -> None:
    whole = bytes(range(32))
    first = build.fragments(whole, 16)[0]
    header = unfragmented(first, 0, ipv4.parse(first, 0, len(first)))
    found = ipv4.parse(header + whole, 0, len(header + whole))
    assert (found.fragment, (header + whole)[found.start : found.end]) == (False, whole)


def test_headers_of_an_ipv6_fragment_lose_those_that_fragments_have() -> None:
    extension = bytes((17, 0)) + (0 | 1).to_bytes(2) + bytes(4)
    packet = build.ipv6(extension + bytes(16), protocol=44)
    header = unfragmented(packet, 0, ipv6.parse(packet, 0, len(packet)))
    found = ipv6.parse(header + bytes(32), 0, len(header) + 32)
    assert (found.protocol, found.fragment, found.start, found.end) == (17, False, 40, 72)
