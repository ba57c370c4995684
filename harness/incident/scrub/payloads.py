"""What IP carries, scrubbed in place: headers stay, checksums are made anew, of payloads only what is needed stays."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from harness.capture.protocols import dhcp, ip, tftp, vxlan
from harness.incident.scrub import dhcp_messages, dns_messages, http_heads, neighbours, tftp_packets
from harness.network.checksum import finished, fold, ones_sum

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.incident.scrub.key import Key
    from harness.incident.scrub.text import Text

UDP_HEADER, TCP_HEADER = 8, 20
DNS_PORTS = frozenset({53, 5353, 5355})
DHCP_PORTS = frozenset({dhcp.SERVER_PORT, dhcp.CLIENT_PORT, dhcp.BOOT_SERVER_PORT})
BFD_PORTS = frozenset({3784, 3785, 4784})
VXLAN_HEADER, BFD = 8, 24
OLDER_VRRP = 2
"""The version of VRRP whose checksum has no addresses in it."""

PLAIN_OPTIONS = frozenset({2, 3, 4, 5, 8})
"""TCP options that stay: the largest segment, the window's scale, selective acknowledgements, time stamps."""

MARK, MARK_AT = 8, 8
MOST_TRANSFERS = 1 << 16
IPV4_ADDRESS = 4


class Carried(NamedTuple):
    """What an IP packet carries: from where to where in its frame, the sum's addresses, and within how many tunnels.

    `end` may lie beyond what was captured.
    """

    at: int
    end: int
    addresses: bytes
    depth: int = 0

    @property
    def version(self) -> int:
        """The version of IP."""
        return 4 if len(self.addresses) == 2 * IPV4_ADDRESS else 6


