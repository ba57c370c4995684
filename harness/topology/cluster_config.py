"""The generated `cluster-config.json`: what a machine's first boot needs to know of its cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from harness.topology.holdings import vlans_of
from harness.topology.ports import CHAINFIRE_CLIENT, CHAINFIRE_RAFT, FLAREDB_RAFT

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from harness.topology.model import StackSpec, Topology


class ClusterConfig(TypedDict):
    """The file's content, with the documents' keys (deployment flow, phase 4; T036 guide, cluster configuration)."""

    node_id: str
    bootstrap: bool
    leader_url: str
    raft_addr: str
    initial_peers: list[str]
    flaredb_peers: list[str]


def cluster_config(topology: Topology, machine_name: str) -> ClusterConfig:
    """Return a machine's cluster configuration; a machine outside `stack.bootstrap` is told to join.

    Raises `LookupError` where the topology has no stack, no machine of that name, or none in the stack's VLAN.
    """
    stack = _stack(topology)
    return {
        "node_id": machine_name,
        "bootstrap": machine_name in stack.bootstrap,
        "leader_url": f"https://{stack.bootstrap[0]}.{stack.domain}:{CHAINFIRE_CLIENT}",
        "raft_addr": f"{stack_address(topology, machine_name)}:{CHAINFIRE_RAFT}",
        "initial_peers": [f"{name}:{CHAINFIRE_RAFT}" for name in stack.bootstrap],
        "flaredb_peers": [f"{name}:{FLAREDB_RAFT}" for name in stack.bootstrap],
    }


def members(topology: Topology) -> tuple[str, ...]:
    """Return the names of the voters in the stack's VLANs. Raises `LookupError` where there is no stack."""
    vlans = _stack(topology).vlans
    return tuple(one.name for one in topology.machines if one.voter and not vlans_of(one).isdisjoint(vlans))


def stack_address(topology: Topology, machine_name: str) -> IPv4Address:
    """Return a machine's address in the stack's VLANs: its first card's there. Raises `LookupError` as above."""
    vlans = _stack(topology).vlans
    if machine_name not in {machine.name for machine in topology.machines}:
        raise LookupError(f"no machine is called {machine_name!r}")
    for nic in topology.machine(machine_name).nics:
        for vlan, address in nic.addresses.items():
            if vlan in vlans and address is not None:
                return address
    raise LookupError(f"{machine_name} has no network card in VLAN {' or '.join(vlans)} of the stack")


def _stack(topology: Topology) -> StackSpec:
    if topology.stack is None:
        raise LookupError(f"topology {topology.name} has no stack")
    return topology.stack
