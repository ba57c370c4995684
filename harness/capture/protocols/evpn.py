"""Routes of Ethernet VPNs (RFC 7432, 9136), in the notation of routers: ``[2]:[0]:[48]:[0a:00:00:00:30:01]``."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address
from typing import TYPE_CHECKING

from harness.capture.protocols.malformed import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

DISTINGUISHER = 8
MAC_IP, MULTICAST = 2, 3


def routes(data: bytes) -> Iterator[str]:
    """Yield the routes of an attribute, each with its distinguisher before it. Raises `Malformed`."""
    at = 0
    while at < len(data):
        end = at + 2 + (data[at + 1] if at + 1 < len(data) else 0)
        value = data[at + 2 : end]
        if at + 1 >= len(data) or end > len(data) or len(value) < DISTINGUISHER:
            raise Malformed(f"an EVPN route of {len(value)} bytes in the {len(data) - at} that are left")
        yield f"{_distinguisher(value[:DISTINGUISHER])} [{data[at]}]:{_route(data[at], value[DISTINGUISHER:])}"
        at = end


def _route(kind: int, value: bytes) -> str:
    """Return what follows a route's distinguisher; as octets where it is of another kind, or not as long as it says."""
    if kind == MAC_IP and len(value) >= 22 and value[14] == 48:  # noqa: PLR2004 - up to the length of the IP address; bits
        tag, mac = int.from_bytes(value[10:14]), value[15:21].hex(":")
        return f"[{tag}]:[48]:[{mac}]{_ip(value, 21)}"
    if kind == MULTICAST and len(value) >= 5:  # noqa: PLR2004 - as above
        return f"[{int.from_bytes(value[:4])}]{_ip(value, 4)}"
    return f"[{value.hex()}]"


def _ip(value: bytes, at: int) -> str:
    """Return an address that has its length in bits before it, nothing where there is none."""
    octets = value[at + 1 : at + 1 + value[at] // 8]
    return f":[{value[at]}]:[{ip_address(octets)}]" if len(octets) * 8 == value[at] and len(octets) in {4, 16} else ""


def _distinguisher(value: bytes) -> str:
    """Return a route distinguisher (RFC 4364, section 4.2)."""
    kind = int.from_bytes(value[:2])
    if kind == 1:
        return f"{IPv4Address(value[2:6])}:{int.from_bytes(value[6:])}"
    width = 2 if kind == 0 else 4
    return f"{int.from_bytes(value[2 : 2 + width])}:{int.from_bytes(value[2 + width :])}"
