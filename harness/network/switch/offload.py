"""What stands before each frame of a TAP device with ``IFF_VNET_HDR``: what the sender left to the network card.

It is the legacy virtio-net header (virtio 1.2, section 5.1.6) in the host's byte order, 10 bytes.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

LENGTH = 10
PLAIN = bytes(LENGTH)
"""The header of a frame from which nothing was left out."""

NEEDS_CHECKSUM = 0x01
TCP4 = 1
TCP6 = 4
CONGESTION = 0x80
"""Set beside the type where the first segment alone carries CWR (RFC 3168)."""

_LAYOUT = struct.Struct("=BBHHHH")


class Offload(NamedTuple):
    """The header's fields: offsets and lengths in bytes, `start` and `header_length` from the frame's first."""

    flags: int
    kind: int
    header_length: int
    segment_size: int
    start: int
    offset: int

    def __bytes__(self) -> bytes:
        return _LAYOUT.pack(*self)


def parse(data: bytes) -> Offload:
    """Read the header before a frame. Raises `ValueError` where there are too few bytes."""
    if len(data) < LENGTH:
        raise ValueError(f"{len(data)} bytes hold no offload header of {LENGTH}")
    return Offload(*_LAYOUT.unpack_from(data))


def shifted(head: bytes, by: int) -> bytes:
    """Return the header of a frame from which a tag was taken (`by` -4) or that got one (4): its offsets move along."""
    fields = parse(head)
    if not fields.flags & NEEDS_CHECKSUM and not fields.kind:
        return head
    length = _bounded(fields.header_length + by) if fields.header_length else 0
    return bytes(fields._replace(header_length=length, start=_bounded(fields.start + by)))


def _bounded(value: int) -> int:
    return min(max(0, value), 0xFFFF)
