"""What IPv4 and IPv6 headers say alike."""

from __future__ import annotations

from typing import NamedTuple

ICMP = 1
TCP = 6
UDP = 17
ICMPV6 = 58
VRRP = 112
IPV6_ADDRESS = 16


class IpPacket(NamedTuple):
    """An IP header. Addresses are 4 or 16 octets; `start` and `end` bound the payload within the frame as it was sent.

    The frame may have been captured only in part, so `end` may lie beyond its data. `offset` is a fragment's place in
    its datagram, in octets, and `identification` tells the datagram; 0 in what is no fragment.
    """

    source: bytes
    destination: bytes
    protocol: int
    offset: int
    more_fragments: bool
    start: int
    end: int
    identification: int = 0

    @property
    def fragment(self) -> bool:
        """Whether this is a part of a datagram."""
        return self.more_fragments or self.offset > 0


def unfragmented(data: bytes, at: int, packet: IpPacket) -> bytes:
    """Return a frame's headers, up to the IP payload, as they would be had the datagram not been cut.

    `at` is where the IP header starts. The length in it is 0, for as long as the frame; a datagram may be longer than
    the field can say. IPv6 extension headers before the fragment's are left out.
    """
    if len(packet.source) == IPV6_ADDRESS:
        header = bytearray(data[: at + 40])
        header[at + 4 : at + 7] = bytes((0, 0, packet.protocol))
    else:
        header = bytearray(data[: packet.start])
        header[at + 2 : at + 4] = header[at + 6 : at + 8] = b"\0\0"
    return bytes(header)
