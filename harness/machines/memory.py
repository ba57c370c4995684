"""Guest memory as a sparse file: made fresh for a guest that boots, copied with its holes when it is saved."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK = 4 << 20
PAGE = 4096
ZERO = bytes(CHUNK)


@dataclass(frozen=True)
class Memory:
    """A file that is a guest's memory.

    Where it is `shared`, what the guest writes goes into the file. Otherwise the guest keeps its changes to itself, and
    any number of guests may have the same file.
    """

    path: Path
    shared: bool = True

    @property
    def share(self) -> str:
        """The word for it in QEMU's options."""
        return "on" if self.shared else "off"


def create(path: Path, size: int) -> None:
    """Make a file of `size` bytes that are all zero and take no room. One that is there is replaced, not written."""
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        file.truncate(size)


def copy_sparse(source: Path, target: Path) -> int:
    """Copy a file; holes, and pages that are all zero, become holes. Returns the bytes that were written.

    Raises `OSError`, with ENOSPC where there is no room.
    """
    written = 0
    with source.open("rb", buffering=0) as reading, target.open("xb", buffering=0) as writing:
        size = os.fstat(reading.fileno()).st_size
        writing.truncate(size)
        for start, end in extents(reading.fileno(), size):
            for offset in range(start, end, CHUNK):
                data = os.pread(reading.fileno(), min(CHUNK, end - offset), offset)
                written += _write_pages(writing.fileno(), data, offset)
    return written


def extents(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield where a file has data: its start and its end, in bytes (lseek(2), SEEK_DATA)."""
    end = 0
    while end < size:
        try:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # a hole until the end
                return
            raise
        end = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, end


def _write_pages(descriptor: int, data: bytes, offset: int) -> int:
    """Write what is not zero, in runs of pages as long as they get."""
    if data == ZERO[: len(data)]:
        return 0
    written, run = 0, None
    for start in range(0, len(data) + PAGE, PAGE):
        page = data[start : start + PAGE]
        empty = page == ZERO[: len(page)]
        if run is None and not empty:
            run = start
        elif run is not None and empty:
            _write_all(descriptor, memoryview(data)[run:start], offset + run)
            written, run = written + min(start, len(data)) - run, None
    return written


def _write_all(descriptor: int, data: memoryview, offset: int) -> None:
    while data:
        count = os.pwrite(descriptor, data, offset)
        data, offset = data[count:], offset + count
