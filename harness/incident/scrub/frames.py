"""A captured frame under other addresses: headers stay, what they carry is left out or replaced, lengths do not change.

Everything works on the octets of one frame in place. What is not understood is zeroed from there on, so that nothing
passes because nobody knew what it was.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from harness.capture.files.link_types import (
    COOKED,
    COOKED_2,
    IPV4_ONLY,
    IPV6_ONLY,
    LINUX_COOKED,
    LINUX_COOKED_2,
    LOOP,
    NULL,
    RAW,
    RAW_OF_BSD,
)
from harness.capture.frames import ETHERNET
from harness.capture.protocols import arp, ethernet, ip
from harness.incident.scrub.payloads import Carried

if TYPE_CHECKING:
    from harness.incident.scrub.payloads import Payloads

MAC = 6
TAGS = frozenset({ethernet.VLAN, ethernet.SERVICE_VLAN})
IPV4_HEADER, IPV6_HEADER = 20, 40
NO_OPERATION, PADN = 1, 1
MORE_AND_OFFSET = 0x3FFF
OFFSET = 0x1FFF
OFFSET_6 = 0xFFF8
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION = 0, 43, 44, 60
MOST_EXTENSIONS = 16
FAMILY = 4
ADDRESS = 8
"""Octets of a cooked header's address; those beyond its size mean nothing."""
VERSION_6 = 6
DEEPEST = 4
"""Tunnels within tunnels that are followed."""


