"""Where a capture's bytes come from: a file or a pipe, compressed by gzip or not, read forwards only."""

from __future__ import annotations

import zlib
from typing import Protocol

from harness.capture.frames import CaptureError

GZIP = b"\x1f\x8b"
CHUNK = 1 << 16
_GZIP_WINDOW = 31


class Source(Protocol):
    """What can be read. It gives what there is, up to `size` bytes, and none at its end, which may move on later."""

    def read(self, size: int, /) -> bytes | None:
        """Return the next bytes."""


class Rewound:
    """A source of which the first bytes were read already."""

    def __init__(self, start: bytes, file: Source) -> None:
        self._start = start
        self._file = file

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        if self._start:
            start, self._start = self._start[:size], self._start[size:]
            return start
        return self._file.read(size) or b""


class Unzipped:
    """What a gzip file holds (RFC 1952), one or more members; never more of it at once than is asked for."""

    def __init__(self, file: Source, name: str) -> None:
        self._file = file
        self._name = name
        self._taken = 0
        self._rest = b""
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._within = False

    def read(self, size: int) -> bytes:
        """Return the next bytes. Raises `CaptureError` for what is no gzip, or ends within it."""
        while True:
            data = self._member.unconsumed_tail or self._rest or self._more()
            if not data:
                return b""
            self._rest, self._within = b"", True
            try:
                unzipped = self._member.decompress(data, size)
            except zlib.error as error:
                raise CaptureError(self._name, self._taken, f"damaged before this byte ({error})", "gzip") from None
            if self._member.eof:
                self._rest = self._member.unused_data.lstrip(b"\0")
                self._member = zlib.decompressobj(_GZIP_WINDOW)
                self._within = False
            if unzipped:
                return unzipped

    def _more(self) -> bytes:
        data = self._file.read(CHUNK) or b""
        if not data and self._within:
            raise CaptureError(self._name, self._taken, "the file ends", "the rest of what gzip compressed")
        self._taken += len(data)
        return data


def first_bytes(file: Source, count: int) -> bytes:
    """Return the first bytes, fewer only where there are no more."""
    found = b""
    while len(found) < count and (more := file.read(count - len(found))):
        found += more
    return found
