"""TCP segments (RFC 9293)."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from harness.capture.protocols.malformed import Malformed

SMALLEST_HEADER = 20
FIN = 0x01
SYN = 0x02
RST = 0x04
ACK = 0x10

_header = Struct(">HHIIBB").unpack_from


class Segment(NamedTuple):
    """A segment. `payload` is what was captured of its `length` octets."""

    source_port: int
    destination_port: int
    sequence: int
    acknowledged: int
    flags: int
    payload: bytes
    length: int


def parse(data: bytes, start: int, end: int) -> Segment:
    """Decode the segment that lies from `start` to `end` of a frame. Raises `Malformed` where it does not fit."""
    if len(data) < start + SMALLEST_HEADER:
        raise Malformed(f"{max(len(data) - start, 0)} bytes are no TCP header of at least {SMALLEST_HEADER}")
    source, destination, sequence, acknowledged, offset, flags = _header(data, start)
    payload = start + (offset >> 4) * 4
    if not start + SMALLEST_HEADER <= payload <= end:
        raise Malformed(f"a TCP header of {payload - start} bytes does not fit its packet of {end - start}")
    return Segment(source, destination, sequence, acknowledged, flags, data[payload:end], end - payload)
