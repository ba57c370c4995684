from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.files.pcapng import FLUSH_AT, Writer
from harness.capture.files.pcapng_reader import PcapngReader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NOW = 1_800_000_000_123_456_789


def read_by_scapy(path: Path) -> list[tuple[bytes, int, int, str]]:
    """Return data, time in nanoseconds, original length and interface of each packet, as scapy reads them."""
    from scapy.utils import RawPcapNgReader  # noqa: PLC0415 - scapy is slow to import

    found = []
    with RawPcapNgReader(str(path)) as reader:
        packets: Iterable[tuple[bytes, Any]] = reader
        for data, meta in packets:
            time = ((meta.tshigh << 32) | meta.tslow) * 10**9 // meta.tsresol
            found.append((data, time, meta.wirelen, meta.ifname.decode()))
    return found


def test_scapy_reads_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "wire.pcapng"
    with Writer.create(path, ["segment", "wan"], snap=lambda frame: min(len(frame), 70)) as writer:
        writer.write(bytes(61), NOW)
        writer.write(bytearray(b"\x01" * 62), NOW + 1, 1)
        late = writer.add_interface("late")
        writer.write(memoryview(b"\x02" * 80), NOW + 2, late, direction="out", comment="cut")
    assert read_by_scapy(path) == [
        (bytes(61), NOW, 61, "segment"),
        (b"\x01" * 62, NOW + 1, 62, "wan"),
        (b"\x02" * 70, NOW + 2, 80, "late"),
    ]


frames = st.lists(
    st.tuples(
        st.binary(max_size=90),
        st.integers(0, 2**63 - 1),
        st.integers(0, 2),
        st.sampled_from(["in", "out", None]),
        st.none() | st.text(max_size=12).filter(lambda text: not text.endswith("\0")),
    ),
    max_size=8,
)


@given(frames, st.integers(0, 90))
def test_our_reader_reads_what_was_written(
    written: list[tuple[bytes, int, int, str | None, str | None]], limit: int
) -> None:
    file = io.BytesIO()
    writer = Writer(file, ["a", "b", "c"], snap=lambda frame: min(len(frame), limit))
    for data, time, interface, direction, comment in written:
        writer.write(data, time, interface, direction=direction, comment=comment)  # type: ignore[arg-type]
    writer.flush()
    file.seek(0)
    reader = PcapngReader(file, "memory")
    assert [frame[1:] for frame in reader] == [
        (time, "abc"[interface], data[:limit], len(data), direction, comment)
        for data, time, interface, direction, comment in written
    ]
    assert reader.truncated is None


def test_a_new_file_can_be_opened_at_once(tmp_path: Path) -> None:
    path = tmp_path / "wire.pcapng"
    writer = Writer.create(path, ["segment"])
    with path.open("rb") as file:
        assert list(PcapngReader(file, "wire")) == []
    writer.close()


def test_blocks_are_whole_whenever_the_file_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "wire.pcapng"
    written = 0
    with Writer.create(path, ["segment"]) as writer, path.open("rb") as file:
        reader = PcapngReader(file, "wire")
        seen = 0
        while written < 3 * FLUSH_AT:
            writer.write(bytes(1499), NOW)
            written += 1532
            seen += len(list(reader))
            assert reader.truncated is None
        assert 0 < seen < written // 1532
        writer.flush()
        assert seen + len(list(reader)) == written // 1532


def test_a_frame_is_copied_so_that_its_buffer_can_be_used_again() -> None:
    file = io.BytesIO()
    writer = Writer(file, ["segment"])
    buffer = bytearray(b"first")
    writer.write(buffer, NOW)
    buffer[:] = b"other"
    writer.flush()
    assert b"first" in file.getvalue()
    assert b"other" not in file.getvalue()


@pytest.mark.parametrize("interface", [1, -1])
def test_an_interface_that_was_not_described_is_refused(interface: int) -> None:
    writer = Writer(io.BytesIO(), ["segment"])
    with pytest.raises(ValueError, match=rf"interface {interface} is not described: there are 1"):
        writer.write(b"x", NOW, interface)


@pytest.mark.parametrize("time", [-1, 2**64])
def test_a_time_that_fits_no_block_is_refused_and_leaves_the_file_whole(time: int) -> None:
    file = io.BytesIO()
    writer = Writer(file, ["segment"])
    with pytest.raises(ValueError, match="not in the range"):
        writer.write(b"x", time)
    writer.write(b"y", NOW)
    writer.flush()
    file.seek(0)
    assert [frame.data for frame in PcapngReader(file, "memory")] == [b"y"]


class FullDisk(io.BytesIO):
    room = 100

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        if not self.room:
            self._fail()
        taken = bytes(data[: self.room])
        self.room -= len(taken)
        return super().write(taken)

    def _fail(self) -> NoReturn:
        raise OSError(28, "No space left on device")


def test_what_a_full_disk_refused_is_written_later_without_a_break() -> None:
    file = FullDisk()
    writer = Writer(file, ["segment"])
    writer.write(b"x" * 100, NOW)
    with pytest.raises(OSError, match="No space left"):
        writer.flush()
    file.room = 10_000
    writer.write(b"y", NOW)
    writer.flush()
    file.seek(0)
    assert [frame.data for frame in PcapngReader(file, "memory")] == [b"x" * 100, b"y"]


def test_times_are_in_nanoseconds_in_the_file_itself() -> None:
    file = io.BytesIO()
    writer = Writer(file, ["segment"])
    writer.write(b"x", NOW)
    writer.flush()
    assert struct.pack("<HHB", 9, 1, 9) in file.getvalue()
    assert struct.pack("<II", NOW >> 32, NOW & 0xFFFFFFFF) in file.getvalue()
