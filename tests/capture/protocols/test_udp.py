from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import ipv4, udp
from harness.capture.protocols.malformed import Malformed
from tests.capture import build
from tests.capture.peer import IP, UDP, Ether, octets

ports = st.integers(0, 65535)


@given(ports, ports, st.binary(max_size=40), st.integers(0, 40), st.integers(0, 10))
def test_a_datagram_is_read_out_of_its_packet_without_padding(
    source: int, to: int, payload: bytes, options: int, padding: int
) -> None:
    packet = Ether(type=0x0800) / IP(src=build.CLIENT, dst=build.SERVER, options=b"\x01" * options)
    data = octets(packet / UDP(sport=source, dport=to) / payload) + bytes(padding)
    ip = ipv4.parse(data, 14, len(data))
    assert (ip.source, ip.destination, ip.protocol) == (build.address(build.CLIENT), build.address(build.SERVER), 17)
    assert not ip.fragment
    assert udp.parse(data, ip.start, ip.end) == (source, to, payload, len(payload))


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"1234567", "7 bytes are no UDP header of 8"),
        (build.udp(b"payload", source=1, to=2)[:4] + b"\x00\x07\0\0payload", "a UDP datagram of 7 bytes does not fit"),
        (build.udp(b"payload", source=1, to=2)[:4] + b"\x00\x10\0\0payload", "a UDP datagram of 16 bytes does not fit"),
    ],
)
def test_headers_of_udp_that_contradict_their_packet_are_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        udp.parse(data, 0, len(data))


@given(st.binary(max_size=80), st.integers(0, 200))
def test_any_octets_are_read_or_malformed(data: bytes, length: int) -> None:
    try:
        udp.parse(data, 0, length)
    except Malformed as problem:
        assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
