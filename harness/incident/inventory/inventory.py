"""The machines of an incident, given or inferred, and who is who among them."""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from harness.capture.events import DhcpAck, DhcpEvent, DhcpOffer
from harness.incident.inventory.captured_links import sees
from harness.incident.inventory.contradictions import contradictions
from harness.incident.inventory.hosts import hosts, machine_of
from harness.incident.inventory.inferred_machines import Surroundings
from harness.incident.inventory.inferred_topology import infer
from harness.incident.inventory.stack_members import cluster
from harness.incident.inventory.strangers import strangers
from harness.incident.inventory.subnets import segments
from harness.incident.inventory.wires import Wires
from harness.topology.check import check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.capture.events import Event
    from harness.incident.entry import Entry
    from harness.incident.files.columns import PacketColumns
    from harness.incident.files.configuration import Config
    from harness.incident.files.folder import Incident
    from harness.topology.model import Topology


class People(NamedTuple):
    """A topology, the machine of each address and name, and whose frames pass each captured link."""

    topology: Topology
    machine_of: Mapping[str, str]
    sees: Mapping[tuple[str, str], frozenset[str]]
    notes: Sequence[str]


def people_of(
    incident: Incident,
    packets: PacketColumns,
    events: Sequence[Event],
    entries: Sequence[Entry],
    *,
    fallbacks: Mapping[str, str] = MappingProxyType({}),
    dialled: Sequence[str] = (),
) -> People | None:
    """Return who is who: by the incident's topology where it has one; None where nothing tells of a machine.

    `fallbacks` are names of addresses, for those that nothing else names; at those that were `dialled` are members of
    Raft.
    """
    wires = Wires(packets)
    configs: Sequence[Config] = incident.configs
    found, notes = hosts(incident.topology, configs, entries, events, wires, fallbacks=fallbacks)
    if incident.topology is None and (others := strangers(found, configs, entries, packets.addresses())):
        configs = [one for one in configs if one not in others]
        found, notes = hosts(None, configs, entries, events, wires, fallbacks=fallbacks)
        notes += [f"{one.file} is left out: no frame, no journal and no peer tells of its machine" for one in others]
    every = machine_of(found)
    topology = incident.topology
    if topology is None:
        members = cluster(configs, entries, events, every, dialled)
        around = Surroundings(
            segments=segments((one for host in found for one in host.addresses), events, wires),
            wires=wires,
            members=frozenset(members.addresses) if members is not None else frozenset(),
            dhcp_servers=_dhcp_servers(events),
            dhcp_clients=frozenset(event.client for event in events if isinstance(event, DhcpEvent)),
            relays=sorted({str(event.relay) for event in events if isinstance(event, DhcpEvent) and event.relay}),
        )
        topology = infer(incident.folder.resolve().name, found, around, members)
        if topology is None:
            return None
        notes += [f"the inferred topology can't be built as it is: {finding.message}" for finding in check(topology)]
        inside = {machine.name for machine in topology.machines}
        outside = sorted(host.name for host in found if host.name not in inside and host.addresses)
        notes.append("no topology was given: it is inferred from addresses, tags, names and who serves whom")
        notes += [f"{name} only asks, routes or serves DHCP, and is taken for no machine of it" for name in outside]
    else:
        notes += contradictions(topology, wires, every, {entry.host for entry in entries})
    names = {one.name for one in topology.machines}
    if topology.boot_server is not None:
        every[str(topology.boot_server.address)] = topology.boot_server.name
        names.add(topology.boot_server.name)
    known = {mark: name for mark, name in every.items() if name in names}
    return People(topology, known, sees(wires, known), notes)


def _dhcp_servers(events: Sequence[Event]) -> tuple[str, ...]:
    """Return the addresses of who answers DHCP, first who granted the most."""
    granted = Counter(event.src for event in events if isinstance(event, DhcpAck))
    offered = {event.src: None for event in events if isinstance(event, DhcpOffer)}
    return tuple(dict.fromkeys([address for address, _ in granted.most_common()]) | offered)