class Payloads:
    """Knows what is carried. `reach` is how many octets of a payload every capture of the incident has kept."""

    def __init__(self, key: Key, text: Text, reach: int) -> None:
        self.text = text
        self.zeroed = 0
        """Octets that were zeroed."""
        self.tunnelled: Callable[[bytearray, int, int, int], None] = lambda data, at, _, __: self.forget(data, at)
        self._key = key
        self._reach = reach
        self._transfers: dict[tuple[bytes, int], None] = {}

    def forget(self, data: bytearray, at: int, end: int | None = None) -> None:
        """Zero everything from a place on, up to `end`."""
        last = len(data) if end is None else min(end, len(data))
        if at < last:
            data[at:last] = bytes(last - at)
            self.zeroed += last - at

    def address(self, data: bytearray, at: int, size: int) -> None:
        """Replace an IP address of so many octets; one that is cut is zeroed."""
        if len(data) < at + size:
            self.forget(data, at)
            return
        octets = bytes(data[at : at + size])
        addresses = self.text.addresses
        data[at : at + size] = addresses.v4(octets) if size == IPV4_ADDRESS else addresses.v6(octets)

    @staticmethod
    def sum_up(data: bytearray, at: int, end: int, field: int, pseudo: bytes = b"") -> None:
        """Put an Internet checksum `field` octets behind `at`: of what lies from there to `end`, and of `pseudo`.

        What was not captured counts as zeros.
        """
        place = at + field
        if len(data) < place + 2:
            return
        data[place : place + 2] = bytes(2)
        total = fold(ones_sum(pseudo) + ones_sum(bytes(data[at : min(end, len(data))])))
        data[place : place + 2] = finished(total, field)

    def udp(self, data: bytearray, carried: Carried, *, whole: bool) -> None:
        """Scrub a UDP datagram, or the first fragment of one."""
        at, start = carried.at, carried.at + UDP_HEADER
        if len(data) < start:
            self.forget(data, at + 4)
            return
        summed = any(data[at + 6 : at + 8])
        payload = bytes(data[start : min(carried.end, len(data))])
        if not (whole and self._understood(data, carried, payload)):
            self.forget(data, start)
            if whole:
                self._mark(data, start, payload, max(carried.end - start, 0))
        if summed:
            size = int.from_bytes(data[at + 4 : at + 6])
            pseudo = carried.addresses + struct.pack(">HH", ip.UDP, size)
            self.sum_up(data, at, min(at + size, carried.end), 6, pseudo)

    def _understood(self, data: bytearray, carried: Carried, payload: bytes) -> bool:
        """Scrub the payload of a datagram that is understood; returns whether it is."""
        ports = set(struct.unpack_from(">HH", data, carried.at))
        start = carried.at + UDP_HEADER
        if ports & vxlan.PORTS and len(payload) > VXLAN_HEADER:
            missing = max(carried.end - len(data), 0)
            self.tunnelled(data, start + VXLAN_HEADER, missing, carried.depth + 1)
            return True
        replaced = None
        if ports & DHCP_PORTS:
            replaced = dhcp_messages.scrubbed(payload, self.text)
        elif ports & DNS_PORTS:
            replaced = dns_messages.scrubbed(payload, self.text)
        elif self._is_tftp(data, carried):
            replaced = tftp_packets.scrubbed(payload, self.text)
        elif ports & BFD_PORTS:
            replaced = payload[:BFD] + bytes(len(payload[BFD:]))
        if replaced is not None:
            data[start : start + len(replaced)] = replaced
        return replaced is not None

    def _is_tftp(self, data: bytearray, carried: Carried) -> bool:
        """Whether a datagram is of a TFTP transfer, by the client's address and port; a request makes one known."""
        half = len(carried.addresses) // 2
        sender, receiver = struct.unpack_from(">HH", data, carried.at)
        client = (carried.addresses[:half], sender)
        if receiver == tftp.SERVER_PORT:
            self._transfers[client] = None
            if len(self._transfers) > MOST_TRANSFERS:
                self._transfers.pop(next(iter(self._transfers)))
            return True
        return client in self._transfers or (carried.addresses[half:], receiver) in self._transfers

    def _mark(self, data: bytearray, start: int, payload: bytes, length: int) -> None:
        """Leave a mark of what was there, so that one datagram is still known as one wherever it was captured."""
        kept = min(self._reach, len(payload))
        place = start + min(MARK_AT, max(kept - MARK, 0))
        size = min(MARK, max(start + kept - place, 0))
        said = length.to_bytes(4) + payload[:kept]
        data[place : place + size] = self._key.noise("mark", said, MARK)[:size]

    def tcp(self, data: bytearray, carried: Carried) -> None:
        """Scrub a TCP segment: of what is said only heads of HTTP stay."""
        at, end = carried.at, carried.end
        if len(data) < at + TCP_HEADER:
            self.forget(data, at + 14)
            return
        start = max(at + (data[at + 12] >> 4) * 4, at + TCP_HEADER)
        self._options(data, at + TCP_HEADER, min(start, len(data)))
        payload = bytes(data[start : min(end, len(data))])
        head = http_heads.scrubbed(payload, self.text) if payload else b""
        data[start : start + len(head)] = head
        self.forget(data, start + len(head))
        pseudo = carried.addresses + struct.pack(">HI", ip.TCP, max(end - at, 0))
        self.sum_up(data, at, end, 16, pseudo)

    def _options(self, data: bytearray, at: int, end: int) -> None:
        """Keep the plain ones of TCP's options, and put what does nothing in the place of others."""
        while at < end and data[at]:
            size = 1 if data[at] == 1 else data[at + 1] if at + 1 < end else 0
            if not size or at + size > end or (size > 1 and data[at] not in PLAIN_OPTIONS):
                size = size if 1 < size <= end - at else end - at
                data[at : at + size] = b"\1" * size
            at += size
        self.forget(data, at, end)

    def icmp(self, data: bytearray, carried: Carried, quoted: Callable[[bytearray, int], None]) -> None:
        """Scrub an ICMP message of either version; `quoted` scrubs the packet that it is about."""
        neighbours.scrub(data, carried.at, carried.end, self, quoted, version=carried.version)
        pseudo = b"" if carried.version == 4 else _pseudo_6(carried, ip.ICMPV6)  # noqa: PLR2004 - the version
        self.sum_up(data, carried.at, carried.end, 2, pseudo)

    def vrrp(self, data: bytearray, carried: Carried) -> None:
        """Scrub a VRRP advertisement (RFC 3768, 9568): its addresses are replaced, a password is left out."""
        at, size = carried.at, len(carried.addresses) // 2
        count = data[at + 3] if len(data) > at + 3 else 0
        last = min(at + 8 + count * size, carried.end)
        for place in range(at + 8, last, size):
            self.address(data, place, size)
        self.forget(data, last)
        pseudo = _pseudo_6(carried, ip.VRRP)
        if carried.version == 4:  # noqa: PLR2004 - the version
            pseudo = carried.addresses + struct.pack(">HH", ip.VRRP, carried.end - at)
        self.sum_up(data, at, carried.end, 6, b"" if data[at] >> 4 == OLDER_VRRP else pseudo)


def _pseudo_6(carried: Carried, protocol: int) -> bytes:
    """Return what is summed up before a message over IPv6 (RFC 8200, section 8.1)."""
    return carried.addresses + struct.pack(">II", max(carried.end - carried.at, 0), protocol)
