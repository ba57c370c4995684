"""One captured frame as inference looks at it: who sent what to whom, and when."""

from __future__ import annotations

from typing import NamedTuple


class Packet(NamedTuple):
    """A frame's headers, on the incident's reference clock.

    `time` is in nanoseconds since 1970. `capture` is the file's path within the incident, `link` the interface in it,
    `frame` the frame's number in it. `src` and `dst` are IP addresses as text, MAC addresses where there are none;
    `carries` is ``tcp``, ``udp``, ``icmp``, ``arp`` or the number of the protocol or of the EtherType as text. `flags`,
    `seq`, `ack` and `payload` (octets of the segment's or datagram's data) are 0 where there are none. `identity` is
    the same for one packet wherever it was captured, as far as a network leaves it alone, and differs between packets.
    `stamp` is a TCP segment's timestamp (RFC 7323), 0 without one: milliseconds of the sender's own monotonic clock on
    Linux, each connection's from another beginning. `twice` is the sequence number from which on its sender says that
    something came twice (RFC 2883), 0 where it does not. `number` is the IPv4 identification (RFC 791) of what may not
    be fragmented, 0 where there is none: Linux counts by it what it sends on each connection. The `src_port` of ICMP is
    that which it says is unreachable, 0 where it says something else.
    """

    time: int
    capture: str
    link: str
    frame: int
    src_mac: str
    dst_mac: str
    vlans: tuple[int, ...]
    src: str
    dst: str
    carries: str
    src_port: int
    dst_port: int
    flags: int
    seq: int
    ack: int
    payload: int
    identity: int
    stamp: int = 0
    twice: int = 0
    number: int = 0
