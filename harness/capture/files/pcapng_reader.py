"""Read pcapng files (draft-ietf-opsawg-pcapng): both byte orders, several sections and interfaces, any resolution."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from harness.capture.files.interfaces import describe
from harness.capture.files.link_types import LAYERS, reframed
from harness.capture.files.passed_over import PassedOver
from harness.capture.files.pcapng_format import (
    BYTE_ORDER_MAGIC,
    COMMENT,
    DIRECTIONS,
    ENHANCED_PACKET,
    EPB_FLAGS,
    INTERFACE_DESCRIPTION,
    LARGEST_BLOCK,
    OBSOLETE_PACKET,
    SECTION_HEADER,
    SIMPLE_PACKET,
)
from harness.capture.files.window import Windowed
from harness.capture.frames import ETHERNET, MAX_FRAME, CaptureError, Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from typing import Any

    from harness.capture.files.interfaces import Interface
    from harness.capture.files.source import Source
    from harness.capture.frames import Wanted

    Unpack = Callable[[bytes, int], tuple[Any, ...]]

SMALLEST_BLOCK = 12
MOST_INTERFACES = 1 << 16
PACKET_DATA = 28
PACKET_END = 4
SMALLEST_PACKET = PACKET_DATA + PACKET_END
SIMPLE_DATA = 12
OPTION_HEAD = 4
ONLY_FLAGS = 16
"""Octets of a flags option, the end of the options, and the end of the block."""
DIRECTION_BITS = 3
LATEST = 2**63 - 1
"""Nanoseconds since 1970 that fit into 64 bits with their sign, as files and programs keep them: until 2262."""
DIRECTION_NAMES = {bits: name for name, bits in DIRECTIONS.items()}


class _Unusable(Exception):  # noqa: N818 - of one block, not of the file
    """A block that says what can't be, in what way and where; the next one may be sound."""


class PcapngReader(Windowed):
    """Iterate over the frames of a pcapng file.

    Given `links`, only frames of these come, and given `wanted`, only those that it lets through; `count` counts all,
    and `links` are the names of all that were described. `notes` say what was passed over: blocks that say what can't
    be, and frames of link types that can't be read. Raises `CaptureError` where the bytes are no pcapng, or no block
    can be found behind a damaged one.
    """

    record = "block"

    def __init__(
        self, file: Source, name: str, *, links: Container[str] | None = None, wanted: Wanted | None = None
    ) -> None:
        super().__init__(file, name)
        self._chosen = links
        self._wanted = wanted
        self._names: dict[str, None] = {}
        self._passed_over = PassedOver(name)
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
        return self._passed_over.notes()

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
                self._passed_over.block(*damage.args)
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
            self._passed_over.frame(interface.link_type)
        return interface.taken

    def _frame(self, interface: Interface, data: bytes, length: int) -> Frame | None:
        """Return a frame behind an Ethernet header, None where it is not wanted."""
        frame = Frame(self.count, self._time, interface.name, data, length)
        if interface.layer is not None:
            return reframed(frame, interface.layer, self._wanted)
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
        default = f"interface {len(described)}"
        interface = describe(link_type, snap_length, options, order=self._order, default=default, chosen=self._chosen)
        described.append(interface)
        if len(self._names) < MOST_INTERFACES:
            self._names[interface.name] = None

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
        return _Unusable(message.split(" of ", maxsplit=1)[0], str(self._bad(at, message, expected)))


def _unpackers(order: str) -> tuple[Unpack, Unpack, tuple[bytes, int]]:
    """Return what reads a packet block's head and its end, and a flags option's head and where its lowest octet is."""
    packet, trailer = (struct.Struct(order + fields).unpack_from for fields in ("IIIIIII", "I"))
    lowest = OPTION_HEAD if order == "<" else OPTION_HEAD + 3
    return packet, trailer, (struct.pack(order + "HH", EPB_FLAGS, 4), lowest)


def _comment(options: dict[int, bytes]) -> str | None:
    text = options.get(COMMENT)
    return None if text is None else text.rstrip(b"\0").decode(errors="replace")
