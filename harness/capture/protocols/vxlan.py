"""VXLAN headers (RFC 7348): an Ethernet frame in a UDP datagram, with the network that it belongs to."""

from __future__ import annotations

from typing import NamedTuple

from harness.capture.protocols.malformed import Malformed

PORTS = frozenset({4789, 8472})
"""IANA's port, and the one that Linux used before and still defaults to."""

HEADER = 8
HAS_VNI = 0x08


class Vxlan(NamedTuple):
    """A header: its flags, its network's identifier (VNI), and the inner frame, as far as it was captured."""

    flags: int
    vni: int
    frame: bytes


def parse(data: bytes) -> Vxlan:
    """Decode a datagram's payload. Raises `Malformed` where it has no header with a VNI; other bits are not checked."""
    if len(data) < HEADER:
        raise Malformed(f"{len(data)} bytes are no VXLAN header of {HEADER}")
    if not data[0] & HAS_VNI:
        raise Malformed(f"a VXLAN header with flags {data[0]:#04x}, which has no VNI")
    return Vxlan(data[0], int.from_bytes(data[4:7]), data[HEADER:])
