"""IPv4 headers (RFC 791). Fragments are told here, and put together elsewhere."""

from __future__ import annotations

from harness.capture.protocols.ip import IpPacket
from harness.capture.protocols.malformed import Malformed

SMALLEST_HEADER = 20
MORE_FRAGMENTS = 0x2000
OFFSET_BITS = 0x1FFF
FRAGMENT_BITS = MORE_FRAGMENTS | OFFSET_BITS


def parse(data: bytes, at: int, length: int) -> IpPacket:
    """Read the header at `at` of a frame that was `length` octets long on the wire.

    Raises `Malformed` where there is none, or where it contradicts the frame.
    """
    if len(data) < at + SMALLEST_HEADER:
        raise Malformed(f"{len(data) - at} bytes are no IPv4 header of at least {SMALLEST_HEADER}")
    first = data[at]
    header = (first & 0x0F) * 4
    if first >> 4 != 4 or header < SMALLEST_HEADER:  # noqa: PLR2004 - the version
        raise Malformed(f"IP version {first >> 4} with a header of {header} bytes, not version 4 with at least 20")
    total = data[at + 2] << 8 | data[at + 3]
    # A segment that the sender's card was to cut up has no length of its own yet where it is 64 KiB or longer.
    end = at + total if total else length
    if end > length or (total and total < header):
        raise Malformed(f"an IPv4 packet of {total} bytes does not fit its frame of {length}")
    flags = data[at + 6] << 8 | data[at + 7]
    source, destination = data[at + 12 : at + 16], data[at + 16 : at + 20]
    if not flags & FRAGMENT_BITS:
        return IpPacket(source, destination, data[at + 9], 0, False, at + header, end)
    return IpPacket(
        source,
        destination,
        data[at + 9],
        (flags & OFFSET_BITS) * 8,
        flags & MORE_FRAGMENTS != 0,
        at + header,
        end,
        data[at + 4] << 8 | data[at + 5],
    )
