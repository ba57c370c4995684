"""What must hold of a topology's VLANs, network cards and their addresses."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from harness.topology.findings import Finding, repeated
from harness.topology.holdings import (
    cards_of,
    held,
    memberships,
    nics,
    places_of_names,
    vlan_references,
)
from harness.topology.scalars import MAX_INTERFACE_NAME, MulticastEndpoint
from harness.topology.wording import choice, quote, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from harness.topology.location import Location
    from harness.topology.model import NicSpec, Topology, Vlan


def network_findings(topology: Topology) -> Iterator[Finding]:
    """Find what is wrong with VLANs, network cards and addresses."""
    vlans = list(enumerate(topology.vlans))
    yield from repeated(((("vlans", i, "name"), vlan.name) for i, vlan in vlans), "VLAN name")
    yield from _repeated_ids(topology)
    yield from repeated(_multicast(topology), "multicast endpoint")
    yield from _overlapping_subnets(topology)
    yield from repeated(((("machines", *at, "mac"), nic.mac) for at, nic in nics(topology)), "MAC address")
    yield from _repeated_cards(topology)
    yield from _unknown_vlans(topology)
    yield from _unusable_cards(topology)
    yield from _untaggable(topology)
    yield from repeated(_claimed(topology), "address")
    yield from _misplaced(topology)
    yield from _unreachable(topology)


def _repeated_ids(topology: Topology) -> Iterator[Finding]:
    """Find two VLANs of one id that can meet on a cable: in one site, or where one of them is in all."""
    numbered = [(i, vlan) for i, vlan in enumerate(topology.vlans) if vlan.id is not None]
    taken: list[tuple[int, Vlan]] = []
    for i, vlan in numbered:
        for j, other in taken:
            if other.id == vlan.id and (None in {vlan.site, other.site} or vlan.site == other.site):
                rests_on: tuple[Location, ...] = (("vlans", i, "site"), ("vlans", j, "site"))
                message = f"duplicate VLAN id {vlan.id}"
                yield Finding(("vlans", i, "id"), message, "each VLAN id once", ("vlans", j, "id"), rests_on)
                break
        taken.append((i, vlan))


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


def _unusable_cards(topology: Topology) -> Iterator[Finding]:
    """Find cards that are in no VLAN, twice in one, or without an address."""
    for at, nic in nics(topology):
        location: Location = ("machines", *at)
        yield from repeated(((one.says, one.vlan) for one in memberships(nic, location)), "VLAN on this card")
        yield from _lacking(nic, location)


def _lacking(nic: NicSpec, location: Location) -> Iterator[Finding]:
    if not nic.addresses:
        rests_on: tuple[Location, ...] = ((*location, "vlan"), (*location, "tagged"))
        yield Finding(location, "a network card in no VLAN", "key 'vlan' or 'tagged'", rests_on=rests_on)
    elif nic.untagged is None and nic.untagged_address is not None:
        yield Finding(
            (*location, "address"), "an address in no VLAN", "key 'vlan' beside it", rests_on=((*location, "vlan"),)
        )
    elif all(address is None for address in nic.addresses.values()):
        places = [(*location, "tagged", k, "address") for k in range(len(nic.tagged))]
        rests_on = (*((*location, key) for key in ("vlan", "address", "tagged")), *places)
        yield Finding(location, "a network card without an address", "key 'address'", rests_on=rests_on)


def _untaggable(topology: Topology) -> Iterator[Finding]:
    """Find VLANs that a card is to carry tagged, and that have no number for a tag, or none that fits into a name."""
    numbers = {vlan.name: (i, vlan.id) for i, vlan in enumerate(topology.vlans)}
    for at, nic in nics(topology):
        for k, one in enumerate(nic.tagged):
            location: Location = ("machines", *at, "tagged", k, "vlan")
            i, number = numbers.get(one.vlan, (0, 0))
            grounds: tuple[Location, ...] = (("vlans", i, "id"), ("vlans", i, "name"), ("machines", *at, "name"))
            if number is None:
                message = f"VLAN {quote(one.vlan)} is tagged and has no id"
                yield Finding(location, message, "key 'id' at the VLAN", ("vlans", i), grounds)
            elif len(name := f"{nic.name}.{number}") > MAX_INTERFACE_NAME:
                message = f"{quote(name)} is too long for an interface's name"
                yield Finding(location, message, f"up to {MAX_INTERFACE_NAME} characters", rests_on=grounds)


def _claimed(topology: Topology) -> Iterator[tuple[Location, IPv4Address]]:
    """Yield the addresses of which each may stand once. A boot server may be its VLAN's gateway, as in T036."""
    boot_server = topology.boot_server
    for one in held(topology):
        gateway_is_served = boot_server is not None and one.address == boot_server.address
        if one.location[-1] != "gateway" or not gateway_is_served:
            yield one.location, one.address


def _misplaced(topology: Topology) -> Iterator[Finding]:
    for one in held(topology):
        if one.vlan is None:
            continue
        vlan = topology.vlans[one.vlan]
        if (fault := _fault(one.address, vlan)) is not None:
            message = f"address {one.address} {fault} {vlan.subnet} of VLAN {quote(vlan.name)}"
            expected = f"one from {vlan.subnet[1]} to {vlan.subnet[-2]}"
            grounds = (one.says, ("vlans", one.vlan, "name"))
            yield Finding(one.location, message, expected, ("vlans", one.vlan, "subnet"), rests_on=grounds)


def _fault(address: IPv4Address, vlan: Vlan) -> str | None:
    if address not in vlan.subnet:
        return "lies outside subnet"
    if address == vlan.subnet.network_address:
        return "is the network address of"
    return "is the broadcast address of" if address == vlan.subnet.broadcast_address else None


def _unreachable(topology: Topology) -> Iterator[Finding]:
    """Find machines without an untagged card in the boot server's VLAN: nothing could ever install them.

    Firmware sends no tags.
    """
    served = topology.boot_server.vlan if topology.boot_server is not None else None
    if served not in {vlan.name for vlan in topology.vlans}:
        return
    for i, machine in enumerate(topology.machines):
        if served not in {nic.untagged for nic in machine.nics}:
            message = f"{quote(machine.name)} has no network card in VLAN {quote(str(served))} of the boot server"
            rests_on = (("machines", i, "name"), *cards_of(topology, i), *places_of_names(topology, "vlans"))
            yield Finding(("machines", i, "nics"), message, "one, untagged", ("boot_server", "vlan"), rests_on)
