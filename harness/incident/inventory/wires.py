"""What captures show of the network itself: who sends from where, who serves, who stands behind a router. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from harness.capture.protocols.tcp import ACK, SYN
from harness.incident.inventory.told_names import is_somebody

if TYPE_CHECKING:
    from harness.incident.files.columns import PacketColumns

EVERYONE = "ff:ff:ff:ff:ff:ff"
GROUP_BIT = 0x01
FIRST_EPHEMERAL = 32768
"""Linux takes the ports of clients from there on (ip_local_port_range)."""
FEWEST = 3
"""Datagrams, or segments, from a port before it counts as a service's, where no connection was seen to be opened."""


class Place(NamedTuple):
    """Where somebody is heard: on a link of a capture, with these tags."""

    capture: str
    link: str
    vlans: tuple[int, ...]


class Wires:
    """What packets show of hosts.

    `sources` has for each MAC address how often it sent for each IP address, and `places` where an IP address is heard,
    but for what routers pass on. `serves` has the ports that somebody answers at; `pairs` has for each link who sent to
    whom, by MAC address, or by IP address where the capture has none, and `said` for each capture, by IP address.
    `broadcasts` are the addresses of everybody.
    """

    def __init__(self, packets: PacketColumns) -> None:
        self.sources: dict[str, Counter[str]] = defaultdict(Counter)
        self.places: dict[str, Counter[Place]] = defaultdict(Counter)
        self.serves: dict[str, set[int]] = defaultdict(set)
        self.pairs: dict[tuple[str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
        self.said: set[tuple[str, str, str]] = set()
        self.broadcasts: set[str] = set()
        self._networks: dict[tuple[str, tuple[int, ...]], set[str]] = defaultdict(set)
        flows = list(packets.flows())
        for flow, count in flows:
            capture, link, src_mac, dst_mac, vlans, src, dst, _ = flow
            if is_group(dst_mac):
                if dst_mac == EVERYONE and src != src_mac:
                    self.broadcasts.add(dst)
            else:
                self.pairs[capture, link][src_mac or src, dst_mac or dst] += count
                if is_somebody(src) and is_somebody(dst):
                    self.said.add((capture, src, dst))
            if src_mac:
                self.sources[src_mac][src] += count
                if "." in src and is_somebody(src):
                    self._networks[src_mac, vlans].add(src.rpartition(".")[0])
        routers = self.routers()
        for flow, count in flows:
            capture, link, src_mac, _, vlans, src, *_ = flow
            if src_mac not in routers:
                self.places[src][Place(capture, link, vlans)] += count
        self._services(packets)

    def _services(self, packets: PacketColumns) -> None:
        sent: Counter[tuple[str, int]] = Counter()
        for src, src_port, dst_port, flags, carries in packets.ends():
            if carries == "tcp" and flags & SYN:
                if flags & ACK:
                    self.serves[src].add(src_port)
            elif src_port < FIRST_EPHEMERAL and (src_port < dst_port or src_port == dst_port):
                sent[src, src_port] += 1
        for (src, port), count in sent.items():
            if count >= FEWEST:
                self.serves[src].add(port)

    def routers(self) -> frozenset[str]:
        """Return the MAC addresses that send for others: for several networks with one tag, or for who has his own."""
        own = {mac: [ip for ip in of if is_somebody(ip)] for mac, of in self.sources.items()}
        alone = {ips[0] for ips in own.values() if len(ips) == 1}
        several = {mac for (mac, _), networks in self._networks.items() if len(networks) > 1}
        return frozenset(several | {mac for mac, ips in own.items() if len(ips) > 1 and alone.intersection(ips)})

    def owners(self) -> dict[str, str]:
        """Return whose card an IP address is at, by the MAC address, where that is no router's."""
        routers = self.routers()
        senders: dict[str, Counter[str]] = defaultdict(Counter)
        for mac, of in self.sources.items():
            if mac not in routers:
                for ip, count in of.items():
                    if is_somebody(ip):
                        senders[ip][mac] += count
        return {ip: macs.most_common(1)[0][0] for ip, macs in senders.items()}


def is_group(mac: str) -> bool:
    """Whether a MAC address is that of several, or of everyone."""
    return bool(mac) and bool(int(mac[:2], 16) & GROUP_BIT)
