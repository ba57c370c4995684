"""VRRP advertisements, versions 2 (RFC 3768) and 3 (RFC 5798, IPv4 and IPv6), by scapy's layers."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from harness.capture.protocols import scapy_layers
from harness.capture.protocols.malformed import Malformed

HEADER = 8
ADVERTISEMENT = 1
AUTHENTICATION = 8
"""Octets of authentication data that stand at the end in version 2."""

LAYERS = {2: "VRRP", 3: "VRRPv3"}


@dataclass(frozen=True, slots=True)
class Vrrp:
    """An advertisement; `interval` is in milliseconds, `authentication` version 2's type of it, 0 for none."""

    version: int
    vrid: int
    priority: int
    interval: int
    authentication: int
    addresses: tuple[str, ...]


def parse(data: bytes, *, width: int = 4) -> Vrrp:
    """Decode an IP payload; addresses have `width` octets, 4 or 16, as those of the packet that carries it.

    Raises `Malformed`.
    """
    if len(data) < HEADER:
        raise Malformed(f"{len(data)} bytes are no VRRP header of {HEADER}")
    version, kind = data[0] >> 4, data[0] & 0x0F
    if version not in LAYERS or kind != ADVERTISEMENT:
        raise Malformed(f"VRRP version {version}, type {kind}, not an advertisement of version 2 or 3")
    end = HEADER + width * data[3]
    if len(data) < end:
        raise Malformed(f"a VRRP advertisement of {data[3]} addresses in {len(data)} bytes")
    # The addresses are read here: scapy finds their width by the layer below, which it is not given.
    header = data[:3] + b"\0" + data[4:HEADER]
    packet = scapy_layers.dissect(scapy_layers.VRRP, LAYERS[version], header + bytes(AUTHENTICATION))
    addresses = (data[at : at + width] for at in range(HEADER, end, width))
    return Vrrp(
        version=packet.version,
        vrid=packet.vrid,
        priority=packet.priority,
        interval=packet.adv * (1000 if version == 2 else 10),  # noqa: PLR2004 - the version
        authentication=packet.authtype if version == 2 else 0,  # noqa: PLR2004 - as above
        addresses=tuple(str(ip_address(address)) for address in addresses),
    )
