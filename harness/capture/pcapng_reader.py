"""Read pcapng files (draft-ietf-opsawg-pcapng): both byte orders, several sections and interfaces, any resolution."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.frames import ETHERNET, MAX_FRAME, CaptureError, Frame
from harness.capture.pcapng import (
    BYTE_ORDER_MAGIC,
    COMMENT,
    ENHANCED_PACKET,
    EPB_FLAGS,
    IF_NAME,
    IF_TSRESOL,
    INTERFACE_DESCRIPTION,
    SECTION_HEADER,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

SIMPLE_PACKET = 3
IF_TSOFFSET = 14

MAGIC = struct.pack("<I", SECTION_HEADER)
WINDOW = 1 << 20
SMALLEST_BLOCK = 12
LARGEST_BLOCK = 1 << 24
PACKET_DATA = 28
PACKET_END = 4
SIMPLE_DATA = 12
DIRECTION_BITS = 3
BINARY_RESOLUTION = 0x80
MICROSECONDS = 6
NANO = 10**9
DIRECTION_NAMES = {1: "in", 2: "out"}


@dataclass(frozen=True)
class Interface:
    """One described interface: its name, its link type, and how its time units become nanoseconds."""

    name: str
    link_type: int
    snap_length: int
    multiply: int
    divide: int
    offset: int

    def nanoseconds(self, units: int) -> int:
        """Return the time since 1970 in nanoseconds."""
        return units * self.multiply // self.divide + self.offset


class PcapngReader:
    """Iterate over the frames of a pcapng file.

    Iterating again goes on where the last iteration ended, so that a file that still grows can be followed.
    `truncated` says in words that the file ends within a block, and is None where it does not; `notes` say what was
    passed over. Raises `CaptureError` where the bytes are no pcapng.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.notes: list[str] = []
        self._file = file
        self._name = name
        self._data = b""
        self._at = 0
        self._base = 0
        self._number = 0
        self._time = 0
        self._order = "<"
        self._interfaces: list[Interface] | None = None

    @property
    def links(self) -> tuple[str, ...]:
        """The names of the interfaces that this section has described by now."""
        return tuple(one.name for one in self._interfaces or ())

    @property
    def truncated(self) -> str | None:
        """Say where the file ends within a block, or None."""
        rest = len(self._data) - self._at
        if not rest:
            return None
        return f"{self._name}: the last block, at byte {self._base + self._at}, is cut off after {rest} bytes"

    def __iter__(self) -> Iterator[Frame]:
        while more := self._file.read(WINDOW):
            self._base += self._at
            self._data = self._data[self._at :] + more
            self._at = 0
            yield from self._frames()

    def _frames(self) -> Iterator[Frame]:
        data, end = self._data, len(self._data)
        at = 0
        head = struct.Struct(self._order + "II").unpack_from
        while end - at >= SMALLEST_BLOCK:
            kind, size = head(data, at)
            if kind == SECTION_HEADER or self._interfaces is None:
                size = self._section(data, at)
                head = struct.Struct(self._order + "II").unpack_from
            if size % 4 or not SMALLEST_BLOCK <= size <= LARGEST_BLOCK:
                raise self._bad(at, f"a block of {size} bytes", "a multiple of 4 from 12 to 16 MiB")
            if at + size > end:
                break
            frame = self._block(kind, at, size)
            at += size
            self._at = at
            if frame is not None:
                yield frame

    def _section(self, data: bytes, at: int) -> int:
        """Take over a section's byte order and return its header's size."""
        for order in "<>":
            kind, size, magic = struct.unpack_from(order + "III", data, at)
            if (kind, magic) == (SECTION_HEADER, BYTE_ORDER_MAGIC):
                self._order = order
                self._interfaces = []
                return int(size)
        raise self._bad(at, "no section header", "a pcapng section header block")

    def _block(self, kind: int, at: int, size: int) -> Frame | None:
        if struct.unpack_from(self._order + "I", self._data, at + size - 4)[0] != size:
            raise self._bad(at, f"a block of {size} bytes that does not end with its size", "the size again at its end")
        if kind == ENHANCED_PACKET:
            return self._packet(at, size)
        if kind == SIMPLE_PACKET:
            return self._simple(at, size)
        if kind == INTERFACE_DESCRIPTION:
            self._describe(at, size)
        return None

    def _packet(self, at: int, size: int) -> Frame | None:
        if size < PACKET_DATA + PACKET_END:
            raise self._bad(at, f"a packet block of {size} bytes", "at least 32")
        number, high, low, kept, length = struct.unpack_from(self._order + "IIIII", self._data, at + 8)
        start = at + PACKET_DATA
        options = start + kept + (-kept & 3)
        if options > at + size - PACKET_END or length > MAX_FRAME:
            raise self._bad(at, f"a frame of {kept} of {length} bytes", f"one within its block of {size} bytes")
        interface = self._interface(at, number)
        self._number += 1
        self._time = interface.nanoseconds(high << 32 | low)
        if interface.link_type != ETHERNET:
            return None
        data = self._data[start : start + kept]
        if options == at + size - PACKET_END:
            return Frame(self._number, self._time, interface.name, data, length)
        found = dict(self._options(options, at + size - PACKET_END))
        return Frame(self._number, self._time, interface.name, data, length, self._direction(found), _comment(found))

    def _simple(self, at: int, size: int) -> Frame | None:
        """Read a packet of the first interface, which has no time: it gets that of the packet before it."""
        length = (
            struct.unpack_from(self._order + "I", self._data, at + 8)[0] if size > SMALLEST_BLOCK else MAX_FRAME + 1
        )
        interface = self._interface(at, 0)
        kept = min(length, interface.snap_length or length)
        if kept > size - SIMPLE_DATA - PACKET_END or length > MAX_FRAME:
            raise self._bad(at, f"a frame of {kept} bytes", f"one within its block of {size} bytes")
        self._number += 1
        if interface.link_type != ETHERNET:
            return None
        start = at + SIMPLE_DATA
        return Frame(self._number, self._time, interface.name, self._data[start : start + kept], length)

    def _interface(self, at: int, number: int) -> Interface:
        described = self._interfaces or []
        if number >= len(described):
            raise self._bad(at, f"a packet of interface {number}", f"one of the {len(described)} described before it")
        return described[number]

    def _describe(self, at: int, size: int) -> None:
        if size < SMALLEST_BLOCK + 8 or self._interfaces is None:
            raise self._bad(at, f"an interface description of {size} bytes", "at least 20")
        link_type, _, snap_length = struct.unpack_from(self._order + "HHI", self._data, at + 8)
        options = dict(self._options(at + 16, at + size - 4))
        number = len(self._interfaces)
        name = options.get(IF_NAME, b"").rstrip(b"\0").decode(errors="replace") or f"interface {number}"
        multiply, divide = _resolution(options.get(IF_TSRESOL, b""))
        offset = int.from_bytes(options.get(IF_TSOFFSET, b""), "little" if self._order == "<" else "big", signed=True)
        self._interfaces.append(Interface(name, link_type, snap_length, multiply, divide, offset * NANO))
        if link_type != ETHERNET:
            self.notes.append(f"{self._name}: {name} has link type {link_type}, not Ethernet: its frames are skipped")

    def _options(self, at: int, end: int) -> Iterator[tuple[int, bytes]]:
        while end - at >= 4:  # noqa: PLR2004 - an option's head: code and length
            code, length = struct.unpack_from(self._order + "HH", self._data, at)
            if code == 0 or at + 4 + length > end:
                return
            yield code, self._data[at + 4 : at + 4 + length]
            at += 4 + length + (-length & 3)

    def _direction(self, options: dict[int, bytes]) -> str | None:
        flags = options.get(EPB_FLAGS, b"").ljust(4, b"\0")[:4]
        (value,) = struct.unpack(self._order + "I", flags)
        return DIRECTION_NAMES.get(value & DIRECTION_BITS)

    def _bad(self, at: int, message: str, expected: str) -> CaptureError:
        return CaptureError(self._name, self._base + at, message, expected)


def _comment(options: dict[int, bytes]) -> str | None:
    text = options.get(COMMENT)
    return None if text is None else text.rstrip(b"\0").decode(errors="replace")


def _resolution(option: bytes) -> tuple[int, int]:
    """Return by what a time unit is multiplied, then divided, to be nanoseconds (section 4.2, if_tsresol)."""
    value = option[0] if option else MICROSECONDS
    if value & BINARY_RESOLUTION:
        return NANO, 1 << (value & ~BINARY_RESOLUTION)
    return NANO, 10**value
