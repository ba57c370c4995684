"""Which of an incident's hosts are machines of its topology, and what cards they have. Pure."""

from __future__ import annotations

from collections import defaultdict
from hashlib import blake2b
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, NamedTuple

from harness.incident.inventory.subnets import is_host
from harness.incident.inventory.told_names import is_somebody
from harness.incident.inventory.wires import is_group
from harness.topology.model import NicSpec, Tagged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from harness.incident.inventory.hosts import Host
    from harness.incident.inventory.subnets import Segment
    from harness.incident.inventory.wires import Wires


class Surroundings(NamedTuple):
    """What machines are looked at beside: the subnets, the frames, the cluster's members, and who serves DHCP."""

    segments: Sequence[Segment]
    wires: Wires
    members: Collection[str]
    dhcp_servers: Collection[str]
    dhcp_clients: Collection[str] = ()
    """By their MAC addresses."""
    relays: Collection[str] = ()
    """The addresses of agents that pass on DHCP, as routers do (RFC 1542)."""

    def segment(self, address: str) -> Segment | None:
        """Return the subnet of an address, None where it is in none."""
        if ":" in address or not is_somebody(address):
            return None
        return next((one for one in self.segments if is_host(IPv4Address(address), one.subnet)), None)


def machines_of(hosts: Sequence[Host], around: Surroundings) -> list[Host]:
    """Return the hosts that belong to the topology.

    These have a name, or serve somebody, or asked for an address. Routers, DHCP servers and who only asks others, as an
    administrator does, stand outside, unless there would be one machine at most without them.
    """
    found = [host for host in hosts if _is_machine(host, around)]
    if len(found) > 1 or around.dhcp_servers or around.dhcp_clients:
        return found
    return [host for host in hosts if host in found or _is_here(host, around)]


def _is_machine(host: Host, around: Surroundings) -> bool:
    if host.name in around.members:
        return True
    if not host.addresses.isdisjoint({*around.dhcp_servers, *around.relays}):
        return False
    if host.named or not host.macs.isdisjoint(around.dhcp_clients):
        return True
    return _is_here(host, around) and any(around.wires.serves.get(one) for one in host.addresses)


def _is_here(host: Host, around: Surroundings) -> bool:
    """Whether a host has an address of its own in one of the subnets."""
    here = any(around.segment(one) is not None for one in host.addresses)
    return here and host.macs.isdisjoint(around.wires.routers())


def cards(host: Host, around: Surroundings) -> tuple[NicSpec, ...]:
    """Return a machine's cards: one for each MAC address that has addresses, one for each other subnet it is in."""
    owners = around.wires.owners()
    macs = {mac for mac in host.macs if not is_group(mac)}
    by_card: dict[str, dict[Segment, str]] = defaultdict(dict)
    for address in sorted(host.addresses, key=_by_number):
        segment = around.segment(address)
        if segment is None:
            continue
        mac = owners.get(address)
        card = mac if mac in macs and not _crowded(by_card[mac], segment) else f"{segment.name} of nobody"
        by_card[card].setdefault(segment, address)
    spare = sorted(macs - by_card.keys() - around.wires.routers())
    found: list[NicSpec] = []
    for card, addresses in by_card.items():
        if addresses:
            mac = card if card in macs else (spare.pop(0) if spare else made_up(host.name, len(found)))
            found.append(_card(len(found), mac, addresses))
    return tuple(found)


def _crowded(addresses: Iterable[Segment], segment: Segment) -> bool:
    """Whether a card can't be in a further subnet, since only one goes without a tag."""
    return segment.tag is None and any(one.tag is None and one != segment for one in addresses)


def _card(number: int, mac: str, addresses: dict[Segment, str]) -> NicSpec:
    plain = [(segment, address) for segment, address in addresses.items() if segment.tag is None]
    return NicSpec(
        name=f"eth{number}",
        mac=mac,
        vlan=plain[0][0].name if plain else None,
        address=IPv4Address(plain[0][1]) if plain else None,
        tagged=tuple(
            Tagged(vlan=segment.name, address=IPv4Address(address))
            for segment, address in addresses.items()
            if segment.tag is not None
        ),
    )


def made_up(*of: object) -> str:
    """Return a MAC address as virtual machines have, always the same for the same machine and card."""
    return "52:54:" + blake2b(repr(of).encode(), digest_size=4).digest().hex(":")


def _by_number(address: str) -> tuple[bool, tuple[int, ...]]:
    return ":" in address, tuple(int(part) for part in address.split(".") if part.isdecimal())
