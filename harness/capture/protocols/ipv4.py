"""IPv4 headers (RFC 791). Fragments are told, not put together."""

from __future__ import annotations

from typing import NamedTuple

from harness.capture.protocols.malformed import Malformed

SMALLEST_HEADER = 20
TCP = 6
UDP = 17
MORE_FRAGMENTS = 0x2000
OFFSET_BITS = 0x1FFF


class Ipv4(NamedTuple):
    """An IPv4 header. Addresses are 4 octets; `start` and `end` bound the payload within the frame as it was sent.

    The frame may have been captured only in part, so `end` may lie beyond its data. `offset` is a fragment's place in
    its datagram, in octets.
    """

    source: bytes
    destination: bytes
    protocol: int
    offset: int
    more_fragments: bool
    start: int
    end: int

    @property
    def fragment(self) -> bool:
        """Whether this is a part of a datagram."""
        return self.more_fragments or self.offset > 0


def parse(data: bytes, at: int, length: int) -> Ipv4:
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
    offset = (flags & OFFSET_BITS) * 8
    return Ipv4(
        data[at + 12 : at + 16],
        data[at + 16 : at + 20],
        data[at + 9],
        offset,
        flags & MORE_FRAGMENTS != 0,
        at + header,
        end,
    )
