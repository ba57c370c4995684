"""What a pcapng file says of an interface: its name, its link type, and what its times mean (section 4.2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

from harness.capture.files.link_types import LAYERS
from harness.capture.files.pcapng_format import IF_NAME, IF_TSOFFSET, IF_TSRESOL

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from harness.capture.files.link_types import Reframed

LONGEST_NAME = 256
OFFSET_SIZE = 8
BINARY_RESOLUTION = 0x80
MICROSECONDS = 6
NANO = 10**9


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
    layer: Callable[[bytes], Reframed] | None

    def nanoseconds(self, units: int) -> int:
        """Return the time since 1970 in nanoseconds."""
        return units * self.multiply // self.divide + self.offset


def describe(
    link_type: int,
    snap_length: int,
    options: Mapping[int, bytes],
    *,
    order: str,
    default: str,
    chosen: Container[str] | None,
) -> Interface:
    """Return the interface of a description with these options, in a section of this byte order.

    `default` is the name of one that has none; `chosen` are the names of those whose frames are asked for, None for
    all.
    """
    name = (options.get(IF_NAME, b"").rstrip(b"\0").decode(errors="replace") or default)[:LONGEST_NAME]
    taken = link_type in LAYERS and (chosen is None or name in chosen)
    multiply, divide = _resolution(options.get(IF_TSRESOL, b""))
    offset = _offset(options.get(IF_TSOFFSET, b""), order)
    return Interface(name, link_type, snap_length, multiply, divide, offset, taken, LAYERS.get(link_type))


def _offset(option: bytes, order: str) -> int:
    """Return the offset of an interface's times in nanoseconds; an option of any size but 8 is none."""
    if len(option) != OFFSET_SIZE:
        return 0
    (seconds,) = struct.unpack(order + "q", option)
    return int(seconds) * NANO


def _resolution(option: bytes) -> tuple[int, int]:
    """Return by what a time unit is multiplied, then divided, to be nanoseconds (section 4.2, if_tsresol)."""
    value = option[0] if option else MICROSECONDS
    parts = 1 << (value & ~BINARY_RESOLUTION) if value & BINARY_RESOLUTION else 10**value
    common = gcd(NANO, parts)
    return NANO // common, parts // common
