"""The cards of a namespace: its interfaces, made over netlink, and what plugs them into a switch."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from socket import if_nametoindex
from typing import TYPE_CHECKING, Any

from harness.network.tap import QUEUE_LENGTH, open_offloading, unmake

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from ipaddress import IPv4Interface

    from harness.network.ports import PortMode
    from harness.sandbox.netns import NetworkNamespace

UNTAGGED = 0
SWITCH = "switch"
"""The switch of those who name none."""
NO_IPV6 = Path("/proc/sys/net/ipv6/conf/default/disable_ipv6")


@dataclass(frozen=True)
class Plug:
    """A card to be plugged in: the link's name, its port's mode, and its descriptors, which the network closes.

    Descriptors are by the tag that the switch puts on their frames, 0 for none: a card whose kernel has no 802.1Q has
    a TAP device for each VLAN.
    """

    name: str
    mode: PortMode
    descriptors: dict[int, int]
    switch: str = SWITCH

    def close(self) -> None:
        """Close the descriptors."""
        for descriptor in self.descriptors.values():
            os.close(descriptor)


@dataclass(frozen=True)
class Card:
    """A network card: its name, MAC, its port's mode, its addresses by VLAN, and the switch that it is plugged into.

    A card on a trunk is one interface for each tagged VLAN (``eth1.200``), and one under its own name for the native
    one. An access card's addresses stand under its VLAN. A `lasting` card's interfaces stay after it was unplugged,
    until their namespace goes: that is quicker where it goes anyway.
    """

    name: str
    mac: str
    mode: PortMode
    addresses: Mapping[int, Sequence[IPv4Interface]] = field(default_factory=dict)
    switch: str = SWITCH
    lasting: bool = True

    def interfaces(self) -> dict[int, str]:
        """Return the names of the card's interfaces, by the tag that their frames carry on the cable, 0 for none."""
        names = {vlan: f"{self.name}.{vlan}" for vlan in sorted(self.mode.tagged)}
        return names if self.mode.native is None else {UNTAGGED: self.name, **names}

    def addresses_of(self, tag: int) -> Sequence[IPv4Interface]:
        """Return the addresses of the interface with that tag."""
        vlan = self.mode.native if tag == UNTAGGED else tag
        return self.addresses.get(vlan, ()) if vlan is not None else ()


def make_cards(namespace: NetworkNamespace, cards: Mapping[str, Card]) -> list[Plug]:
    """Make the interfaces of cards, by the names of their links, in a namespace; they are up.

    Returns what is to be plugged in. Raises `HostError` where TAP devices can't be made, and leaves none, then.
    """

    def make() -> list[Plug]:
        from pyroute2 import IPRoute  # noqa: PLC0415 - netlink is loaded when the first card is made

        with contextlib.suppress(OSError):  # a thousand machines that look for IPv6 neighbours are a storm
            NO_IPV6.write_text("1")
        with contextlib.ExitStack() as undo, IPRoute() as netlink:
            made = []
            for link, card in cards.items():
                plug = Plug(link, card.mode, {}, card.switch)
                undo.callback(_withdraw, plug)
                for tag, interface in card.interfaces().items():
                    plug.descriptors[tag] = open_offloading(interface, persistent=card.lasting)
                    _configure(netlink, interface, card.mac, card.addresses_of(tag))
                made.append(plug)
            undo.pop_all()
            return made

    return namespace.run(make)


def _withdraw(plug: Plug) -> None:
    """Have the interfaces of a card go, also those that would last as long as their namespace."""
    for descriptor in plug.descriptors.values():
        unmake(descriptor)
    plug.close()


def _configure(netlink: Any, name: str, mac: str, addresses: Sequence[IPv4Interface]) -> None:  # noqa: ANN401 - no types
    index = if_nametoindex(name)
    netlink.link("set", index=index, address=mac, txqlen=QUEUE_LENGTH, state="up")
    for address in addresses:
        netlink.addr("add", index=index, address=str(address.ip), prefixlen=address.network.prefixlen)
