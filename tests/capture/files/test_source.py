from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.files.reader import frames, open_reader
from harness.capture.files.source import Rewound, Unzipped, first_bytes
from harness.capture.frames import CaptureError

SERF = Path(__file__).parents[1] / "data" / "serf-0.9.4-node-death.pcap"


class Trickle:
    """A source that gives a byte at a time, as a slow pipe does."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        return self._file.read(min(size, 1))


def everything(source: Unzipped | Rewound) -> bytes:
    return b"".join(iter(lambda: source.read(100), b""))


def test_a_compressed_capture_is_read_like_the_other() -> None:
    data = SERF.read_bytes()
    packed = gzip.compress(data[:5000]) + gzip.compress(data[5000:])
    assert [one.data for one in open_reader(io.BytesIO(packed), "f.gz")] == [one.data for one in frames(SERF)]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_pipe_that_gives_little_at_a_time_is_read_to_its_end(pack: type[bytes]) -> None:
    assert [one.data for one in open_reader(Trickle(pack(SERF.read_bytes())), "-")] == [
        one.data for one in frames(SERF)
    ]


def test_no_more_is_unpacked_at_once_than_is_asked_for() -> None:
    source = Unzipped(io.BytesIO(gzip.compress(bytes(10_000_000))), "bomb.gz")
    assert max(len(part) for part in iter(lambda: source.read(1000), b"")) <= 1000


def test_bytes_behind_the_last_member_are_told() -> None:
    with pytest.raises(CaptureError, match=r"f\.gz: byte"):
        everything(Unzipped(io.BytesIO(gzip.compress(b"x") + b"junk"), "f.gz"))
    assert everything(Unzipped(io.BytesIO(gzip.compress(b"x") + bytes(9)), "f.gz")) == b"x"


def test_a_compressed_file_that_is_cut_off_says_so() -> None:
    with pytest.raises(CaptureError, match="the file ends, expected the rest of what gzip compressed"):
        everything(Unzipped(io.BytesIO(gzip.compress(bytes(range(256)))[:-9]), "f.gz"))


@given(st.binary(max_size=60), st.integers(0, 80), st.integers(0, 255))
def test_any_damage_is_told_or_harmless(data: bytes, place: int, octet: int) -> None:
    packed = bytearray(gzip.compress(data))
    packed[place % len(packed)] = octet
    try:
        everything(Unzipped(io.BytesIO(bytes(packed)), "f.gz"))
    except CaptureError as damage:
        assert "f.gz: byte" in str(damage)  # noqa: PT017 - some damage does no harm


def test_what_was_read_first_comes_again() -> None:
    file = io.BytesIO(b"abcdef")
    start = first_bytes(file, 4)
    source = Rewound(start, file)
    assert (source.read(3), source.read(3), source.read(3), source.read(3)) == (b"abc", b"d", b"ef", b"")
