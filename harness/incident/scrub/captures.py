"""Capture files, record by record: times, lengths and links stay, frames are scrubbed, comments are left out."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from harness.capture.files.pcap import FILE_HEADER, FORMATS, LINK_TYPE_BITS, RECORD_HEADER
from harness.capture.files.pcapng_format import (
    BYTE_ORDER_MAGIC,
    END_OF_OPTIONS,
    ENHANCED_PACKET,
    EPB_FLAGS,
    IF_NAME,
    IF_TSOFFSET,
    IF_TSRESOL,
    INTERFACE_DESCRIPTION,
    LARGEST_BLOCK,
    MAGIC,
    OBSOLETE_PACKET,
    SECTION_HEADER,
    SIMPLE_PACKET,
)
from harness.capture.frames import MAX_FRAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Scrub = Callable[[bytes, int, int], bytes]
    """Takes a frame, its link type, and its length on the wire."""

SMALLEST_BLOCK = 12
PACKET_HEADER = 20
STATISTICS = 5
STATISTICS_KEPT = frozenset({2, 3, 4, 5, 6, 7, 8})
"""When the capture began and ended, and how many frames it received, dropped and delivered."""

KEPT = {INTERFACE_DESCRIPTION: frozenset({IF_NAME, IF_TSRESOL, IF_TSOFFSET}), ENHANCED_PACKET: frozenset({EPB_FLAGS}),
        STATISTICS: STATISTICS_KEPT}  # fmt: skip
"""The options of each kind of block that stay: names of links, clocks, directions, counts. None are comments."""


class Damaged(Exception):  # noqa: N818 - of one file, of which the sound part was written
    """A file that is no capture from a place on: what is wrong, at which byte."""


@dataclass
class Written:
    """What became of a capture: frames that were scrubbed, and blocks that were left out, by their type."""

    frames: int = 0
    left_out: Counter[int] = field(default_factory=Counter)


def rewrite(source: IO[bytes], target: IO[bytes] | None, scrub: Scrub, name: Callable[[str], str]) -> Written:
    """Read a capture and write it scrubbed, where there is a `target`; `name` replaces the names of links.

    Raises `Damaged` where the file is none, or is damaged or cut off further on: what comes before that is written.
    """
    written = Written()
    start = source.read(4)
    pcapng = _Pcapng(source, scrub, name, written)
    blocks = pcapng.blocks(start) if start == MAGIC else _pcap(source, start, scrub, written)
    for block in blocks:
        if target is not None:
            target.write(block)
    return written


def _pcap(source: IO[bytes], magic: bytes, scrub: Scrub, written: Written) -> Iterator[bytes]:
    if magic not in FORMATS:
        raise Damaged("no capture: neither pcap nor pcapng")
    order = FORMATS[magic][0]
    header = magic + source.read(FILE_HEADER - 4)
    if len(header) < FILE_HEADER:
        raise Damaged(f"a file of {len(header)} bytes, expected a pcap header of {FILE_HEADER}")
    yield header
    link_type = struct.unpack_from(order + "I", header, 20)[0] & LINK_TYPE_BITS
    at = FILE_HEADER
    while record := source.read(RECORD_HEADER):
        if len(record) < RECORD_HEADER:
            raise Damaged(f"byte {at}: the last record is cut off")
        _, _, kept, length = struct.unpack(order + "IIII", record)
        if kept > MAX_FRAME:
            raise Damaged(f"byte {at}: a frame of {kept} bytes")
        data = source.read(kept)
        if len(data) < kept:
            raise Damaged(f"byte {at}: the last record is cut off")
        written.frames += 1
        at += RECORD_HEADER + kept
        yield record + scrub(data, link_type, length)


class _Pcapng:
    """The blocks of a pcapng file, one after another."""

    def __init__(self, source: IO[bytes], scrub: Scrub, name: Callable[[str], str], written: Written) -> None:
        self._source = source
        self._scrub = scrub
        self._name = name
        self._written = written
        self._order = "<"
        self._types: list[int] = []

    def blocks(self, start: bytes) -> Iterator[bytes]:
        """Yield each block that stays, scrubbed; `start` are the file's first octets. Raises `Damaged`."""
        at = 0
        while start:
            head = start + self._source.read(8 - len(start))
            if head[:4] == MAGIC:
                head += self._source.read(4)
                self._order = "<" if head[8:12] == struct.pack("<I", BYTE_ORDER_MAGIC) else ">"
                self._types = []
            if len(head) < 8:  # noqa: PLR2004 - a type and a size
                raise Damaged(f"byte {at}: the last block is cut off")
            kind, size = struct.unpack_from(self._order + "II", head)
            if size % 4 or not SMALLEST_BLOCK <= size <= LARGEST_BLOCK:
                raise Damaged(f"byte {at}: a block of {size} bytes")
            body = head[8:] + self._source.read(size - len(head))
            if len(body) < size - 8:
                raise Damaged(f"byte {at}: the last block is cut off")
            yield from self._kept(kind, body[:-4])
            at += size
            start = self._source.read(8)

    def _kept(self, kind: int, body: bytes) -> Iterator[bytes]:
        """Yield what stands for a block, nothing where it is left out."""
        try:
            block = self._block(kind, body)
        except (struct.error, IndexError):  # it is shorter than its kind has to be
            block = None
        if block is None:
            self._written.left_out[kind] += 1
            return
        self._written.frames += kind in (ENHANCED_PACKET, OBSOLETE_PACKET, SIMPLE_PACKET)
        whole = len(block) + SMALLEST_BLOCK
        yield struct.pack(self._order + "II", kind, whole) + block + struct.pack(self._order + "I", whole)

    def _block(self, kind: int, body: bytes) -> bytes | None:
        if kind == SECTION_HEADER:
            return body[:16]
        if kind == INTERFACE_DESCRIPTION:
            self._types.append(struct.unpack_from(self._order + "H", body)[0])
            return body[:8] + self._options(body[8:], kind)
        if kind in (ENHANCED_PACKET, OBSOLETE_PACKET):
            return self._packet(kind, body)
        if kind == SIMPLE_PACKET:
            length = struct.unpack_from(self._order + "I", body)[0]
            kept = min(length, len(body) - 4)
            return body[:4] + self._scrub(body[4 : 4 + kept], self._types[0], length) + bytes(len(body) - 4 - kept)
        return body[:12] + self._options(body[12:], kind) if kind == STATISTICS else None

    def _packet(self, kind: int, body: bytes) -> bytes | None:
        number = struct.unpack_from(self._order + ("I" if kind == ENHANCED_PACKET else "H"), body)[0]
        kept, length = struct.unpack_from(self._order + "II", body, 12)
        end = PACKET_HEADER + kept + (-kept & 3)
        if end > len(body):
            return None
        data = self._scrub(body[PACKET_HEADER : PACKET_HEADER + kept], self._types[number], length)
        return body[:PACKET_HEADER] + data + bytes(-kept & 3) + self._options(body[end:], kind)

    def _options(self, octets: bytes, kind: int) -> bytes:
        """Return the options of a block that stay; a link's name is replaced by one as long."""
        found, at, order = b"", 0, self._order
        while at + 4 <= len(octets):
            code, size = struct.unpack_from(order + "HH", octets, at)
            value = octets[at + 4 : at + 4 + size]
            if not code or len(value) < size:
                break
            if code in KEPT.get(kind, ()):
                if kind == INTERFACE_DESCRIPTION and code == IF_NAME:
                    value = self._name(value.rstrip(b"\0").decode(errors="replace")).encode()
                found += struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) & 3)
            at += 4 + size + (-size & 3)
        return found + END_OF_OPTIONS if found else b""