class Frames:
    """Scrubs the frames of one capture, in order: some of what comes is only understood by what came before."""

    def __init__(self, payloads: Payloads) -> None:
        self._payloads = payloads
        self._text = payloads.text
        payloads.tunnelled = self.ethernet

    def scrub(self, data: bytes, link_type: int, length: int) -> bytes:
        """Return what stands for a frame of `length` octets, of which `data` were captured."""
        found = bytearray(data)
        missing = max(length - len(data), 0)
        if link_type == ETHERNET:
            self.ethernet(found, 0, missing, 0)
        elif link_type == LINUX_COOKED:
            self._cooked(found, COOKED, mac=6, size=found[4:6], kind=14, missing=missing)
        elif link_type == LINUX_COOKED_2:
            self._cooked(found, COOKED_2, mac=12, size=found[11:12], kind=0, missing=missing)
        elif link_type in (RAW, RAW_OF_BSD, IPV4_ONLY, IPV6_ONLY):
            self._ip(found, 0, missing, 0)
        elif link_type in (NULL, LOOP):
            self._ip(found, FAMILY, missing, 0)
        else:
            self._payloads.forget(found, 0)
        return bytes(found)

    def ethernet(self, data: bytearray, at: int, missing: int, depth: int) -> None:
        """Scrub from an Ethernet header on."""
        for place in (at, at + MAC):
            self._mac(data, place)
        at += 2 * MAC
        kind = int.from_bytes(data[at : at + 2])
        while kind in TAGS and len(data) >= at + ethernet.TAG + 2:
            at += ethernet.TAG
            kind = int.from_bytes(data[at : at + 2])
        self._network(data, at + 2, kind, missing, depth)

    def _cooked(self, data: bytearray, end: int, *, mac: int, size: bytes | bytearray, kind: int, missing: int) -> None:
        """Scrub from a cooked header on: where the sender's address is, its size, and where the EtherType is."""
        if len(data) < end:
            self._payloads.forget(data, 0)
            return
        ethertype = int.from_bytes(data[kind : kind + 2])
        if int.from_bytes(size) == MAC:
            self._mac(data, mac)
            self._payloads.forget(data, mac + MAC, mac + ADDRESS)
        else:
            self._payloads.forget(data, mac, mac + ADDRESS)
        self._network(data, end, ethertype, missing, 0)

    def _mac(self, data: bytearray, at: int) -> None:
        if len(data) >= at + MAC:
            data[at : at + MAC] = self._text.addresses.mac(bytes(data[at : at + MAC]))
        elif len(data) > at:
            self._payloads.forget(data, at)

    def _network(self, data: bytearray, at: int, kind: int, missing: int, depth: int) -> None:
        if kind in TAGS and len(data) >= at + ethernet.TAG:  # a tag behind a cooked header
            self._network(data, at + ethernet.TAG, int.from_bytes(data[at + 2 : at + 4]), missing, depth)
        elif kind == ethernet.ARP:
            self._arp(data, at)
        elif kind in (ethernet.IPV4, ethernet.IPV6):
            self._ip(data, at, missing, depth)
        else:
            self._payloads.forget(data, at)

    def _arp(self, data: bytearray, at: int) -> None:
        if len(data) < at + arp.SIZE or struct.unpack_from(">HHBB", data, at) != arp.ETHERNET_AND_IPV4:
            self._payloads.forget(data, at)
            return
        for place in (at + 8, at + 18):
            self._mac(data, place)
            self._payloads.address(data, place + MAC, 4)
        self._payloads.forget(data, at + arp.SIZE)

    def _ip(self, data: bytearray, at: int, missing: int, depth: int) -> None:
        version = data[at] >> 4 if len(data) > at else 0
        if depth > DEEPEST:
            self._payloads.forget(data, at)
        elif version == 4 and len(data) >= at + IPV4_HEADER:  # noqa: PLR2004 - the version
            self._ipv4(data, at, missing, depth)
        elif version == VERSION_6 and len(data) >= at + IPV6_HEADER:
            self._ipv6(data, at, missing, depth)
        else:
            self._payloads.forget(data, at)

    def _ipv4(self, data: bytearray, at: int, missing: int, depth: int) -> None:
        start = at + (data[at] & 0x0F) * 4
        total = int.from_bytes(data[at + 2 : at + 4])
        end = at + total if total else len(data) + missing
        if not at + IPV4_HEADER <= start <= end:
            self._payloads.forget(data, at + 1)
            return
        for place in (at + 12, at + 16):
            self._payloads.address(data, place, 4)
        options = min(start, len(data)) - (at + IPV4_HEADER)
        data[at + IPV4_HEADER : at + IPV4_HEADER + options] = bytes([NO_OPERATION]) * options
        self._payloads.forget(data, end)
        place = int.from_bytes(data[at + 6 : at + 8])
        pseudo = bytes(data[at + 12 : at + 20])
        fragment, later = bool(place & MORE_AND_OFFSET), bool(place & OFFSET)
        self._transport(data, data[at + 9], Carried(start, end, pseudo, depth), fragment=fragment, later=later)
        if len(data) >= start:
            self._payloads.sum_up(data, at, start, 10)

    def _ipv6(self, data: bytearray, at: int, missing: int, depth: int) -> None:
        payload = int.from_bytes(data[at + 4 : at + 6])
        end = at + IPV6_HEADER + payload if payload else len(data) + missing
        for place in (at + 8, at + 24):
            self._payloads.address(data, place, 16)
        self._payloads.forget(data, end)
        pseudo = bytes(data[at + 8 : at + 40])
        kind, start, place = data[at + 6], at + IPV6_HEADER, 0
        for _ in range(MOST_EXTENSIONS):
            if kind not in (HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION) or len(data) < start + 8:
                break
            size = 8 if kind == FRAGMENT else (data[start + 1] + 1) * 8
            if kind == FRAGMENT:
                place = int.from_bytes(data[start + 2 : start + 4]) & (OFFSET_6 | 1)
            elif kind != HOP_BY_HOP:
                self._without_options(data, start, size, routing=kind == ROUTING)
            kind, start = data[start], start + size
        carried = Carried(start, end, pseudo, depth)
        self._transport(data, kind, carried, fragment=bool(place), later=bool(place & OFFSET_6))

    def _without_options(self, data: bytearray, at: int, size: int, *, routing: bool) -> None:
        """Empty an extension header: of a route the addresses, of options all, as padding."""
        if routing:
            self._payloads.forget(data, at + 4, at + size)
        else:
            self._payloads.forget(data, at + 2, at + size)
            data[at + 2 : at + 4] = bytes((PADN, size - 4))[: max(len(data) - at - 2, 0)]

    def _transport(self, data: bytearray, kind: int, carried: Carried, *, fragment: bool, later: bool) -> None:
        """Scrub what IP carries; of fragments nothing but the first one's header stays."""
        if later or len(data) <= carried.at:
            self._payloads.forget(data, carried.at)
        elif kind == ip.UDP:
            self._payloads.udp(data, carried, whole=not fragment)
        elif kind == ip.TCP:
            self._payloads.tcp(data, carried)
        elif kind == (ip.ICMP if carried.version == 4 else ip.ICMPV6):  # noqa: PLR2004 - the version
            self._payloads.icmp(data, carried, self._quoted)
        elif kind == ip.VRRP:
            self._payloads.vrrp(data, carried)
        else:
            self._payloads.forget(data, carried.at)

    def _quoted(self, data: bytearray, at: int) -> None:
        """Scrub the packet that an ICMP message is about: its addresses and ports stay, as far as they are there."""
        version = data[at] >> 4 if len(data) > at else 0
        if version == 4 and len(data) >= at + IPV4_HEADER:  # noqa: PLR2004 - the version
            start = at + (data[at] & 0x0F) * 4
            for place in (at + 12, at + 16):
                self._payloads.address(data, place, 4)
            data[at + 10 : at + 12] = bytes(2)
            self._payloads.forget(data, min(at + IPV4_HEADER, start), start)
            self._payloads.forget(data, start + (8 if data[at + 9] in (ip.TCP, ip.UDP, ip.ICMP) else 0))
            if len(data) >= start:
                self._payloads.sum_up(data, at, start, 10)
        elif version == VERSION_6 and len(data) >= at + IPV6_HEADER:
            for place in (at + 8, at + 24):
                self._payloads.address(data, place, 16)
            known = data[at + 6] in (ip.TCP, ip.UDP, ip.ICMPV6)
            self._payloads.forget(data, at + IPV6_HEADER + (8 if known else 0))
        else:
            self._payloads.forget(data, at)
