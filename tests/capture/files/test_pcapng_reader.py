from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.files.pcapng import Writer
from harness.capture.files.pcapng_reader import PcapngReader
from harness.capture.frames import CaptureError

if TYPE_CHECKING:
    from harness.capture.frames import Frame, Wanted


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    size = len(body) + 12
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def section(order: str) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(order: str, *options: bytes, link_type: int = 1, snap: int = 0) -> bytes:
    return block(order, 1, struct.pack(order + "HHI", link_type, 0, snap) + b"".join(options))


def packet(order: str, data: bytes, units: int, *, number: int = 0, length: int | None = None) -> bytes:
    wire = len(data) if length is None else length
    head = struct.pack(order + "IIIII", number, units >> 32, units & 0xFFFFFFFF, len(data), wire)
    return block(order, 6, head + data)


def read(data: bytes) -> tuple[list[Frame], PcapngReader]:
    reader = PcapngReader(io.BytesIO(data), "some.pcapng")
    return list(reader), reader


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "resolution, units, nanoseconds",
    [
        (None, 1_500_000, 1_500_000_000),
        (6, 1_500_000, 1_500_000_000),
        (9, 1_500_000, 1_500_000),
        (3, 1500, 1_500_000_000),
        (12, 1_500_000, 1500),
        (0x80 | 10, 1536, 1_500_000_000),
    ],
)
def test_every_resolution_of_time_becomes_nanoseconds(
    order: str, resolution: int | None, units: int, nanoseconds: int
) -> None:
    options = [] if resolution is None else [option(order, 9, bytes((resolution,)))]
    frames, _ = read(section(order) + interface(order, *options) + packet(order, b"frame", units))
    assert [frame.time for frame in frames] == [nanoseconds]


def test_an_offset_of_time_is_added() -> None:
    options = [option("<", 9, b"\x09"), option("<", 14, struct.pack("<q", 100))]
    frames, _ = read(section("<") + interface("<", *options) + packet("<", b"frame", 7))
    assert [frame.time for frame in frames] == [100_000_000_007]


def test_sections_of_both_byte_orders_have_interfaces_of_their_own() -> None:
    data = b"".join(
        section(order) + interface(order, option(order, 2, name)) + packet(order, name, 1)
        for order, name in (("<", b"left"), (">", b"right"))
    )
    frames, _ = read(data)
    assert [(frame.number, frame.link, frame.data) for frame in frames] == [
        (1, "left", b"left"),
        (2, "right", b"right"),
    ]


def test_blocks_that_are_not_known_are_passed_over() -> None:
    names = block("<", 4, bytes(24))
    statistics = block("<", 5, bytes(16))
    data = section("<") + names + interface("<") + statistics + packet("<", b"frame", 1) + block("<", 0x80000001, b"")
    frames, reader = read(data)
    assert [frame.data for frame in frames] == [b"frame"]
    assert reader.notes == ()


def test_a_simple_packet_is_of_the_first_interface_and_has_the_time_before_it() -> None:
    simple = block("<", 3, struct.pack("<I", 100) + bytes(64))
    frames, _ = read(section("<") + interface("<", snap=64) + packet("<", b"frame", 5) + simple)
    assert frames[1].time == frames[0].time == 5000
    assert (len(frames[1].data), frames[1].length) == (64, 100)


def test_frames_of_other_link_types_are_skipped_but_counted_and_noted() -> None:
    data = section("<") + interface("<", option("<", 2, b"air"), link_type=105) + interface("<")
    frames, reader = read(data + packet("<", b"wireless", 1) + packet("<", b"ethernet", 1, number=1))
    assert [(frame.number, frame.data) for frame in frames] == [(2, b"ethernet")]
    assert reader.notes == ("some.pcapng: 1 frames of link type 105, which can't be read, are passed over",)
    assert reader.links == ("air", "interface 1")


def test_an_obsolete_packet_block_is_read_as_well() -> None:
    old = block("<", 2, struct.pack("<HHIIII", 0, 7, 0, 5, 5, 9) + b"frame")
    (frame,), _ = read(section("<") + interface("<") + old)
    assert (frame.time, frame.data, frame.length) == (5000, b"frame", 9)


def test_only_what_is_asked_for_comes_and_all_is_counted() -> None:
    head = section("<") + interface("<", option("<", 2, b"a")) + interface("<", option("<", 2, b"b"))
    packets = [packet("<", bytes((count,)), count, number=count % 2) for count in range(6)]
    data = head + b"".join(packets) + block("<", 3, struct.pack("<I", 1) + b"\x09")
    reader = PcapngReader(io.BytesIO(data), "f", links={"a"}, wanted=lambda data, at, end: data[at:end] != b"\x02")
    assert [(frame.number, frame.time, frame.data) for frame in reader] == [
        (1, 0, b"\x00"),
        (5, 4000, b"\x04"),
        (7, 5000, b"\x09"),
    ]
    assert reader.count == 7


def test_a_file_that_ends_within_a_block_gives_what_is_whole_and_says_so() -> None:
    whole = section("<") + interface("<") + packet("<", b"frame", 1)
    frames, reader = read(whole + packet("<", b"other", 2)[:-3])
    assert [frame.data for frame in frames] == [b"frame"]
    assert reader.truncated == f"some.pcapng: the last block, at byte {len(whole)}, is cut off after 37 bytes"


