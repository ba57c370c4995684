"""Where a topology that was given and the evidence contradict each other. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.incident.inventory.identities import label
from harness.incident.inventory.told_names import is_somebody

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from harness.incident.files.columns import PacketColumns
    from harness.incident.inventory.wires import Wires
    from harness.topology.model import Topology

SHOWN = 5
"""Of machines alike, that are named one by one."""


def is_foreign(topology: Topology, packets: PacketColumns, names: Collection[str]) -> bool:
    """Whether a topology is another incident's: the evidence tells of machines, and of none of these.

    `names` are those of hosts that wrote journals.
    """
    told = {one for one in packets.addresses() if is_somebody(one)} | {label(one) for one in names} - {""}
    own = {*_addresses(topology), *(machine.name for machine in topology.machines)}
    return bool(told) and own.isdisjoint(told | {flow[2] for flow, _ in packets.flows()})


def contradictions(
    topology: Topology, wires: Wires, machine_of: Mapping[str, str], names: Collection[str]
) -> list[str]:
    """Return what of a topology the evidence does not have, and what of the evidence the topology does not."""
    return [*_unseen(topology, wires, machine_of, names), *_unknown(topology, wires), *_other_cards(topology, wires)]


def _unseen(topology: Topology, wires: Wires, machine_of: Mapping[str, str], names: Collection[str]) -> Iterator[str]:
    seen = {machine_of.get(one) for one in (*wires.places, *wires.sources, *names)}
    missing = [one.name for one in topology.machines if one.name not in seen]
    if missing:
        yield f"no frame and no journal tells of {_listed(missing)}, of the topology's machines"


def _unknown(topology: Topology, wires: Wires) -> Iterator[str]:
    shared = {str(one.gateway) for one in topology.vlans} | {str(one.address) for one in topology.vips}
    known = _addresses(topology) | shared
    strange = [one for one in sorted(wires.serves) if is_somebody(one) and one not in known and ":" not in one]
    if strange:
        yield f"there is somebody at {_listed(strange)} who serves others, and no such machine in the topology"


def _other_cards(topology: Topology, wires: Wires) -> Iterator[str]:
    owners = wires.owners()
    for machine in topology.machines:
        for nic in machine.nics:
            for address in nic.addresses.values():
                mac = owners.get(str(address))
                if mac is not None and mac != nic.mac:
                    yield f"{machine.name} has {address} at {mac}, and at {nic.mac} in the topology"


def _addresses(topology: Topology) -> set[str]:
    cards = [nic for machine in topology.machines for nic in machine.nics]
    found = {str(address) for nic in cards for address in nic.addresses.values() if address is not None}
    boot = topology.boot_server
    return found | {nic.mac for nic in cards} | ({str(boot.address)} if boot is not None else set())


def _listed(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
