from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.decoding import Decoding
from harness.capture.files import link_types
from harness.capture.frames import Frame
from tests.capture.build import CLIENT_MAC, datagram, mac
from tests.capture.files.test_pcap import MICROSECONDS, pcap

DISCOVER = (
    bytes.fromhex("0101060012345678") + bytes(20) + mac(CLIENT_MAC) + bytes(202) + bytes.fromhex("63825363350101ff")
)
WHOLE = datagram(DISCOVER, source=("192.168.100.11", 68), to=("255.255.255.255", 67))
PACKET = WHOLE[14:]


def cooked(kind: int) -> bytes:
    return struct.pack(">HHH", kind, 1, 6) + mac(CLIENT_MAC) + bytes(2) + b"\x08\x00" + PACKET


def cooked_2(kind: int) -> bytes:
    return struct.pack(">HHIHBB", 0x0800, 0, 3, 1, kind, 6) + mac(CLIENT_MAC) + bytes(2) + PACKET


@pytest.mark.parametrize(
    "link_type, data, sent_by",
    [
        (1, WHOLE, CLIENT_MAC),
        (0, struct.pack("<I", 2) + PACKET, "00:00:00:00:00:00"),
        (0, struct.pack(">I", 2) + PACKET, "00:00:00:00:00:00"),
        (108, struct.pack(">I", 2) + PACKET, "00:00:00:00:00:00"),
        (12, PACKET, "00:00:00:00:00:00"),
        (101, PACKET, "00:00:00:00:00:00"),
        (228, PACKET, "00:00:00:00:00:00"),
        (113, cooked(0), CLIENT_MAC),
        (276, cooked_2(0), CLIENT_MAC),
    ],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_what_stands_before_a_packet_does_not_matter(link_type: int, data: bytes, sent_by: str, order: str) -> None:
    file = pcap(order, MICROSECONDS, (1, 0, data, len(data)), link_type=link_type)
    for protocols in ([], ["dhcp"]):
        (event,) = Decoding(io.BytesIO(file), "f", protocols=protocols)
        assert (event.kind, event.dst_port, event.sent_by) == ("dhcp-discover", 67, sent_by)
    assert list(Decoding(io.BytesIO(file), "f", protocols=["arp"])) == []


@pytest.mark.parametrize("layer, make", [(113, cooked), (276, cooked_2)])
def test_a_cooked_packet_says_which_way_it_went(layer: int, make: type[bytes]) -> None:
    lay = link_types.LAYERS[layer]
    assert lay is not None
    assert [lay(make(kind)).direction for kind in (0, 1, 4)] == ["in", "in", "out"]


def test_a_length_is_that_of_the_frame_as_it_would_have_been() -> None:
    frame = Frame(1, 0, "any", cooked(0)[:60], 400)
    lay = link_types.LAYERS[113]
    assert lay is not None
    made = link_types.reframed(frame, lay, None)
    assert made is not None
    assert (made.length, len(made.data)) == (398, 58)


@given(st.sampled_from(sorted(link_types.LAYERS)), st.binary(max_size=40))
def test_any_octets_are_laid(link_type: int, data: bytes) -> None:
    lay = link_types.LAYERS[link_type]
    if lay is not None:
        frame = link_types.reframed(Frame(1, 0, "any", data, len(data)), lay, None)
        assert frame is not None
        assert frame.length >= len(frame.data)
