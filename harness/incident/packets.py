"""From captured frames to packets: who sent what to whom, with an identity that holds wherever the packet is captured.

A packet is told again by what a network leaves alone: not its MAC addresses, tags, hop count and DSCP, and not the
checksums that a sending host leaves to its card.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

from harness.capture.protocols import ethernet, ip, ipv4, ipv6
from harness.capture.protocols.malformed import Malformed
from harness.incident.packet import Packet

if TYPE_CHECKING:
    from harness.capture.frames import Frame
    from harness.capture.protocols.ip import IpPacket

REACH = 64
"""Octets of a payload that take part in an identity, where the capture has as many."""

TCP_HEADER = 20
UDP_HEADER = 8
WITH_PORTS = 4
END_OF_OPTIONS, PADDING, TIMESTAMPS, TIMESTAMPS_SIZE = 0, 1, 8, 10
USUAL_OPTIONS = bytes((PADDING, PADDING, TIMESTAMPS, TIMESTAMPS_SIZE))
IPV4_IDENTIFICATION = slice(4, 6)
IPV4_ADDRESS = 4
FIRST_ETHERTYPE = 0x0600
"""Below it, the field is a length (IEEE 802.3), and LLC follows."""
NOBODY = "00:00:00:00:00:00"
NAMES = {ip.TCP: "tcp", ip.UDP: "udp", ip.ICMP: "icmp", ip.ICMPV6: "icmp"}


class Said(NamedTuple):
    """What the headers behind the addresses say; `kept` is what of them and of the payload makes up the identity."""

    kept: bytes
    src_port: int = 0
    dst_port: int = 0
    flags: int = 0
    seq: int = 0
    ack: int = 0
    payload: int = 0
    stamp: int = 0


def packet(frame: Frame, capture: str, *, reach: int = REACH) -> Packet:
    """Return a frame's headers as a packet at the frame's own time; what it is too short for is empty.

    Of the payload `reach` octets take part in the identity: as many as every capture of the incident has kept.
    """
    data = frame.data
    vlans, ethertype, at = _tags(data)
    macs = (_mac(ethernet.source(data)), _mac(ethernet.destination(data)))
    head = (frame.time, capture, frame.link, frame.number, *macs, vlans)
    try:
        if ethertype == ethernet.IPV4:
            within = ipv4.parse(data, at, max(frame.length, len(data)))
            mark = data[at + 4 : at + 6]
        elif ethertype == ethernet.IPV6:
            within = ipv6.parse(data, at, max(frame.length, len(data)))
            mark = within.identification.to_bytes(4)
        else:
            carries = "arp" if ethertype == ethernet.ARP else str(ethertype) if ethertype >= FIRST_ETHERTYPE else "llc"
            identity = _identity(data[at : at + reach], carries.encode())
            return Packet(*head, *macs, carries, 0, 0, 0, 0, 0, max(frame.length - at, 0), identity)
    except Malformed:
        return Packet(*head, *macs, str(ethertype), 0, 0, 0, 0, 0, 0, _identity(data[at : at + reach], b"cut"))
    said = _said(data, within, reach)
    identity = _identity(
        mark, within.offset.to_bytes(2), within.source, within.destination, bytes((within.protocol,)), said.kept
    )
    ends = (shown(within.source), shown(within.destination))
    return Packet(*head, *ends, NAMES.get(within.protocol) or str(within.protocol), *said[1:-1], identity, said.stamp)


def _tags(data: bytes) -> tuple[tuple[int, ...], int, int]:
    """Return the VLAN tags' identifiers, outermost first, the EtherType behind them, and where what it says starts."""
    at = ethernet.HEADER
    ethertype = int.from_bytes(data[at - 2 : at])
    if ethertype not in (ethernet.VLAN, ethernet.SERVICE_VLAN):
        return (), ethertype, at
    vlans = []
    while ethertype in (ethernet.VLAN, ethernet.SERVICE_VLAN) and len(data) >= at + ethernet.TAG:
        vlans.append(int.from_bytes(data[at : at + 2]) & ethernet.VLAN_ID_BITS)
        ethertype = int.from_bytes(data[at + 2 : at + 4])
        at += ethernet.TAG
    return tuple(one for one in vlans if one), ethertype, at


def _said(data: bytes, within: IpPacket, reach: int) -> Said:
    start, end = within.start, within.end
    size = (end - start).to_bytes(4)
    if within.offset or len(data) < start + UDP_HEADER:
        return Said(size + data[start : start + reach], payload=end - start)
    if within.protocol == ip.TCP and len(data) >= start + TCP_HEADER:
        return _segment(data, start, end)
    if within.protocol == ip.UDP:
        src, dst = data[start] << 8 | data[start + 1], data[start + 2] << 8 | data[start + 3]
        length = data[start + 4] << 8 | data[start + 5]
        kept = data[start : start + 6] + data[start + UDP_HEADER : min(start + UDP_HEADER + reach, end)]
        return Said(kept, src, dst, payload=max(length - UDP_HEADER, 0))
    return Said(size + data[start : min(start + reach, end)], payload=max(end - start - UDP_HEADER, 0))


def _segment(data: bytes, start: int, end: int) -> Said:
    """Return what a TCP header says; a segment is told by it alone, since sequence and acknowledgement are in it."""
    payload = start + (data[start + 12] >> 4) * 4
    kept = data[start : start + 16] + data[start + TCP_HEADER : payload] + (end - start).to_bytes(4)
    return Said(
        kept,
        data[start] << 8 | data[start + 1],
        data[start + 2] << 8 | data[start + 3],
        data[start + 13],
        int.from_bytes(data[start + 4 : start + 8]),
        int.from_bytes(data[start + 8 : start + 12]),
        max(end - payload, 0),
        _stamp(data, start + TCP_HEADER, min(payload, len(data))),
    )


def _stamp(data: bytes, at: int, end: int) -> int:
    """Return the timestamp among a segment's options, 0 without one."""
    if data[at : at + 4] == USUAL_OPTIONS:  # of every segment of Linux's but the first
        return int.from_bytes(data[at + 4 : at + 8]) if at + 8 <= end else 0
    while at < end and data[at] != END_OF_OPTIONS:
        if data[at] == TIMESTAMPS and at + TIMESTAMPS_SIZE <= end:
            return int.from_bytes(data[at + 2 : at + 6])
        at += 1 if data[at] == PADDING else max(data[at + 1], 2) if at + 1 < end else end
    return 0


def _identity(*parts: bytes) -> int:
    return int.from_bytes(blake2b(b"".join(parts), digest_size=8).digest()) >> 1


def _mac(address: str) -> str:
    return "" if address == NOBODY else address


@lru_cache(maxsize=1 << 14)
def shown(address: bytes) -> str:
    """Return an IP address as text."""
    return str(ip_address(address))
