"""Read classic pcap files (draft-ietf-opsawg-pcap): both byte orders, microseconds and nanoseconds."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from harness.capture.frames import ETHERNET, MAX_FRAME, CaptureError, Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

FORMATS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
"""The four magics: byte order, and nanoseconds in a unit of the time's fraction."""

FILE_HEADER = 24
RECORD_HEADER = 16
LINK_TYPE_BITS = 0x0FFFFFFF
WINDOW = 1 << 20
NANO = 10**9


class PcapReader:
    """Iterate over the frames of a pcap file; as `harness.capture.pcapng_reader.PcapngReader` in every respect.

    The format knows no interface names: `link` names the one that was captured.
    """

    def __init__(self, file: BinaryIO, name: str, *, link: str = "interface 0") -> None:
        self.notes: list[str] = []
        self._file = file
        self._name = name
        self._link = link
        self._number = 0
        self._data = b""
        self._at = 0
        header = file.read(FILE_HEADER)
        self._base = len(header)
        order, self._fraction = self._check(header)
        self._record = struct.Struct(order + "IIII").unpack_from

    def _check(self, header: bytes) -> tuple[str, int]:
        if header[:4] not in FORMATS:
            raise CaptureError(self._name, 0, "no pcap file", "one of pcap's magic numbers")
        if len(header) < FILE_HEADER:
            raise CaptureError(self._name, 0, f"a file of {len(header)} bytes", f"a pcap header of {FILE_HEADER} bytes")
        order, fraction = FORMATS[header[:4]]
        link_type = struct.unpack_from(order + "I", header, 20)[0] & LINK_TYPE_BITS
        if link_type != ETHERNET:
            raise CaptureError(self._name, 20, f"link type {link_type}", "1, Ethernet (don't capture on 'any')")
        return order, fraction

    @property
    def links(self) -> tuple[str, ...]:
        """The one link that the file has frames of."""
        return (self._link,)

    @property
    def truncated(self) -> str | None:
        """Say where the file ends within a record, or None."""
        rest = len(self._data) - self._at
        if not rest:
            return None
        return f"{self._name}: the last record, at byte {self._base + self._at}, is cut off after {rest} bytes"

    def __iter__(self) -> Iterator[Frame]:
        while more := self._file.read(WINDOW):
            self._base += self._at
            self._data = self._data[self._at :] + more
            self._at = 0
            yield from self._frames()

    def _frames(self) -> Iterator[Frame]:
        data, end = self._data, len(self._data)
        at = 0
        while end - at >= RECORD_HEADER:
            seconds, fraction, kept, length = self._record(data, at)
            if kept > MAX_FRAME or length > MAX_FRAME:
                message = f"a frame of {kept} of {length} bytes"
                raise CaptureError(self._name, self._base + at, message, f"at most {MAX_FRAME}")
            start = at + RECORD_HEADER
            if start + kept > end:
                break
            at = self._at = start + kept
            self._number += 1
            time = seconds * NANO + fraction * self._fraction
            yield Frame(self._number, time, self._link, data[start:at], length)
