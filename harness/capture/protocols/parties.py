"""Between whom a frame goes, as far as its headers tell: VLANs, addresses, ports."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from harness.capture.protocols import ethernet

IPV6 = 0x86DD
IPV6_HEADER = 40
WITH_PORTS = (6, 17)
IPV4_HEADER = 20
OFFSET_BITS = 0x1FFF


class Parties(NamedTuple):
    """`vlans` are the tags' identifiers, outermost first; `src` and `dst` IP addresses, or MAC addresses without IP.

    Ports are None where there are none.
    """

    vlans: tuple[int, ...]
    src: str
    dst: str
    src_port: int | None = None
    dst_port: int | None = None


def parties(data: bytes) -> Parties:
    """Return what a frame's headers say of its parties. Never raises: what the frame is too short for is left out."""
    vlans = []
    at = ethernet.HEADER
    ethertype = int.from_bytes(data[at - 2 : at])
    while ethertype in (ethernet.VLAN, ethernet.SERVICE_VLAN) and len(data) >= at + ethernet.TAG:
        vlans.append(int.from_bytes(data[at : at + 2]) & ethernet.VLAN_ID_BITS)
        ethertype = int.from_bytes(data[at + 2 : at + 4])
        at += ethernet.TAG
    tags = tuple(vlans)
    if ethertype == ethernet.IPV4 and len(data) >= at + IPV4_HEADER:
        first_fragment = not int.from_bytes(data[at + 6 : at + 8]) & OFFSET_BITS
        ends = _ports(data, at + (data[at] & 0x0F) * 4, data[at + 9]) if first_fragment else (None, None)
        return Parties(tags, _shown(data[at + 12 : at + 16]), _shown(data[at + 16 : at + 20]), *ends)
    if ethertype == IPV6 and len(data) >= at + IPV6_HEADER:
        ends = _ports(data, at + IPV6_HEADER, data[at + 6])
        return Parties(tags, _shown(data[at + 8 : at + 24]), _shown(data[at + 24 : at + 40]), *ends)
    return Parties(tags, ethernet.source(data), ethernet.destination(data))


def _ports(data: bytes, at: int, protocol: int) -> tuple[int, int] | tuple[None, None]:
    if protocol not in WITH_PORTS or len(data) < at + 4:
        return None, None
    return int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4])


@lru_cache(maxsize=4096)
def _shown(address: bytes) -> str:
    return str(ip_address(address))
