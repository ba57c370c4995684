"""Who holds which address, and which places of a topology name a VLAN: what the checks of networks look through."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.topology.addressing import ALL, INTERNET

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from harness.topology.location import Location
    from harness.topology.model import MachineSpec, NicSpec, Topology


class Held(NamedTuple):
    """An address, who holds it, and where."""

    location: Location
    address: IPv4Address
    vlan: int | None
    """The position of its VLAN; None where that is unknown or ambiguous."""
    says: Location
    """The place that says which VLAN it is in."""
    holder: str
    """The name of the machine or boot server; ``gateway`` or ``scenario`` for a VLAN's own."""
    role: str | None = None


class Membership(NamedTuple):
    """A VLAN that a card is in, and the places that say so and give its address there."""

    vlan: str
    address: IPv4Address | None
    says: Location
    place: Location


def nics(topology: Topology) -> Iterator[tuple[Location, NicSpec]]:
    """Yield every network card with where it stands below ``machines``."""
    for i, machine in enumerate(topology.machines):
        for j, nic in enumerate(machine.nics):
            yield (i, "nics", j), nic


def memberships(nic: NicSpec, at: Location) -> Iterator[Membership]:
    """Yield the VLANs of a card that stands at a location."""
    if nic.untagged is not None:
        yield Membership(nic.untagged, nic.untagged_address, (*at, "vlan"), (*at, "address"))
    for k, one in enumerate(nic.tagged):
        yield Membership(one.vlan, one.address, (*at, "tagged", k, "vlan"), (*at, "tagged", k, "address"))


def vlans_of(machine: MachineSpec) -> set[str]:
    """Return the names of all VLANs that a machine's cards are in, tagged or not."""
    return {vlan for nic in machine.nics for vlan in nic.addresses}


def cards_of(topology: Topology, i: int) -> tuple[Location, ...]:
    """Return the places that say which VLANs the cards of a machine are in; those left out count, too."""
    places: list[Location] = []
    for j, nic in enumerate(topology.machines[i].nics):
        at: Location = ("machines", i, "nics", j)
        places += [(*at, "vlan"), (*at, "tagged"), *((*at, "tagged", k, "vlan") for k in range(len(nic.tagged)))]
    return tuple(places)


def places_of_names(topology: Topology, part: str) -> tuple[Location, ...]:
    """Return the places that say which there are of a part with names, such as ``vlans`` or ``machines``."""
    return ((part,), *((part, i, "name") for i in range(len(getattr(topology, part)))))


def vlan_positions(topology: Topology) -> dict[str, int]:
    """Return the position of each VLAN whose name no other has."""
    names = [vlan.name for vlan in topology.vlans]
    return {name: i for i, name in enumerate(names) if names.count(name) == 1}


def vlan_references(topology: Topology) -> Iterator[tuple[Location, str]]:
    """Yield every place that names a VLAN, and the name."""
    if topology.boot_server is not None:
        yield ("boot_server", "vlan"), topology.boot_server.vlan
    for at, nic in nics(topology):
        yield from ((one.says, one.vlan) for one in memberships(nic, ("machines", *at)))
    for i, machine in enumerate(topology.machines):
        if machine.bmc is not None:
            yield ("machines", i, "bmc", "vlan"), machine.bmc.vlan
    for i, switch in enumerate(topology.switches):
        yield from ((("switches", i, "routes", k), name) for k, name in enumerate(switch.routes))
    yield from _flow_ends(topology)
    for i, overlay in enumerate(topology.overlays):
        if overlay.over is not None:
            yield ("overlays", i, "over"), overlay.over
    if topology.stack is not None:
        yield ("stack", "vlan"), topology.stack.vlan
        yield from ((("stack", "other_vlans", k), name) for k, name in enumerate(topology.stack.other_vlans))


def _flow_ends(topology: Topology) -> Iterator[tuple[Location, str]]:
    for i, flow in enumerate(topology.flows):
        ends = [(("flows", i, "from"), flow.source), *((("flows", i, "to", k), name) for k, name in enumerate(flow.to))]
        yield from ((location, name) for location, name in ends if name not in {INTERNET, ALL})


def held(topology: Topology) -> Iterator[Held]:
    """Yield every address that something holds: gateways, scenario, boot server, cards and BMCs."""
    known = vlan_positions(topology)
    for i, vlan in enumerate(topology.vlans):
        own = (("gateway", "gateway", vlan.gateway), ("scenario", "scenario_address", vlan.scenario_address))
        for holder, key, address in own:
            if address is not None:
                yield Held(("vlans", i, key), address, i, ("vlans", i), holder)
    if (server := topology.boot_server) is not None:
        at = ("boot_server", "address"), server.address, known.get(server.vlan), ("boot_server", "vlan")
        yield Held(*at, server.name)
    for i, machine in enumerate(topology.machines):
        yield from _held_by(machine, i, known)


def _held_by(machine: MachineSpec, i: int, known: dict[str, int]) -> Iterator[Held]:
    at: Location = ("machines", i)
    for j, nic in enumerate(machine.nics):
        for one in memberships(nic, (*at, "nics", j)):
            if one.address is not None:
                yield Held(one.place, one.address, known.get(one.vlan), one.says, machine.name, machine.role)
    if (bmc := machine.bmc) is not None:
        says: Location = (*at, "bmc", "vlan")
        yield Held((*at, "bmc", "address"), bmc.address, known.get(bmc.vlan), says, machine.name)
