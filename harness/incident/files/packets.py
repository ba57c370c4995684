"""From captured frames to packets: who sent what to whom, with an identity that holds wherever the packet is captured.

A packet is told again by what a network leaves alone: not its MAC addresses, tags, hop count and DSCP, and not the
checksums that a sending host leaves to its card.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from ipaddress import ip_address
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from harness.capture.protocols import ethernet, icmp, ip, ipv6
from harness.capture.protocols.malformed import Malformed
from harness.incident.files.tcp_duplicates import duplicate
from harness.incident.files.tcp_stamps import stamp
from harness.incident.packet import Packet

if TYPE_CHECKING:
    from harness.capture.frames import Frame

    Ends: TypeAlias = tuple[str, str, tuple[int, ...], str, str, str]
    """Both MAC addresses, the tags, both addresses, and what is carried."""

REACH = 64
"""Octets of a payload that take part in an identity, where the capture has as many."""

MOST_FLOWS = 1 << 16
"""Pairs of addresses that are remembered as text."""

SHORTEST_IPV4 = 20
SHORTEST_IPV6 = 40
OFFSET_BITS = 0x1FFF
DONT_FRAGMENT = 0x40
FIRST_ETHERTYPE = 0x0600
"""Below it, the field is a length (IEEE 802.3), and LLC follows."""
ONLY_STAMPED = 12
"""Octets of options that most segments have: a timestamp, and nothing else."""
TAGS = frozenset({ethernet.VLAN.to_bytes(2), ethernet.SERVICE_VLAN.to_bytes(2)})
IPV4 = ethernet.IPV4.to_bytes(2)
IPV6 = ethernet.IPV6.to_bytes(2)
ARP = ethernet.ARP.to_bytes(2)
NOBODY = bytes(6)
PORT_UNREACHABLE = {ip.ICMP: bytes((3, 3)), ip.ICMPV6: bytes((1, 4))}
"""Type and code (RFC 792; RFC 4443, section 3.1)."""
NAMES = {ip.TCP: "tcp", ip.UDP: "udp", ip.ICMP: "icmp", ip.ICMPV6: "icmp"}

_tcp = Struct(">HHIIBB").unpack_from
_udp = Struct(">HHH").unpack_from


class Said(NamedTuple):
    """What a header behind the addresses says, and by what of it and of its payload the packet is told again."""

    kept: bytes
    src_port: int = 0
    dst_port: int = 0
    flags: int = 0
    seq: int = 0
    ack: int = 0
    payload: int = 0
    stamp: int = 0
    twice: int = 0


class Packets:
    """Makes packets of a capture's frames, each at the frame's own time; what a frame is too short for is empty.

    Of a payload `reach` octets take part in the identity: as many as every capture of the incident has kept.
    """

    def __init__(self, capture: str, reach: int = REACH) -> None:
        self._capture = capture
        self._reach = reach
        self._known: dict[bytes, Ends] = {}

    def of(self, frame: Frame) -> Packet:
        """Return a frame's headers as a packet. Never raises."""
        data = frame.data
        at, kind = ethernet.HEADER, data[12:14]
        while kind in TAGS and len(data) >= at + ethernet.TAG:
            kind = data[at + 2 : at + 4]
            at += ethernet.TAG
        if kind == IPV4 and len(data) >= at + SHORTEST_IPV4:
            return self._ipv4(frame, at)
        if kind == IPV6 and len(data) >= at + SHORTEST_IPV6:
            return self._ipv6(frame, at)
        said = Said(data[at : at + self._reach], payload=max(frame.length - at, 0))
        return self._packet(frame, self._ends(data, at, _carried(kind), b"", b""), b"", said)

    def _ipv4(self, frame: Frame, at: int) -> Packet:
        data = frame.data
        start = at + (data[at] & 0x0F) * 4
        total = data[at + 2] << 8 | data[at + 3]
        # A segment that the sender's card was to cut up has no length of its own yet where it is 64 KiB or longer.
        end = at + total if total else frame.length
        mark = data[at + 2 : at + 8] + data[at + 9 : at + 10] + data[at + 12 : at + 20]
        ends = self._known.get(key := data[:at] + mark[6:])
        if ends is None:
            carries = NAMES.get(data[at + 9]) or str(data[at + 9])
            ends = self._ends(data, at, carries, data[at + 12 : at + 16], data[at + 16 : at + 20])
            self._remember(key, ends)
        whole = not (data[at + 6] << 8 | data[at + 7]) & OFFSET_BITS
        said = _said(data, data[at + 9] if whole else None, start, end, self._reach)
        number = data[at + 4] << 8 | data[at + 5] if data[at + 6] & DONT_FRAGMENT else 0
        return self._packet(frame, ends, mark, said, number)

    def _ipv6(self, frame: Frame, at: int) -> Packet:
        data = frame.data
        try:
            within = ipv6.parse(data, at, max(frame.length, len(data)))
        except Malformed:
            said = Said(data[at + SHORTEST_IPV6 : at + SHORTEST_IPV6 + self._reach])
            return self._packet(
                frame, self._ends(data, at, "41", data[at + 8 : at + 24], data[at + 24 : at + 40]), b"", said
            )
        mark = b"".join(
            (
                data[at + 4 : at + 6],
                within.identification.to_bytes(4),
                within.offset.to_bytes(2),
                bytes((within.protocol,)),
                data[at + 8 : at + 40],
            )
        )
        ends = self._known.get(key := data[:at] + mark[8:])
        if ends is None:
            carries = NAMES.get(within.protocol) or str(within.protocol)
            ends = self._ends(data, at, carries, within.source, within.destination)
            self._remember(key, ends)
        protocol = None if within.offset else within.protocol
        return self._packet(frame, ends, mark, _said(data, protocol, within.start, within.end, self._reach))

    def _packet(self, frame: Frame, ends: Ends, mark: bytes, said: Said, number: int = 0) -> Packet:
        kept, src_port, dst_port, flags, seq, ack, payload, stamped, twice = said
        identity = int.from_bytes(blake2b(mark + kept, digest_size=8).digest()) >> 1
        src_mac, dst_mac, vlans, src, dst, carries = ends
        return Packet(
            frame.time, self._capture, frame.link, frame.number, src_mac, dst_mac, vlans, src, dst, carries,
            src_port, dst_port, flags, seq, ack, payload, identity, stamped, twice, number,
        )  # fmt: skip

    def _ends(self, data: bytes, at: int, carries: str, src: bytes, dst: bytes) -> Ends:
        macs = (_mac(data[6:12]), _mac(data[0:6]))
        tags = (int.from_bytes(data[place : place + 2]) & ethernet.VLAN_ID_BITS for place in range(14, at, 4))
        addresses = (shown(src), shown(dst)) if src else macs
        return (*macs, tuple(one for one in tags if one), *addresses, carries)

    def _remember(self, key: bytes, ends: Ends) -> None:
        if len(self._known) < MOST_FLOWS:
            self._known[key] = ends


