"""What must hold of a topology's VLANs, network cards and addresses."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from harness.topology.findings import Finding, repeated
from harness.topology.wording import choice, quote, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from harness.topology.location import Location
    from harness.topology.model import NicSpec, Topology, Vlan
    from harness.topology.scalars import MulticastEndpoint


class _Held(NamedTuple):
    """An address, the VLAN that it is in (None where that is unknown or ambiguous), and the place that says so."""

    location: Location
    address: IPv4Address
    vlan: int | None
    says: Location


def network_findings(topology: Topology) -> Iterator[Finding]:
    """Find what is wrong with VLANs, network cards and addresses."""
    vlans = list(enumerate(topology.vlans))
    yield from repeated(((("vlans", i, "name"), vlan.name) for i, vlan in vlans), "VLAN name")
    yield from repeated(((("vlans", i, "id"), vlan.id) for i, vlan in vlans if vlan.id is not None), "VLAN id")
    yield from repeated(_multicast(topology), "multicast endpoint")
    yield from _overlapping_subnets(topology)
    yield from repeated(((("machines", *at, "mac"), nic.mac) for at, nic in nics(topology)), "MAC address")
    yield from _repeated_cards(topology)
    yield from _unknown_vlans(topology)
    yield from repeated(_claimed(topology), "address")
    yield from _misplaced(topology)
    yield from _unreachable(topology)


def nics(topology: Topology) -> Iterator[tuple[Location, NicSpec]]:
    """Yield every network card with where it stands below ``machines``."""
    for i, machine in enumerate(topology.machines):
        for j, nic in enumerate(machine.nics):
            yield (i, "nics", j), nic


def vlan_references(topology: Topology) -> Iterator[tuple[Location, str]]:
    """Yield every place that names a VLAN, and the name."""
    if topology.boot_server is not None:
        yield ("boot_server", "vlan"), topology.boot_server.vlan
    for at, nic in nics(topology):
        yield ("machines", *at, "vlan"), nic.vlan
    if topology.stack is not None:
        yield ("stack", "vlan"), topology.stack.vlan


def places_of_names(topology: Topology, part: str) -> tuple[Location, ...]:
    """Return the places that say which VLANs (``vlans``) or machines (``machines``) there are."""
    items = topology.vlans if part == "vlans" else topology.machines
    return ((part,), *((part, i, "name") for i in range(len(items))))


def _multicast(topology: Topology) -> Iterator[tuple[Location, MulticastEndpoint]]:
    for i, vlan in enumerate(topology.vlans):
        if vlan.multicast is not None:
            yield ("vlans", i, "multicast"), vlan.multicast


def _overlapping_subnets(topology: Topology) -> Iterator[Finding]:
    for (i, one), (j, other) in combinations(enumerate(topology.vlans), 2):
        if one.subnet.overlaps(other.subnet):
            message = f"subnet {other.subnet} overlaps {one.subnet}"
            yield Finding(("vlans", j, "subnet"), message, "subnets apart from each other", ("vlans", i, "subnet"))


def _repeated_cards(topology: Topology) -> Iterator[Finding]:
    for i, machine in enumerate(topology.machines):
        names = ((("machines", i, "nics", j, "name"), nic.name) for j, nic in enumerate(machine.nics))
        yield from repeated(names, "network card name")


def _unknown_vlans(topology: Topology) -> Iterator[Finding]:
    known = [vlan.name for vlan in topology.vlans]
    for location, name in vlan_references(topology):
        if name not in known:
            message = f"no VLAN is called {quote(name)}{suggestion(name, known)}"
            rests_on = places_of_names(topology, "vlans")
            yield Finding(location, message, choice(known), rests_on=rests_on)


def _claimed(topology: Topology) -> Iterator[tuple[Location, IPv4Address]]:
    """Yield the addresses of which each may stand once. A boot server may be its VLAN's gateway, as in T036."""
    boot_server = topology.boot_server
    for held in _held(topology):
        gateway_is_served = boot_server is not None and held.address == boot_server.address
        if held.location[-1] != "gateway" or not gateway_is_served:
            yield held.location, held.address


def _held(topology: Topology) -> Iterator[_Held]:
    names = [vlan.name for vlan in topology.vlans]
    known = {name: i for i, name in enumerate(names) if names.count(name) == 1}
    for i, vlan in enumerate(topology.vlans):
        for key, address in (("gateway", vlan.gateway), ("scenario_address", vlan.scenario_address)):
            if address is not None:
                yield _Held(("vlans", i, key), address, i, ("vlans", i))
    if (server := topology.boot_server) is not None:
        yield _Held(("boot_server", "address"), server.address, known.get(server.vlan), ("boot_server", "vlan"))
    for at, nic in nics(topology):
        yield _Held(("machines", *at, "address"), nic.address, known.get(nic.vlan), ("machines", *at, "vlan"))


def _misplaced(topology: Topology) -> Iterator[Finding]:
    for held in _held(topology):
        if held.vlan is None:
            continue
        vlan = topology.vlans[held.vlan]
        if (fault := _fault(held.address, vlan)) is not None:
            message = f"address {held.address} {fault} {vlan.subnet} of VLAN {quote(vlan.name)}"
            expected = f"one from {vlan.subnet[1]} to {vlan.subnet[-2]}"
            grounds = (held.says, ("vlans", held.vlan, "name"))
            yield Finding(held.location, message, expected, ("vlans", held.vlan, "subnet"), rests_on=grounds)


def _fault(address: IPv4Address, vlan: Vlan) -> str | None:
    if address not in vlan.subnet:
        return "lies outside subnet"
    if address == vlan.subnet.network_address:
        return "is the network address of"
    return "is the broadcast address of" if address == vlan.subnet.broadcast_address else None


def _unreachable(topology: Topology) -> Iterator[Finding]:
    """Find machines without a card in the boot server's VLAN: nothing could ever install them."""
    served = topology.boot_server.vlan if topology.boot_server is not None else None
    if served not in {vlan.name for vlan in topology.vlans}:
        return
    for i, machine in enumerate(topology.machines):
        if served not in {nic.vlan for nic in machine.nics}:
            message = f"{quote(machine.name)} has no network card in VLAN {quote(str(served))} of the boot server"
            cards = tuple(("machines", i, "nics", j, "vlan") for j in range(len(machine.nics)))
            rests_on = (("machines", i, "name"), *cards, *places_of_names(topology, "vlans"))
            yield Finding(("machines", i, "nics"), message, "one", ("boot_server", "vlan"), rests_on)
