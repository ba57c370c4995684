"""Write pcapng files (draft-ietf-opsawg-pcapng), fast enough for a relay: one section, Ethernet, nanoseconds."""

from __future__ import annotations

import struct
from struct import Struct
from typing import TYPE_CHECKING, Literal, Protocol, Self

from harness.capture.files.pcapng_format import (
    BYTE_ORDER_MAGIC,
    COMMENT,
    DIRECTIONS,
    END_OF_OPTIONS,
    ENHANCED_PACKET,
    EPB_FLAGS,
    IF_NAME,
    IF_TSRESOL,
    INTERFACE_DESCRIPTION,
    SECTION_HEADER,
    SHB_APPLICATION,
)
from harness.capture.frames import ETHERNET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    Octets = bytes | bytearray | memoryview

NANOSECONDS = b"\x09"
UNKNOWN_LENGTH = 0xFFFFFFFFFFFFFFFF

PACKET_OVERHEAD = 32
FLUSH_AT = 1 << 18

_packet_head = Struct("<IIIIIII").pack
_tails = [Struct(f"<{padding}xI").pack for padding in range(4)]


class Sink(Protocol):
    """What a capture is written to: an unbuffered file, or one that is written behind."""

    def write(self, data: bytearray, /) -> int | None:
        """Write some of the data, and say how many bytes of it."""

    def close(self) -> None:
        """Close it."""


class Writer:
    """A pcapng file that grows.

    Blocks are gathered in memory and written whole, when there are 256 KiB of them or when `flush` is called: a reader
    that opens the file at any moment after a flush finds whole blocks. One writer belongs to one thread.

    `snap` says how many leading bytes of a frame are kept (see `harness.capture.files.snap`), all by default.
    The original length is recorded in any case. `application` is what wrote it, as the file says.
    """

    def __init__(
        self,
        file: Sink,
        interfaces: Iterable[str] = (),
        *,
        snap: Callable[[Octets], int] = len,
        application: str = "harness",
    ) -> None:
        self._file = file
        self._snap = snap
        self._interfaces = 0
        self._buffer = bytearray(_section_header(application))
        for name in interfaces:
            self.add_interface(name)

    @classmethod
    def create(cls, path: Path, interfaces: Iterable[str] = (), *, snap: Callable[[Octets], int] = len) -> Self:
        """Create or replace the file at `path` and write its headers, so that it can be opened at once.

        Raises `OSError` as `open` does.
        """
        writer = cls(path.open("wb", buffering=0), interfaces, snap=snap)
        writer.flush()
        return writer

    def add_interface(self, name: str) -> int:
        """Describe one more Ethernet link, at any time, and return the number that `write` knows it by."""
        self._buffer += _interface_description(name)
        self._interfaces += 1
        return self._interfaces - 1

    def write(
        self,
        frame: Octets,
        time_ns: int,
        interface: int = 0,
        *,
        direction: Literal["in", "out"] | None = None,
        comment: str | None = None,
        length: int | None = None,
    ) -> None:
        """Record a frame, from its Ethernet header on, that was seen `time_ns` nanoseconds after 1970 (UTC).

        `length` is that of the frame where only its leading bytes are at hand. The bytes are copied before this
        returns. Raises `ValueError` for an interface that was not described or a
        time that is no unsigned 64-bit number, `OSError` where the file can't be written.
        """
        if not 0 <= interface < self._interfaces:
            raise ValueError(f"interface {interface} is not described: there are {self._interfaces}, counted from 0")
        at_hand = len(frame)
        kept = self._snap(frame)
        padding = -kept & 3
        options = _plain_options[direction] if comment is None else _packet_options(direction, comment)
        size = PACKET_OVERHEAD + kept + padding + len(options)
        buffer = self._buffer
        try:
            buffer += _packet_head(
                ENHANCED_PACKET, size, interface, time_ns >> 32, time_ns & 0xFFFFFFFF, kept, length or at_hand
            )
        except struct.error:
            raise ValueError(f"time {time_ns} ns is not in the range 0 to 2^64 - 1") from None
        buffer += frame if kept == at_hand else frame[:kept]
        if options:
            buffer += bytes(padding) + options
            padding = 0
        buffer += _tails[padding](size)
        if len(buffer) >= FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        """Hand all blocks to the system. Raises `OSError`; what could not be written stays for the next time."""
        buffer = self._buffer
        while buffer:
            del buffer[: self._file.write(buffer) or 0]

    def close(self) -> None:
        """Flush, and close the file."""
        try:
            self.flush()
        finally:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _section_header(application: str) -> bytes:
    body = struct.pack("<IHHQ", BYTE_ORDER_MAGIC, 1, 0, UNKNOWN_LENGTH)
    return _block(SECTION_HEADER, body + _option(SHB_APPLICATION, application.encode()) + END_OF_OPTIONS)


def _interface_description(name: str) -> bytes:
    unlimited = 0
    body = struct.pack("<HHI", ETHERNET, 0, unlimited)
    options = _option(IF_NAME, name.encode()) + _option(IF_TSRESOL, NANOSECONDS) + END_OF_OPTIONS
    return _block(INTERFACE_DESCRIPTION, body + options)


def _packet_options(direction: Literal["in", "out"] | None, comment: str | None) -> bytes:
    options = b"" if comment is None else _option(COMMENT, comment.encode())
    if direction is not None:
        options += _option(EPB_FLAGS, struct.pack("<I", DIRECTIONS[direction]))
    return options + END_OF_OPTIONS


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) & 3)


_plain_options = {None: b"", "in": _packet_options("in", None), "out": _packet_options("out", None)}


def _block(kind: int, body: bytes) -> bytes:
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)
