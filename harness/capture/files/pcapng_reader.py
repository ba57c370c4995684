"""Read pcapng files (draft-ietf-opsawg-pcapng): both byte orders, several sections and interfaces, any resolution."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

from harness.capture.files.link_types import LAYERS, laid
from harness.capture.files.pcapng import (
    BYTE_ORDER_MAGIC,
    COMMENT,
    ENHANCED_PACKET,
    EPB_FLAGS,
    IF_NAME,
    IF_TSRESOL,
    INTERFACE_DESCRIPTION,
    SECTION_HEADER,
)
from harness.capture.frames import ETHERNET, MAX_FRAME, CaptureError, Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from typing import Any

    from harness.capture.files.link_types import Laid
    from harness.capture.files.source import Source
    from harness.capture.frames import Wanted

    Unpack = Callable[[bytes, int], tuple[Any, ...]]

OBSOLETE_PACKET = 2
SIMPLE_PACKET = 3
IF_TSOFFSET = 14

MAGIC = struct.pack("<I", SECTION_HEADER)
WINDOW = 1 << 20
SMALLEST_BLOCK = 12
LARGEST_BLOCK = 1 << 24
MOST_INTERFACES = 1 << 16
LONGEST_NAME = 256
PACKET_DATA = 28
PACKET_END = 4
SMALLEST_PACKET = PACKET_DATA + PACKET_END
SIMPLE_DATA = 12
OPTION_HEAD = 4
ONLY_FLAGS = 16
"""Octets of a flags option, the end of the options, and the end of the block."""
OFFSET_SIZE = 8
DIRECTION_BITS = 3
BINARY_RESOLUTION = 0x80
MICROSECONDS = 6
LATEST = 2**63 - 1
"""Nanoseconds since 1970 that fit into 64 bits with their sign, as files and programs keep them: until 2262."""
NANO = 10**9
DIRECTION_NAMES = {1: "in", 2: "out"}


@dataclass(frozen=True, slots=True)
class Interface:
    """One described interface: its name, its link type, and how its time units become nanoseconds.

    `taken` is whether its frames are asked for and can be read, `layer` what makes them Ethernet frames.
    """

    name: str
    link_type: int
    snap_length: int
    multiply: int
    divide: int
    offset: int
    taken: bool
    layer: Callable[[bytes], Laid] | None

    def nanoseconds(self, units: int) -> int:
        """Return the time since 1970 in nanoseconds."""
        return units * self.multiply // self.divide + self.offset


class _Unusable(Exception):  # noqa: N818 - of one block, not of the file
    """A block that says what can't be; the next one may be sound."""


