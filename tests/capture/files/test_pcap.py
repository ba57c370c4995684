from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.files.pcap import PcapReader
from harness.capture.frames import CaptureError, Frame

if TYPE_CHECKING:
    from pathlib import Path

NANOSECONDS, MICROSECONDS = 0xA1B23C4D, 0xA1B2C3D4


def pcap(order: str, magic: int, *records: tuple[int, int, bytes, int], link_type: int = 1) -> bytes:
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
    return head + b"".join(
        struct.pack(order + "IIII", seconds, fraction, len(data), length) + data
        for seconds, fraction, data, length in records
    )


def read(data: bytes) -> tuple[list[Frame], PcapReader]:
    reader = PcapReader(io.BytesIO(data), "some.pcap", link="segment")
    return list(reader), reader


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic, time", [(NANOSECONDS, 1_000_000_005), (MICROSECONDS, 1_000_005_000)])
def test_both_byte_orders_and_both_units_of_time(order: str, magic: int, time: int) -> None:
    frames, reader = read(pcap(order, magic, (1, 5, b"frame", 60), (2, 0, b"", 0)))
    assert frames == [Frame(1, time, "segment", b"frame", 60), Frame(2, 2 * 10**9, "segment", b"", 0)]
    assert reader.truncated is None


def test_what_scapy_writes_is_read(tmp_path: Path) -> None:
    from scapy.utils import RawPcapWriter  # noqa: PLC0415 - scapy is slow to import

    path = tmp_path / "scapy.pcap"
    with RawPcapWriter(str(path), linktype=1, nano=True) as writer:
        writer.write_header(None)
        writer.write_packet(b"frame", sec=3, usec=7, wirelen=90)
    frames, _ = read(path.read_bytes())
    assert frames == [Frame(1, 3_000_000_007, "segment", b"frame", 90)]


@pytest.mark.parametrize(
    "data, message",
    [
        (b"", "byte 0: no pcap file"),
        (b"\xd4\xc3\xb2\xa1", "byte 0: a file of 4 bytes, expected a pcap header of 24 bytes"),
        (
            pcap("<", MICROSECONDS, link_type=105),
            "byte 20: link type 105, expected Ethernet (1), Linux cooked (113, 276)",
        ),
        (pcap("<", MICROSECONDS) + b"\xff" * 16, "byte 24: a frame of 4294967295 of 4294967295 bytes"),
        (pcap("<", MICROSECONDS) + bytes(64), "byte 24: a record of zeros"),
    ],
)
def test_what_is_no_pcap_is_refused_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(CaptureError) as refused:
        read(data)
    assert f"some.pcap: {message}" in str(refused.value)


@given(st.integers(0, 100))
def test_a_file_that_is_cut_within_a_record_says_so(length: int) -> None:
    data = pcap("<", NANOSECONDS, (1, 5, b"frame", 60), (2, 0, b"other frame", 60))
    frames, reader = read(data[: 24 + length])
    assert [frame.data for frame in frames] == [b"frame", b"other frame"][: (length >= 21) + (length >= 48)]
    assert (reader.truncated is None) == (length in {0, 21} or length >= 48)


def test_a_file_that_grows_is_read_on_where_it_ended() -> None:
    data = pcap("<", NANOSECONDS, (1, 5, b"frame", 5), (2, 0, b"other", 5))
    file = io.BytesIO(data[:-2])
    reader = PcapReader(file, "growing.pcap")
    assert [frame.data for frame in reader] == [b"frame"]
    file.write(data[-2:])
    file.seek(len(data) - 2)
    assert [(frame.number, frame.data) for frame in reader] == [(2, b"other")]


@given(st.binary(max_size=64).map(lambda tail: pcap("<", NANOSECONDS) + tail))
def test_any_octets_are_read_or_refused(data: bytes) -> None:
    try:
        read(data)
    except CaptureError as refused:
        assert "expected at most" in str(refused) or "a record of zeros" in str(refused)  # noqa: PT017 - and no other
