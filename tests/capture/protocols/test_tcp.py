from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import ipv4, tcp
from harness.capture.protocols.malformed import Malformed
from tests.capture import build
from tests.capture.peer import IP, TCP, Ether, octets

ports = st.integers(0, 65535)
numbers = st.integers(0, 2**32 - 1)


@given(st.tuples(ports, ports, numbers, numbers, st.integers(0, 255)), st.binary(max_size=40), st.integers(0, 40))
def test_a_segment_is_read_with_what_was_kept_of_it(
    head: tuple[int, int, int, int, int], payload: bytes, kept: int
) -> None:
    fields = dict(zip(("sport", "dport", "seq", "ack", "flags"), head, strict=True))
    segment = TCP(**fields, options=[("NOP", None)] * 4)
    data = octets(Ether(type=0x0800) / IP() / segment / payload)
    captured = data[: 14 + 20 + 24 + kept]
    ip = ipv4.parse(captured, 14, len(data))
    found = tcp.parse(captured, ip.start, ip.end)
    assert found == (*head, payload[:kept], len(payload))


@pytest.mark.parametrize("words", [0, 4, 15])
def test_headers_of_tcp_that_contradict_their_packet_are_malformed(words: int) -> None:
    data = bytearray(build.tcp(b"payload", source=1, to=2, sequence=3))
    data[12] = words << 4
    with pytest.raises(Malformed, match=f"a TCP header of {words * 4} bytes does not fit its packet of 27"):
        tcp.parse(bytes(data), 0, len(data))


@given(st.binary(max_size=80), st.integers(0, 200))
def test_any_octets_are_read_or_malformed(data: bytes, length: int) -> None:
    try:
        tcp.parse(data, 0, length)
    except Malformed as problem:
        assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
