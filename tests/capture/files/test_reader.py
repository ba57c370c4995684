from __future__ import annotations

import io
from pathlib import Path

import pytest

from harness.capture.files.pcapng import Writer
from harness.capture.files.reader import frames, open_reader
from harness.capture.frames import CaptureError

DATA = Path(__file__).parents[1] / "data"


def test_either_format_is_told_by_its_first_octets(tmp_path: Path) -> None:
    every = list(frames(DATA / "serf-0.9.4-node-death.pcap"))
    path = tmp_path / "wire.pcapng"
    with Writer.create(path, ["interface 0"]) as writer:
        for frame in every:
            writer.write(frame.data, frame.time)
    assert list(frames(path)) == every


@pytest.mark.parametrize(
    "data, message",
    [
        (b"", "an empty file, expected a pcapng or pcap file"),
        (b"text", "a file that starts with 74 65 78 74, expected a pcapng or pcap file, compressed by gzip or not"),
        (b"\x28\xb5\x2f\xfd", "a file that starts with 28 b5 2f fd, expected a pcapng or pcap file"),
    ],
)
def test_another_file_is_refused_by_name(data: bytes, message: str) -> None:
    with pytest.raises(CaptureError) as refused:
        open_reader(io.BytesIO(data), "some/file")
    assert f"some/file: byte 0: {message}" in str(refused.value)


def test_a_file_that_is_not_there_is_said_by_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(frames(tmp_path / "none.pcapng"))
