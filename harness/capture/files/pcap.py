"""Read classic pcap files (draft-ietf-opsawg-pcap): both byte orders, microseconds and nanoseconds."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from harness.capture.files.link_types import LAYERS, READABLE, reframed
from harness.capture.files.source import first_bytes
from harness.capture.files.window import Windowed
from harness.capture.frames import MAX_FRAME, CaptureError, Frame

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from harness.capture.files.source import Source
    from harness.capture.frames import Wanted

FORMATS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
"""The four magics: byte order, and nanoseconds in a unit of the time's fraction."""

FILE_HEADER = 24
RECORD_HEADER = 16
LINK_TYPE_BITS = 0x03FFFFFF
NANO = 10**9


class PcapReader(Windowed):
    """Iterate over the frames of a pcap file; as `harness.capture.files.pcapng_reader.PcapngReader` in every respect.

    The format knows no interface names: `link` names the one that was captured.
    """

    record = "record"

    def __init__(
        self,
        file: Source,
        name: str,
        *,
        link: str = "interface 0",
        links: Container[str] | None = None,
        wanted: Wanted | None = None,
    ) -> None:
        super().__init__(file, name)
        self.links = (link,)
        self.notes: tuple[str, ...] = ()
        self._link = link
        self._taken = links is None or link in links
        self._wanted = wanted
        header = first_bytes(file, FILE_HEADER)
        self._base = len(header)
        order, self._fraction = self._format(header)
        self._layer = LAYERS[self._link_type(header, order)]
        self._record = struct.Struct(order + "IIII").unpack_from

    def _format(self, header: bytes) -> tuple[str, int]:
        if header[:4] not in FORMATS:
            raise CaptureError(self._name, 0, "no pcap file", "one of pcap's magic numbers")
        if len(header) < FILE_HEADER:
            raise CaptureError(self._name, 0, f"a file of {len(header)} bytes", f"a pcap header of {FILE_HEADER} bytes")
        return FORMATS[header[:4]]

    def _link_type(self, header: bytes, order: str) -> int:
        link_type = int(struct.unpack_from(order + "I", header, 20)[0]) & LINK_TYPE_BITS
        if link_type not in LAYERS:
            raise CaptureError(self._name, 20, f"link type {link_type}", READABLE)
        return link_type

    def _frames(self) -> Iterator[Frame]:
        data, end, record = self._data, len(self._data), self._record
        wanted = self._wanted if self._layer is None else None
        at, count = self._at, self.count
        while end - at >= RECORD_HEADER:
            seconds, fraction, kept, length = record(data, at)
            if kept > MAX_FRAME or length > MAX_FRAME:
                self._at, self.count = at, count
                message = f"a frame of {kept} of {length} bytes"
                raise CaptureError(self._name, self._base + at, message, f"at most {MAX_FRAME}")
            start = at + RECORD_HEADER
            if not length and not seconds and not data[at:start].strip(b"\0"):
                self._at, self.count = at, count
                raise CaptureError(self._name, self._base + at, "a record of zeros", "a frame, or the file's end")
            if start + kept > end:
                break
            at = start + kept
            if not count:
                self.began = seconds * NANO + fraction * self._fraction
            count += 1
            if self._taken and (wanted is None or wanted(data, start, at)):
                self._at, self.count = at, count
                time = seconds * NANO + fraction * self._fraction
                frame = Frame(count, time, self._link, data[start:at], length)
                if self._layer is None:
                    yield frame
                elif (behind := reframed(frame, self._layer, self._wanted)) is not None:
                    yield behind
        self._at, self.count = at, count
