"""By which gateways a machine reaches other VLANs. Pure.

A machine in several VLANs has one default route: by the gateway of the stack's VLAN, or else of the first VLAN that has
one, card by card. A second default route would be no spare, only a matter of chance. But a request that came in by
another VLAN's gateway, from a client behind the load balancer's, say, is answered through that same gateway: what is
sent from the address in that VLAN is routed by a table of its own. A gateway that keeps connections in mind (NAT, a
firewall) would drop half a conversation.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network

    from harness.topology.model import MachineSpec, Topology, Vlan

FIRST_TABLE = 1000
"""The routing table of the topology's first VLAN; the kernel's own are below 256."""


@dataclass(frozen=True)
class Gateway:
    """The way out of a VLAN for who has an address there; `table` is None for the default route."""

    via: IPv4Address
    subnet: IPv4Network
    address: IPv4Address
    table: int | None


def default_vlan(topology: Topology, machine: MachineSpec) -> str | None:
    """Return the VLAN whose gateway is a machine's default route, or None where no gateway is another machine."""
    vlans = [
        vlan
        for nic in machine.nics
        for vlan, address in nic.addresses.items()
        if address is not None and has_gateway(topology.vlan(vlan), address)
    ]
    of_stack = [vlan for vlan in vlans if topology.stack is not None and vlan in topology.stack.vlans]
    return next(iter(of_stack + vlans), None)


def has_gateway(vlan: Vlan, address: IPv4Address) -> bool:
    """Say whether who has that address in a VLAN finds a gateway there, and is not the gateway itself."""
    return vlan.gateway is not None and vlan.gateway != address


def gateways(topology: Topology, machine: MachineSpec) -> tuple[Gateway, ...]:
    """Return every gateway that a machine knows, the default route's among them.

    A second address in one VLAN has a table of its own, too: what is sent from it leaves by its own card.
    """
    default = default_vlan(topology, machine)
    before: Counter[str] = Counter()
    found = []
    for nic in machine.nics:
        for name, address in nic.addresses.items():
            vlan = topology.vlan(name)
            if address is not None and vlan.gateway is not None and has_gateway(vlan, address):
                is_default = name == default and not before[name]
                table = FIRST_TABLE + topology.vlans.index(vlan) + before[name] * len(topology.vlans)
                before[name] += 1
                found.append(Gateway(vlan.gateway, vlan.subnet, address, None if is_default else table))
    return tuple(found)
