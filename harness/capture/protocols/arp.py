"""ARP for IPv4 over Ethernet (RFC 826)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

from harness.capture.protocols.malformed import Malformed

REQUEST = 1
REPLY = 2
SIZE = 28
ETHERNET_AND_IPV4 = (1, 0x0800, 6, 4)


@dataclass(frozen=True, slots=True)
class Arp:
    """Who asks (operation 1) or answers (2) for which address. A gratuitous one is about its sender's own address."""

    operation: int
    sender_mac: str
    sender: IPv4Address
    target_mac: str
    target: IPv4Address


def parse(data: bytes) -> Arp:
    """Decode an ARP packet. Raises `Malformed` where it is too short, or not about IPv4 over Ethernet."""
    if len(data) < SIZE:
        raise Malformed(f"an ARP packet of {len(data)} bytes, not {SIZE}")
    *kind, operation = struct.unpack_from(">HHBBH", data)
    if tuple(kind) != ETHERNET_AND_IPV4:
        raise Malformed(f"ARP for hardware {kind[0]} and protocol {kind[1]:#06x}, not Ethernet and IPv4")
    return Arp(operation, data[8:14].hex(":"), IPv4Address(data[14:18]), data[18:24].hex(":"), IPv4Address(data[24:28]))
