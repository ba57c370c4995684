"""A UDP datagram or a TCP segment over IPv4: as it was captured, and as a frame that says it again."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, NamedTuple

from harness.capture.protocols import ethernet, ip, ipv4, tcp, udp
from harness.capture.protocols.malformed import Malformed
from harness.network.checksum import finished, ones_sum

if TYPE_CHECKING:
    from harness.capture.frames import Frame

TIME_TO_LIVE = 64
IP_CHECKSUM, TCP_CHECKSUM, UDP_CHECKSUM = 10, 16, 6
"""Where the headers have their checksums."""

WINDOW = 0xFFFF
HEADER_WORDS = 5 << 4
"""A TCP header of five words, as its data offset says it."""


class Datagram(NamedTuple):
    """What one host said to another, and in which frame. `length` is that of all that was sent, `payload` what is kept.

    `sequence`, `acknowledged` and `flags` are TCP's, 0 in UDP.
    """

    frame: Frame
    vlan: int | None
    src_mac: str
    dst_mac: str
    protocol: int
    src: IPv4Address
    src_port: int
    dst: IPv4Address
    dst_port: int
    payload: bytes
    length: int
    sequence: int = 0
    acknowledged: int = 0
    flags: int = 0

    @property
    def whole(self) -> bool:
        """Whether all of it was captured."""
        return self.length == len(self.payload)

    @property
    def identity(self) -> bytes:
        """The same for one datagram wherever it was captured: its IP packet, but for what routers change."""
        start = ethernet.parse(self.frame.data).end
        data = self.frame.data
        return data[start : start + 8] + data[start + 12 : start + 1500]


def of_frame(frame: Frame) -> Datagram | None:
    """Return what a frame carries, None where that is no UDP or TCP over IPv4, or only a fragment of it."""
    data = frame.data
    try:
        ethertype, vlan, at = ethernet.parse(data)
        if ethertype != ethernet.IPV4:
            return None
        packet = ipv4.parse(data, at, frame.length)
        if packet.fragment:
            return None
        addresses = IPv4Address(packet.source), IPv4Address(packet.destination)
        macs = ethernet.source(data), ethernet.destination(data)
        if packet.protocol == ip.UDP:
            one = udp.parse(data, packet.start, packet.end)
            more: tuple[int, ...] = ()
        elif packet.protocol == ip.TCP:
            segment = tcp.parse(data, packet.start, packet.end)
            one = udp.Udp(segment.source_port, segment.destination_port, segment.payload, segment.length)
            more = (segment.sequence, segment.acknowledged, segment.flags)
        else:
            return None
    except Malformed:
        return None
    ends = (addresses[0], one.source_port, addresses[1], one.destination_port)
    return Datagram(frame, vlan, *macs, packet.protocol, *ends, one.payload, one.length, *more)


class Way(NamedTuple):
    """From where to where a frame goes: MAC addresses as text, IP addresses and ports."""

    src_mac: str
    dst_mac: str
    src: IPv4Address
    src_port: int
    dst: IPv4Address
    dst_port: int


def udp_frame(way: Way, payload: bytes) -> bytes:
    """Return an Ethernet frame with a datagram, its checksums in place."""
    header = struct.pack("!HHHH", way.src_port, way.dst_port, 8 + len(payload), 0)
    return _frame(way, ip.UDP, header + payload, UDP_CHECKSUM)


def tcp_frame(way: Way, sequence: int, acknowledged: int, flags: int, payload: bytes = b"") -> bytes:
    """Return an Ethernet frame with a segment without options, its checksums in place."""
    ports = (way.src_port, way.dst_port)
    header = struct.pack("!HHIIBBHHH", *ports, sequence, acknowledged, HEADER_WORDS, flags, WINDOW, 0, 0)
    return _frame(way, ip.TCP, header + payload, TCP_CHECKSUM)


def _frame(way: Way, protocol: int, body: bytes, checksum: int) -> bytes:
    pseudo = way.src.packed + way.dst.packed + struct.pack("!HH", protocol, len(body))
    body = _summed(body, checksum, ones_sum(pseudo + body))
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, TIME_TO_LIVE, protocol, 0)
    head += way.src.packed + way.dst.packed
    macs = bytes.fromhex(way.dst_mac.replace(":", "") + way.src_mac.replace(":", ""))
    return macs + ethernet.IPV4.to_bytes(2) + _summed(head, IP_CHECKSUM, ones_sum(head)) + body


def _summed(data: bytes, field: int, total: int) -> bytes:
    return data[:field] + finished(total, field) + data[field + 2 :]
