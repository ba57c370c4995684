"""IPv6 headers (RFC 8200), with the extension headers that may stand before TCP, UDP and the like."""

from __future__ import annotations

from harness.capture.protocols.ip import IpPacket
from harness.capture.protocols.malformed import Malformed

HEADER = 40
HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION = 0, 43, 44, 51, 60
FRAGMENT_HEADER = 8
MOST_EXTENSIONS = 16
"""Extension headers that are passed at most; a sender that keeps to the RFC has no more than seven."""


def parse(data: bytes, at: int, length: int) -> IpPacket:
    """Read the headers from `at` on of a frame that was `length` octets long on the wire.

    What follows the last extension header is the payload; ESP and what is not known count as such. Raises `Malformed`
    where there is no header, or where it contradicts the frame.
    """
    if len(data) < at + HEADER:
        raise Malformed(f"{len(data) - at} bytes are no IPv6 header of {HEADER}")
    if data[at] >> 4 != 6:  # noqa: PLR2004 - the version
        raise Malformed(f"IP version {data[at] >> 4} where version 6 belongs")
    payload = data[at + 4] << 8 | data[at + 5]
    # A segment that the sender's card was to cut up has no length of its own yet where it is 64 KiB or longer.
    end = at + HEADER + payload if payload else length
    if end > length:
        raise Malformed(f"an IPv6 payload of {payload} bytes does not fit its frame of {length}")
    found = IpPacket(data[at + 8 : at + 24], data[at + 24 : at + 40], data[at + 6], 0, False, at + HEADER, end)
    for _ in range(MOST_EXTENSIONS):
        if found.protocol not in EXTENSIONS:
            return found
        found = _next(data, found)
        if found.fragment:
            return found
    raise Malformed(f"more than {MOST_EXTENSIONS} IPv6 extension headers")


EXTENSIONS = frozenset({HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION})


def _next(data: bytes, found: IpPacket) -> IpPacket:
    """Return the packet as it is behind its next extension header."""
    start = found.start
    if len(data) < start + FRAGMENT_HEADER:
        raise Malformed(f"IPv6 extension header {found.protocol} is cut after {max(len(data) - start, 0)} bytes")
    following = data[start]
    if found.protocol == FRAGMENT:
        place = data[start + 2] << 8 | data[start + 3]
        return found._replace(
            protocol=following,
            offset=place & 0xFFF8,
            more_fragments=bool(place & 1),
            start=start + FRAGMENT_HEADER,
            identification=int.from_bytes(data[start + 4 : start + 8]),
        )
    size = (data[start + 1] + 2) * 4 if found.protocol == AUTHENTICATION else (data[start + 1] + 1) * 8
    if start + size > found.end:
        raise Malformed(f"IPv6 extension header {found.protocol} of {size} bytes does not fit its packet")
    return found._replace(protocol=following, start=start + size)
