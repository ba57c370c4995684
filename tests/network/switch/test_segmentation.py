from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet

from harness.network.switch import offload, segmentation
from harness.network.switch.offload import Offload

LINK = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")


def large(packet: Packet, size: int, *, kind: int) -> bytes:
    frame = bytes(packet)
    start = len(frame) - len(packet[TCP])
    header = start + packet[TCP].dataofs * 4 if packet[TCP].dataofs else start + (frame[start + 12] >> 4) * 4
    return bytes(Offload(offload.NEEDS_CHECKSUM, kind, header, size, start, 16)) + frame


@given(
    payload=st.binary(min_size=1, max_size=3000),
    size=st.integers(1, 1448),
    flags=st.integers(0, 255),
    sequence=st.integers(0, (1 << 32) - 1),
    identifier=st.integers(0, 65_535),
    six=st.booleans(),
    tagged=st.booleans(),
)
def test_segments_are_whole_frames_that_carry_the_same_bytes(
    *, payload: bytes, size: int, flags: int, sequence: int, identifier: int, six: bool, tagged: bool
) -> None:
    size = max(size, len(payload) // 40 + 1)
    ip = IPv6(src="fd00::1", dst="fd00::2") if six else IP(src="10.0.0.1", dst="10.0.0.2", id=identifier)
    link = LINK / Dot1Q(vlan=5) if tagged else LINK
    tcp = TCP(
        sport=80, dport=1024, seq=sequence, flags=flags, options=[("Timestamp", (1, 2)), ("NOP", None), ("NOP", None)]
    )
    packet = link / ip / tcp / payload
    made = segmentation.frames(large(packet, size, kind=offload.TCP6 if six else offload.TCP4))
    packets = [Ether(frame) for frame in made]
    assert b"".join(bytes(p[TCP].payload) for p in packets) == payload
    assert [p[TCP].seq for p in packets] == [(sequence + n * size) % (1 << 32) for n in range(len(made))]
    for number, (frame, p) in enumerate(zip(made, packets, strict=True)):
        again = p.copy()
        del again[TCP].chksum
        if six:
            del again[IPv6].plen
        else:
            del again[IP].chksum
            del again[IP].len
            assert p[IP].id == (identifier + number) % 65_536
        assert bytes(again) == frame, "lengths and checksums as scapy makes them"
        last = number == len(made) - 1
        wanted = flags & ~(0 if last else 0x09) & ~(0x80 if number else 0)
        assert int(p[TCP].flags) == wanted


def test_a_frame_that_needs_nothing_is_itself() -> None:
    assert segmentation.frames(offload.PLAIN + b"frame") == [b"frame"]


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_frames_or_a_value_error(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        segmentation.frames(data)


@pytest.mark.parametrize(
    "head, message",
    [
        (Offload(1, 5, 42, 100, 34, 6), "segmentation of kind 5"),
        (Offload(1, 1, 54, 100, 20, 16), "TCP header at byte 20"),
        (Offload(1, 1, 54, 0, 34, 16), "TCP header at byte 34"),
        (Offload(1, 4, 54, 100, 34, 16), "TCP header at byte 34"),
        (Offload(1, 1, 54, 100, 34, 16), "TCP's payload at byte 34"),
    ],
)
def test_headers_that_don_t_fit_the_frame(head: Offload, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        segmentation.frames(bytes(head) + bytes(200))


def test_the_longest_frame_is_a_segment() -> None:
    head = bytes(Offload(1, 1, 0, 1448, 34, 16))
    tcp = bytes(34 + 12) + b"\x80"
    assert segmentation.longest(offload.PLAIN + bytes(60)) == 60
    assert segmentation.longest(head + tcp + bytes(60_000)) == 34 + 32 + 1448
    assert segmentation.longest(head + tcp + bytes(100)) == len(tcp) + 100
    assert segmentation.longest(head + bytes(20)) == 20