class PcapngReader:
    """Iterate over the frames of a pcapng file.

    Iterating again goes on where the last iteration ended, so that a file that still grows can be followed. Given
    `links`, only frames of these come, and given `wanted`, only those that it lets through; `count` counts all, and
    `links` are the names of all that were described. `truncated` says in words that the file ends within a block, and
    is None where it does not; `notes` say what was passed over: blocks that say what can't be, and frames of link types
    that can't be read. Raises `CaptureError` where the bytes are no pcapng, or no block can be found behind a damaged
    one.
    """

    def __init__(
        self, file: Source, name: str, *, links: Container[str] | None = None, wanted: Wanted | None = None
    ) -> None:
        self.count = 0
        self.began: int | None = None
        self._file = file
        self._name = name
        self._chosen = links
        self._wanted = wanted
        self._names: dict[str, None] = {}
        self._unreadable: Counter[int] = Counter()
        self._damaged: Counter[str] = Counter()
        self._first_of: dict[str, str] = {}
        self._data = b""
        self._at = 0
        self._base = 0
        self._time = 0
        self._order = "<"
        self._unpack = _unpackers("<")
        self._interfaces: list[Interface] | None = None

    @property
    def links(self) -> tuple[str, ...]:
        """The names of the interfaces that were described so far."""
        return tuple(self._names)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was passed over, in words."""
        skipped = [
            f"{self._name}: {count} frames of link type {link_type}, which can't be read, are passed over"
            for link_type, count in sorted(self._unreadable.items())
        ]
        damage = [
            f"{what}; it is passed over" + (f", and {count - 1} like it" if count > 1 else "")
            for what, count in self._damaged.items()
        ]
        return (*skipped, *damage)

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
        while True:
            if self._interfaces:
                yield from self._plain(self._interfaces)
            at = self._at
            if end - at < SMALLEST_BLOCK:
                return
            kind, size = self._head(at)
            if at + size > end:
                return
            if struct.unpack_from(self._order + "I", data, at + size - 4)[0] != size:
                what = f"a block of {size} bytes that does not end with its size"
                raise self._bad(at, what, "the size again at its end")
            self._at = at + size
            try:
                frame = self._block(kind, at, size)
            except _Unusable as damage:
                self._damaged[str(damage)] += 1
                continue
            if frame is not None:
                yield frame

    def _plain(self, described: list[Interface]) -> Iterator[Frame]:
        """Yield frames up to the first block that needs a closer look: that is no sound packet, or no plain one.

        This is where a large capture's time goes, so it calls nothing for a frame that nobody wants but `wanted`.
        """
        data, end, wanted, known = self._data, len(self._data), self._wanted, len(described)
        packet, trailer, flags = self._unpack
        at = last = self._at
        count = before = self.count
        while end - at >= SMALLEST_PACKET:
            kind, size, number, high, low, kept, length = packet(data, at)
            start, after = at + PACKET_DATA, at + size
            if kind != ENHANCED_PACKET or number >= known or after > end or length > MAX_FRAME or size & 3:
                break
            if kept > size - SMALLEST_PACKET or trailer(data, after - 4)[0] != size:
                break
            interface = described[number]
            if interface.link_type != ETHERNET or (self.began is None and not self._timed(interface, high, low)):
                break
            if interface.taken and (wanted is None or wanted(data, start, start + kept)):
                options = start + kept + (-kept & 3)
                if options + PACKET_END == after:
                    direction = None
                elif data[options : options + OPTION_HEAD] == flags[0] and after - options == ONLY_FLAGS:
                    direction = DIRECTION_NAMES.get(data[options + flags[1]] & DIRECTION_BITS)
                else:
                    break
                if not self._timed(interface, high, low):
                    break
                count += 1
                self._at, self.count = after, count
                yield Frame(count, self._time, interface.name, data[start : start + kept], length, direction)
            else:
                count += 1
            last, at = at, after
        if count > before:
            _, _, number, high, low, *_ = packet(data, last)
            self._timed(described[number], high, low)
        self._at, self.count = at, count

    def _head(self, at: int) -> tuple[int, int]:
        """Return a block's type and size; a section's byte order is taken over."""
        kind, size = struct.unpack_from(self._order + "II", self._data, at)
        if kind == SECTION_HEADER or self._interfaces is None:
            size = self._section(at)
        if size % 4 or not SMALLEST_BLOCK <= size <= LARGEST_BLOCK:
            raise self._bad(at, f"a block of {size} bytes", "a multiple of 4 from 12 to 16 MiB")
        return kind, size

    def _section(self, at: int) -> int:
        """Take over a section's byte order and return its header's size."""
        for order in "<>":
            kind, size, magic = struct.unpack_from(order + "III", self._data, at)
            if (kind, magic) == (SECTION_HEADER, BYTE_ORDER_MAGIC):
                self._order = order
                self._interfaces = []
                self._unpack = _unpackers(order)
                return int(size)
        raise self._bad(at, "no section header", "a pcapng section header block")

    def _block(self, kind: int, at: int, size: int) -> Frame | None:
        if kind == ENHANCED_PACKET:
            return self._packet(at, size, "IIIII")
        if kind == OBSOLETE_PACKET:
            return self._packet(at, size, "HxxIIII")
        if kind == SIMPLE_PACKET:
            return self._simple(at, size)
        if kind == INTERFACE_DESCRIPTION:
            self._describe(at, size)
        return None

    def _packet(self, at: int, size: int, head: str) -> Frame | None:
        self.count += 1
        if size < SMALLEST_PACKET:
            raise self._unusable(at, f"a packet block of {size} bytes", "at least 32")
        number, high, low, kept, length = struct.unpack_from(self._order + head, self._data, at + 8)
        start = at + PACKET_DATA
        options = start + kept + (-kept & 3)
        if options > at + size - PACKET_END or length > MAX_FRAME:
            raise self._unusable(at, f"a frame of {kept} of {length} bytes", f"one within its block of {size} bytes")
        interface = self._interface(at, number)
        if not self._timed(interface, high, low):
            time = interface.nanoseconds(high << 32 | low)
            raise self._unusable(at, f"a time of {time} ns since 1970", "one from 1970 to 2262")
        if not self._takes(interface):
            return None
        found = dict(self._options(options, at + size - PACKET_END))
        frame = self._frame(interface, self._data[start : start + kept], length)
        return frame and frame._replace(direction=self._direction(found) or frame.direction, comment=_comment(found))

    def _simple(self, at: int, size: int) -> Frame | None:
        """Read a packet of the first interface, which has no time: it gets that of the packet before it."""
        self.count += 1
        length = (
            struct.unpack_from(self._order + "I", self._data, at + 8)[0] if size > SMALLEST_BLOCK else MAX_FRAME + 1
        )
        interface = self._interface(at, 0)
        kept = min(length, interface.snap_length or length)
        if kept > size - SIMPLE_DATA - PACKET_END or length > MAX_FRAME:
            raise self._unusable(at, f"a frame of {kept} bytes", f"one within its block of {size} bytes")
        start = at + SIMPLE_DATA
        return self._frame(interface, self._data[start : start + kept], length) if self._takes(interface) else None

    def _takes(self, interface: Interface) -> bool:
        """Whether an interface's frames are asked for and can be read; one that is not read is counted."""
        if interface.link_type not in LAYERS:
            self._unreadable[interface.link_type] += 1
        return interface.taken

    def _frame(self, interface: Interface, data: bytes, length: int) -> Frame | None:
        """Return a frame behind an Ethernet header, None where it is not wanted."""
        frame = Frame(self.count, self._time, interface.name, data, length)
        if interface.layer is not None:
            return laid(frame, interface.layer, self._wanted)
        return frame if self._wanted is None or self._wanted(data, 0, len(data)) else None

    def _timed(self, interface: Interface, high: int, low: int) -> bool:
        """Take a packet's time, in an interface's units; say whether it can be one."""
        time = interface.nanoseconds(high << 32 | low)
        if not 0 <= time <= LATEST:
            return False
        self._time = time
        if self.began is None:
            self.began = time
        return True

    def _interface(self, at: int, number: int) -> Interface:
        described = self._interfaces or []
        if number >= len(described):
            raise self._unusable(
                at, f"a packet of interface {number}", f"one of the {len(described)} described before it"
            )
        return described[number]

    def _describe(self, at: int, size: int) -> None:
        described = self._interfaces
        if size < SMALLEST_BLOCK + 8 or described is None:
            raise self._bad(at, f"an interface description of {size} bytes", "at least 20")
        if len(described) >= MOST_INTERFACES:
            raise self._bad(at, f"more than {MOST_INTERFACES} interfaces", "fewer")
        link_type, _, snap_length = struct.unpack_from(self._order + "HHI", self._data, at + 8)
        options = dict(self._options(at + 16, at + size - 4))
        name = options.get(IF_NAME, b"").rstrip(b"\0").decode(errors="replace") or f"interface {len(described)}"
        name = name[:LONGEST_NAME]
        taken = link_type in LAYERS and (self._chosen is None or name in self._chosen)
        times = (*_resolution(options.get(IF_TSRESOL, b"")), self._offset(options.get(IF_TSOFFSET, b"")))
        described.append(Interface(name, link_type, snap_length, *times, taken, LAYERS.get(link_type)))
        if len(self._names) < MOST_INTERFACES:
            self._names[name] = None

    def _offset(self, option: bytes) -> int:
        """Return the offset of an interface's times in nanoseconds; an option of any size but 8 is none."""
        if len(option) != OFFSET_SIZE:
            return 0
        (seconds,) = struct.unpack(self._order + "q", option)
        return int(seconds) * NANO

    def _options(self, at: int, end: int) -> Iterator[tuple[int, bytes]]:
        while end - at >= OPTION_HEAD:
            code, length = struct.unpack_from(self._order + "HH", self._data, at)
            if code == 0 or at + OPTION_HEAD + length > end:
                return
            yield code, self._data[at + OPTION_HEAD : at + OPTION_HEAD + length]
            at += OPTION_HEAD + length + (-length & 3)

    def _direction(self, options: dict[int, bytes]) -> str | None:
        flags = options.get(EPB_FLAGS, b"").ljust(4, b"\0")[:4]
        (value,) = struct.unpack(self._order + "I", flags)
        return DIRECTION_NAMES.get(value & DIRECTION_BITS)

    def _bad(self, at: int, message: str, expected: str) -> CaptureError:
        return CaptureError(self._name, self._base + at, message, expected)

    def _unusable(self, at: int, message: str, expected: str) -> _Unusable:
        """Return the error of a block that can be passed over; of those alike only the first one's place is told."""
        kind = message.split(" of ", maxsplit=1)[0]
        first = self._first_of.setdefault(kind, str(self._bad(at, message, expected)))
        return _Unusable(first)


def _unpackers(order: str) -> tuple[Unpack, Unpack, tuple[bytes, int]]:
    """Return what reads a packet block's head and its end, and a flags option's head and where its lowest octet is."""
    packet, trailer = (struct.Struct(order + fields).unpack_from for fields in ("IIIIIII", "I"))
    lowest = OPTION_HEAD if order == "<" else OPTION_HEAD + 3
    return packet, trailer, (struct.pack(order + "HH", EPB_FLAGS, 4), lowest)


def _comment(options: dict[int, bytes]) -> str | None:
    text = options.get(COMMENT)
    return None if text is None else text.rstrip(b"\0").decode(errors="replace")


def _resolution(option: bytes) -> tuple[int, int]:
    """Return by what a time unit is multiplied, then divided, to be nanoseconds (section 4.2, if_tsresol)."""
    value = option[0] if option else MICROSECONDS
    parts = 1 << (value & ~BINARY_RESOLUTION) if value & BINARY_RESOLUTION else 10**value
    common = gcd(NANO, parts)
    return NANO // common, parts // common