def test_a_file_that_grows_is_read_on_where_it_ended() -> None:
    data = section("<") + interface("<") + packet("<", b"frame", 1) + packet("<", b"other", 2)
    file = io.BytesIO(data[:-20])
    reader = PcapngReader(file, "growing.pcapng")
    assert [frame.data for frame in reader] == [b"frame"]
    at = file.tell()
    file.write(data[-20:])
    file.seek(at)
    assert [(frame.number, frame.data) for frame in reader] == [(2, b"other")]
    assert reader.truncated is None


HEAD = section("<") + interface("<")


@pytest.mark.parametrize(
    "data, message",
    [
        (packet("<", b"frame", 1), "byte 0: no section header, expected a pcapng section header block"),
        (HEAD + struct.pack("<III", 6, 13, 0), "byte 48: a block of 13 bytes, expected a multiple of 4"),
        (HEAD + struct.pack("<III", 6, 4, 0), "byte 48: a block of 4 bytes"),
        (HEAD + struct.pack("<III", 6, 1 << 30, 0), "byte 48: a block of 1073741824 bytes"),
        (
            HEAD + packet("<", b"frame", 1)[:-4] + bytes(4),
            "byte 48: a block of 40 bytes that does not end with its size",
        ),
        (HEAD + struct.pack("<III", 6, 0xFFFFFFFC, 0), "byte 48: a block of 4294967292 bytes"),
        (section("<") + block("<", 1, b""), "byte 28: an interface description of 12 bytes, expected at least 20"),
    ],
)
def test_what_is_no_pcapng_is_refused_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(CaptureError) as refused:
        read(data)
    assert f"some.pcapng: {message}" in str(refused.value)


@pytest.mark.parametrize(
    "data, message",
    [
        (packet("<", b"frame", 1, number=1), "a packet of interface 1, expected one of the 1 described before it"),
        (block("<", 6, bytes(8)), "a packet block of 20 bytes, expected at least 32"),
        (packet("<", b"frame", 1, length=1 << 20), "a frame of 5 of 1048576 bytes, expected one within"),
        (block("<", 6, struct.pack("<IIIII", 0, 0, 0, 99, 99)), "a frame of 99 of 99 bytes, expected one within"),
        (packet("<", b"frame", 2**64 - 1), "a time of 18446744073709551615000 ns since 1970, expected one from 1970"),
        (block("<", 3, b""), "a frame of 262145 bytes, expected one within its block of 12 bytes"),
    ],
)
@pytest.mark.parametrize("wanted", [None, lambda *_: True])
def test_a_block_that_says_what_can_not_be_is_passed_over_and_told(
    data: bytes, message: str, wanted: Wanted | None
) -> None:
    whole = HEAD + data + data + packet("<", b"sound", 2)
    reader = PcapngReader(io.BytesIO(whole), "some.pcapng", wanted=wanted)
    assert [(frame.number, frame.data) for frame in reader] == [(3, b"sound")]
    (note,) = reader.notes
    assert note.startswith(f"some.pcapng: byte 48: {message}")
    assert note.endswith("; it is passed over, and 1 like it")


def test_a_time_before_1970_is_no_time_and_the_next_frame_is_the_first_one() -> None:
    early = interface("<", option("<", 14, struct.pack("<q", -(10**9))))
    frames, reader = read(section("<") + early + packet("<", b"early", 1) + packet("<", b"sound", 10**15 + 5))
    assert [(frame.number, frame.time) for frame in frames] == [(2, 5000)]
    assert reader.began == 5000
    assert "a time of -999999999999999000 ns since 1970" in reader.notes[0]


def test_options_that_are_too_long_or_of_another_size_are_none() -> None:
    sound = interface("<", option("<", 14, bytes(3)), struct.pack("<HH", 2, 500) + b"name")
    (frame,), _ = read(section("<") + sound + packet("<", b"frame", 1))
    assert (frame.link, frame.time) == ("interface 0", 1000)


def written() -> bytes:
    file = io.BytesIO()
    writer = Writer(file, ["segment", "other"])
    writer.write(b"frame", 5, comment="why", direction="in")
    writer.write(bytes(60), 6, 1)
    writer.flush()
    return file.getvalue()


@given(st.binary(max_size=200) | st.builds(lambda tail: HEAD + tail, st.binary(max_size=80)))
def test_any_octets_are_read_or_refused(data: bytes) -> None:
    try:
        read(data)
    except CaptureError as refused:
        assert "expected" in str(refused)  # noqa: PT017 - most octets are refused, some are not


@given(st.integers(0, len(written()) - 1), st.integers(0, 255))
def test_any_damaged_octet_leaves_a_file_that_is_read_or_refused(place: int, octet: int) -> None:
    data = bytearray(written())
    data[place] = octet
    try:
        frames, _ = read(bytes(data))
    except CaptureError:
        return
    assert len(frames) <= 2


@given(st.integers(0, len(written())))
def test_a_file_that_is_cut_anywhere_gives_a_beginning_of_its_frames(length: int) -> None:
    every, _ = read(written())
    some, _ = read(written()[:length])
    assert some == every[: len(some)]
