"""Addresses that move from machine to machine, as those of VRRP do: they tell nobody. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.capture.events import ArpEvent, ArpProbe
from harness.incident.inventory.told_names import is_somebody

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.capture.events import Event
    from harness.incident.inventory.wires import Wires


def floating(wires: Wires, events: Iterable[Event]) -> frozenset[str]:
    """Return the addresses that several cards had, of which two at least have an address of their own besides.

    Of two cards with one address each, that is a conflict, or a card that was replaced; and a router that answers ARP
    for somebody has that one's address, but not the other way round.
    """
    claimed: defaultdict[str, set[str]] = defaultdict(set)
    routers = wires.routers()
    for mac, addresses in wires.sources.items():
        if mac not in routers:
            for address in addresses:
                claimed[address].add(mac)
    for event in events:
        if isinstance(event, ArpEvent) and event.sender_mac and not isinstance(event, ArpProbe):
            claimed[str(event.sender)].add(event.sender_mac)
    several = {address for address, macs in claimed.items() if len(macs) > 1 and is_somebody(address)}
    own = {mac for address, macs in claimed.items() if address not in several and is_somebody(address) for mac in macs}
    return frozenset(address for address in several if len(claimed[address] & own) > 1)
