"""The subnets of an incident, with their VLANs' tags and gateways, as far as frames and configurations tell. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from harness.capture.events import ArpEvent, DhcpEvent
from harness.incident.inventory.told_names import is_somebody
from harness.topology.scalars import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.capture.events import Event
    from harness.incident.inventory.wires import Wires

USUAL_PREFIX = 24
"""Of a subnet of which nobody says how large it is."""

LARGEST_PREFIX = 16
"""Of the largest subnet that is believed only because an address would be none in a smaller one."""

LAST_TAG = 4094

SUBNET_MASK, ROUTER = 1, 3
"""DHCP options (RFC 2132)."""


@dataclass(frozen=True)
class Segment:
    """A subnet, its VLAN's identifier where its frames carry a tag, and its gateway where one is known."""

    subnet: IPv4Network
    tag: int | None = None
    gateway: IPv4Address | None = None

    @property
    def name(self) -> str:
        """What the VLAN is called."""
        return f"vlan{self.tag}" if self.tag else f"net-{str(self.subnet.network_address).replace('.', '-')}"

    def free(self, taken: Iterable[IPv4Address]) -> IPv4Address:
        """Return the last address that nobody has. Raises `LookupError` where all are taken."""
        gone = {*taken, self.gateway}
        for number in range(self.subnet.num_addresses - 2, 0, -1):
            if (address := self.subnet[number]) not in gone:
                return address
        raise LookupError(f"no address of {self.subnet} is free")


def segments(addresses: Iterable[str], events: Sequence[Event], wires: Wires) -> list[Segment]:
    """Return the subnets of addresses, in their order. No two overlap; a tag that several have is nobody's."""
    known = sorted({IPv4Address(one) for one in addresses if ":" not in one and is_somebody(one)})
    sizes = _sizes(events, wires)
    found: list[IPv4Network] = []
    for address in known:
        if not any(address in one for one in found):
            found.append(_around(address, sizes))
    found = [one for one in found if not any(one != other and one.subnet_of(other) for other in found)]
    tags = {one: _tag(one, wires) for one in found}
    often = Counter(tags.values())
    gateways = _gateways(events)
    return [
        Segment(
            one,
            tag if (tag := tags[one]) is not None and often[tag] == 1 else None,
            next((address for address in gateways if address in one), None),
        )
        for one in sorted(found)
    ]


def _around(address: IPv4Address, sizes: Sequence[IPv4Network]) -> IPv4Network:
    fitting = [one for one in sizes if address in one]
    if fitting:
        return min(fitting, key=lambda one: one.prefixlen)
    for prefix in range(USUAL_PREFIX, LARGEST_PREFIX, -1):
        network = IPv4Network((address, prefix), strict=False)
        if is_host(address, network):
            return network
    return IPv4Network((address, USUAL_PREFIX), strict=False)


def is_host(address: IPv4Address, subnet: IPv4Network) -> bool:
    """Whether somebody in a subnet can have an address of it."""
    return address in subnet and address not in {subnet.network_address, subnet.broadcast_address}


def _sizes(events: Iterable[Event], wires: Wires) -> list[IPv4Network]:
    """Return the subnets that somebody tells the size of: by DHCP, by broadcasts, by ARP across usual subnets."""
    found: set[IPv4Network] = set()
    asked: set[tuple[IPv4Address, IPv4Address]] = set()
    for event in events:
        if isinstance(event, DhcpEvent) and event.operation == 2 and event.address is not None:  # noqa: PLR2004 - a reply
            mask = event.option(SUBNET_MASK)
            if mask is not None:
                found.add(IPv4Network(f"{event.address}/{mask}", strict=False))
        elif isinstance(event, ArpEvent) and is_somebody(str(event.sender)) and is_somebody(str(event.target)):
            asked.add((event.sender, event.target))
    found |= {_spanning(*pair) for pair in asked}
    for broadcast in wires.broadcasts:
        found |= set(_ending(broadcast))
    return [one for one in found if one.prefixlen in PREFIXES]


def _spanning(one: IPv4Address, other: IPv4Address) -> IPv4Network:
    """Return the smallest usual subnet that has both."""
    prefix = min(USUAL_PREFIX, 32 - (int(one) ^ int(other)).bit_length())
    return IPv4Network((one, prefix), strict=False)


def _ending(broadcast: str) -> Iterator[IPv4Network]:
    """Yield the largest subnet up to a usual one's size that ends with an address to which something was broadcast."""
    if ":" in broadcast or not is_somebody(broadcast):
        return
    last = IPv4Address(broadcast)
    for prefix in (16, USUAL_PREFIX):
        network = IPv4Network((last, prefix), strict=False)
        if network.broadcast_address == last:
            yield network
            return


def _tag(subnet: IPv4Network, wires: Wires) -> int | None:
    """Return the tag that most frames of a subnet carry, None where most carry none."""
    tags: Counter[int | None] = Counter()
    for address, places in wires.places.items():
        if ":" not in address and is_somebody(address) and IPv4Address(address) in subnet:
            for place, count in places.items():
                tags[place.vlans[0] if place.vlans else None] += count
    tagged = Counter({tag: count for tag, count in tags.items() if tag is not None and tag <= LAST_TAG})
    return tagged.most_common(1)[0][0] if tagged else None


def _gateways(events: Iterable[Event]) -> list[IPv4Address]:
    found: dict[IPv4Address, None] = {}
    for event in events:
        if isinstance(event, DhcpEvent) and event.operation == 2:  # noqa: PLR2004 - a reply
            router = event.option(ROUTER)
            first = router[0] if isinstance(router, list | tuple) and router else router
            if first is not None and is_somebody(str(first)):
                found[IPv4Address(str(first))] = None
    return list(found)
