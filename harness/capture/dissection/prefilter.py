"""Which frames may matter to a question, told from a few of their bytes.

A capture of a million frames has a few thousand that a question is about; the others should cost next to nothing, so
they are passed over before anything is made of them. What a look can't tell is let through: the decoders decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture import notes
from harness.capture.protocols import bfd, dhcp, ethernet, ip
from harness.capture.protocols.tcp import FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Sized

    from harness.capture.frames import Wanted

TAGS = frozenset({ethernet.VLAN, ethernet.SERVICE_VLAN})
SHORTEST_IPV4 = 24
SHORTEST_IPV6 = 44
"""Bytes of a packet that reach over its ports, without options."""
SHORTEST_TOLD = ethernet.HEADER + SHORTEST_IPV4
IPV6_HEADER = 40
IPV4_VERSION = 4
TOLD_BEHIND_IPV6 = frozenset({ip.TCP, ip.UDP, ip.ICMPV6})
"""What IPv6's own header is followed by where no other header of its comes in between."""
FRAGMENT_BITS = 0x3F
"""Of the byte that starts with IPv4's flags: that more fragments follow, and the high bits of this one's place."""

CONTROL = SYN | FIN | RST


@dataclass(frozen=True)
class Need:
    """What a protocol's decoders want to see of IP: from and to some UDP ports, or all of UDP; TCP or none of it.

    `ethertypes` are those of the frames other than IP that they want, `others` the same of IP protocols other than
    TCP and UDP; None stands for all. Fragments, which have no ports, are always wanted.
    """

    ethertypes: frozenset[int] | None = frozenset()
    others: frozenset[int] | None = frozenset()
    udp: frozenset[int] | None = frozenset()
    tcp: bool = False

    def __or__(self, other: Need) -> Need:
        """Return what both want together."""
        return Need(
            _both(self.ethertypes, other.ethertypes),
            _both(self.others, other.others),
            _both(self.udp, other.udp),
            self.tcp or other.tcp,
        )


EVERYTHING = Need(None, None, None, tcp=True)


def need_of(protocols: Collection[str] | None, gossip: frozenset[int], tunnels: frozenset[int]) -> Need:
    """Return what some protocols' decoders want together; all that is decoded, for None.

    `gossip` are that protocol's ports, `tunnels` those that carry frames of whatever protocol. A protocol that is not
    known here wants everything.
    """
    if protocols is None:
        return EVERYTHING
    known = {
        "arp": Need(ethertypes=frozenset({ethernet.ARP})),
        "bfd": Need(udp=frozenset(bfd.PORTS)),
        "bgp": Need(tcp=True),
        "dhcp": Need(udp=frozenset({dhcp.SERVER_PORT, dhcp.BOOT_SERVER_PORT})),
        "gossip": Need(udp=gossip, tcp=True),
        "harness": Need(ethertypes=frozenset({notes.ETHERTYPE})),
        "http": Need(tcp=True),
        "icmp": Need(others=frozenset({ip.ICMP, ip.ICMPV6})),
        "raft": Need(tcp=True),
        "tcp": Need(tcp=True),
        "tftp": Need(udp=None),
        "tls": Need(tcp=True),
        "vrrp": Need(others=frozenset({ip.VRRP})),
        "vxlan": Need(),
    }
    total = Need(udp=tunnels)
    for protocol in protocols:
        total |= known.get(protocol, EVERYTHING)
    return total


def wanted(  # noqa: C901 - one function, since calls cost more here than all else
    need: Need, ports: Container[int], starts: Container[bytes] = frozenset(), holes: Sized = ()
) -> Wanted:
    """Return a test of frames that stand in a buffer: where they start and end, behind nothing but Ethernet.

    Of TCP it lets through what carries octets from or to one of `ports`, which may grow meanwhile; segments whose
    payload starts with one of `starts`, 3 octets each; and what opens or ends a connection. Mere acknowledgements
    matter only while there are `holes` in what was captured.
    """
    ethertypes, others, udp, tcp = need.ethertypes, need.others, need.udp, need.tcp

    def may_matter(data: bytes, at: int, end: int) -> bool:  # noqa: PLR0911 - as above
        if end - at < SHORTEST_TOLD:
            return True
        ethertype = data[at + 12] << 8 | data[at + 13]
        packet = at + ethernet.HEADER
        while ethertype in TAGS and packet + ethernet.TAG <= end:
            ethertype = data[packet + 2] << 8 | data[packet + 3]
            packet += ethernet.TAG
        if ethertype == ethernet.IPV4:
            if packet + SHORTEST_IPV4 > end or data[packet + 6] & FRAGMENT_BITS or data[packet + 7]:
                return True
            protocol, start = data[packet + 9], packet + (data[packet] & 0x0F) * 4
        elif ethertype == ethernet.IPV6:
            if packet + SHORTEST_IPV6 > end or data[packet + 6] not in TOLD_BEHIND_IPV6:
                return True
            protocol, start = data[packet + 6], packet + IPV6_HEADER
        else:
            return ethertypes is None or ethertype in ethertypes
        if protocol == ip.TCP:
            return tcp and (start + 20 > end or segment(data, start, packet))
        if protocol != ip.UDP:
            return others is None or protocol in others
        if udp is None or start + 4 > end:
            return True
        return (data[start] << 8 | data[start + 1]) in udp or (data[start + 2] << 8 | data[start + 3]) in udp

    def segment(data: bytes, at: int, packet: int) -> bool:
        if data[at + 13] & CONTROL:
            return True
        payload = at + (data[at + 12] >> 4) * 4
        if (data[at] << 8 | data[at + 1]) in ports or (data[at + 2] << 8 | data[at + 3]) in ports:
            behind = packet + (data[packet + 2] << 8 | data[packet + 3])
            return payload != behind or data[packet] >> 4 != IPV4_VERSION or bool(holes)
        return data[payload : payload + 3] in starts

    return may_matter


def _both(one: frozenset[int] | None, other: frozenset[int] | None) -> frozenset[int] | None:
    return None if one is None or other is None else one | other