def _said(data: bytes, protocol: int | None, start: int, end: int, reach: int) -> Said:
    """Return what the header from `start` on says; a segment is told by its header alone, which has its place in it."""
    if protocol == ip.TCP and len(data) >= start + 20:
        src_port, dst_port, seq, ack, offset, flags = _tcp(data, start)
        payload = start + (offset >> 4) * 4
        size = end - payload
        options = data[start + 20 : payload]
        kept = data[start : start + 16] + options
        twice = duplicate(options, ack) if len(options) > ONLY_STAMPED else 0
        return Said(kept, src_port, dst_port, flags, seq, ack, max(size, 0), stamp(options), twice)
    if protocol == ip.UDP and len(data) >= start + 8:
        src_port, dst_port, length = _udp(data, start)
        kept = data[start : start + 6] + data[start + 8 : min(start + 8 + reach, end)]
        return Said(kept, src_port, dst_port, payload=max(length - 8, 0))
    kept = data[start : min(start + reach, end)]
    if protocol in PORT_UNREACHABLE:
        refused = _refused(data, protocol, start, end)
        return Said(kept, src_port=refused, payload=max(end - start - icmp.HEADER, 0))
    return Said(kept, payload=max(end - start, 0))


def _refused(data: bytes, protocol: int, start: int, end: int) -> int:
    """Return the port at which nobody listens, as ICMP says of a datagram; 0 where it says something else."""
    if data[start : start + 2] != PORT_UNREACHABLE[protocol]:
        return 0
    try:
        quoted = icmp.parse(data, start, end, version=6 if protocol == ip.ICMPV6 else 4).quoted
    except Malformed:
        return 0
    return quoted.dst_port or 0 if quoted is not None else 0


def _carried(kind: bytes) -> str:
    if kind == ARP:
        return "arp"
    number = int.from_bytes(kind)
    return str(number) if number >= FIRST_ETHERTYPE else "llc"


def _mac(address: bytes) -> str:
    """Return a MAC address as text, empty where the capture has none."""
    return "" if address == NOBODY else address.hex(":")


@lru_cache(maxsize=1 << 14)
def shown(address: bytes) -> str:
    """Return an IP address as text."""
    return str(ip_address(address))
