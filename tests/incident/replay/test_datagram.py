from __future__ import annotations

import struct

import pytest

from harness.capture.protocols import ethernet, ipv4
from harness.incident.replay.datagram import of_frame, tcp_frame, udp_frame
from harness.network.checksum import FULL, ones_sum
from tests.incident.replay import frames


def test_what_is_framed_is_read_again() -> None:
    one = of_frame(frames.captured(udp_frame(frames.TELL, b"hello"), 7))
    assert one is not None
    assert (one.src, one.src_port, one.dst, one.dst_port) == (frames.SERVER, 67, frames.CLIENT, 68)
    assert (one.src_mac, one.dst_mac, one.payload, one.whole, one.vlan) == (
        frames.SERVER_MAC, frames.MAC, b"hello", True, None,
    )  # fmt: skip
    segment = of_frame(frames.captured(tcp_frame(frames.TELL, 5, 9, 0x18, b"data"), 7))
    assert segment is not None
    assert (segment.sequence, segment.acknowledged, segment.flags, segment.payload) == (5, 9, 0x18, b"data")


@pytest.mark.parametrize("frame", [udp_frame(frames.TELL, b"odd"), tcp_frame(frames.TELL, 1, 2, 2, b"data")])
def test_checksums_are_right(frame: bytes) -> None:
    packet = ipv4.parse(frame, ethernet.HEADER, len(frame))
    assert ones_sum(frame[ethernet.HEADER : packet.start]) == FULL
    body = frame[packet.start :]
    assert ones_sum(packet.source + packet.destination + struct.pack("!HH", packet.protocol, len(body)) + body) == FULL


def test_what_was_cut_says_so() -> None:
    one = of_frame(frames.captured(udp_frame(frames.TELL, b"hello"), 1, kept=44))
    assert one is not None
    assert (one.payload, one.length, one.whole) == (b"he", 5, False)


def test_what_is_neither_udp_nor_tcp_is_nothing() -> None:
    whole = udp_frame(frames.TELL, b"hello")
    arp = whole[:12] + b"\x08\x06" + whole[14:]
    icmp = whole[:23] + b"\x01" + whole[24:]
    fragment = whole[:20] + b"\x20\x00" + whole[22:]
    assert [of_frame(frames.captured(data, 1)) for data in (arp, icmp, fragment, whole[:30], b"")] == [None] * 5


def test_a_datagram_is_the_same_behind_a_router() -> None:
    whole = udp_frame(frames.TELL, b"hello")
    routed = whole[:22] + b"\x3f" + whole[23:24] + b"\x12\x34" + whole[26:]
    one, other = (frames.said(frames.TELL, b"hello"), of_frame(frames.captured(routed, 2)))
    assert other is not None
    assert one.identity == other.identity
    assert one.identity != frames.said(frames.TELL, b"other").identity
