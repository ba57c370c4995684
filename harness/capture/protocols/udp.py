"""UDP datagrams (RFC 768)."""

from __future__ import annotations

from typing import NamedTuple

from harness.capture.protocols.malformed import Malformed

HEADER = 8


class Udp(NamedTuple):
    """A datagram. `payload` is what was captured of its `length` octets."""

    source_port: int
    destination_port: int
    payload: bytes
    length: int


def parse(data: bytes, start: int, end: int) -> Udp:
    """Decode the datagram that lies from `start` to `end` of a frame. Raises `Malformed` where it does not fit."""
    if len(data) < start + HEADER:
        raise Malformed(f"{max(len(data) - start, 0)} bytes are no UDP header of {HEADER}")
    size = data[start + 4] << 8 | data[start + 5]
    if not HEADER <= size <= end - start:
        raise Malformed(f"a UDP datagram of {size} bytes does not fit its packet of {end - start}")
    return Udp(
        data[start] << 8 | data[start + 1],
        data[start + 2] << 8 | data[start + 3],
        data[start + HEADER : start + size],
        size - HEADER,
    )
