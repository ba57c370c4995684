"""Which machines of a topology run its stack, and where they are reached. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.topology.cluster_config import members, stack_address

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from harness.topology.model import StackSpec, Topology


def stack_of(topology: Topology) -> StackSpec:
    """Return what the topology says of its stack. Raises `LookupError` where it has none."""
    if topology.stack is None:
        raise LookupError(f"topology {topology.name} has no stack")
    return topology.stack


def stack_machines(topology: Topology) -> dict[str, IPv4Address]:
    """Return the machines that run the stack, in the topology's order, each with its address on the stack's VLAN."""
    return {name: stack_address(topology, name) for name in members(topology)}


def joining_machines(topology: Topology) -> tuple[str, ...]:
    """Return the machines that run the stack and don't form its cluster: they join it when it runs."""
    return tuple(name for name in members(topology) if name not in stack_of(topology).bootstrap)


def reached_machines(topology: Topology) -> dict[str, IPv4Address]:
    """Return every machine with an address on the stack's VLANs: its members, and those that only use it."""
    vlans = stack_of(topology).vlans
    standing = [
        one.name
        for one in topology.machines
        if any(vlan in vlans and address for nic in one.nics for vlan, address in nic.addresses.items())
    ]
    return {name: stack_address(topology, name) for name in standing}
