"""Ethernet II frames, tagged by 802.1Q or not."""

from __future__ import annotations

from typing import NamedTuple

from harness.capture.protocols.malformed import Malformed

HEADER = 14
TAG = 4
IPV4 = 0x0800
ARP = 0x0806
IPV6 = 0x86DD
VLAN = 0x8100
SERVICE_VLAN = 0x88A8
VLAN_ID_BITS = 0x0FFF


class Ethernet(NamedTuple):
    """An Ethernet header. `vlan` is the innermost tag's identifier, 0 to 4095, or None; `end` is where it ends."""

    ethertype: int
    vlan: int | None
    end: int


def parse(data: bytes) -> Ethernet:
    """Read the header of a frame. Raises `Malformed` where the frame is too short for it."""
    if len(data) < HEADER:
        raise Malformed(f"a frame of {len(data)} bytes has no Ethernet header of {HEADER}")
    ethertype = data[12] << 8 | data[13]
    end = HEADER
    vlan = None
    while ethertype in (VLAN, SERVICE_VLAN):
        if len(data) < end + TAG:
            raise Malformed(f"a frame of {len(data)} bytes is cut within its VLAN tag")
        vlan = (data[end] << 8 | data[end + 1]) & VLAN_ID_BITS
        ethertype = data[end + 2] << 8 | data[end + 3]
        end += TAG
    return Ethernet(ethertype, vlan, end)


def destination(data: bytes) -> str:
    """Return the receiver's MAC address, in lower case with colons."""
    return data[0:6].hex(":")


def source(data: bytes) -> str:
    """Return the sender's MAC address, in lower case with colons."""
    return data[6:12].hex(":")
