"""What must hold of an address plan: pools, allotments, virtual addresses, overlays, and flows."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from harness.topology.addressing import ALL, INTERNET
from harness.topology.findings import Finding, repeated
from harness.topology.holdings import Held, held
from harness.topology.network_scalars import Range
from harness.topology.wording import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from ipaddress import IPv4Network

    from harness.topology.addressing import Allotment
    from harness.topology.location import Location
    from harness.topology.model import Topology, Vlan


class _Part(NamedTuple):
    """A part of a plan: its place, how it is called in a message, its addresses."""

    location: Location
    noun: str
    addresses: Range


def address_findings(topology: Topology) -> Iterator[Finding]:
    """Find what contradicts itself in the address plan."""
    for i, vlan in enumerate(topology.vlans):
        holders = [one for one in held(topology) if one.vlan == i]
        parts = [*_pools(vlan, i), *_parts(vlan.plan, ("vlans", i))]
        yield from _outside(parts, vlan.subnet, ("vlans", i, "subnet"))
        yield from _colliding(parts)
        yield from _taken(vlan, i, holders)
        yield from _reserved(vlan, i, holders)
        yield from _elsewhere(vlan.plan, ("vlans", i, "plan"), holders)
        yield from _wrong_part(vlan, i, holders)
    yield from _vips(topology)
    yield from _overlays(topology)
    yield from _flows(topology)


def _pools(vlan: Vlan, i: int) -> Iterator[_Part]:
    if vlan.dhcp is not None:
        for key, noun in (("pool", "the DHCP pool"), ("reservations", "the DHCP reservations")):
            if (addresses := getattr(vlan.dhcp, key)) is not None:
                yield _Part(("vlans", i, "dhcp", key), noun, addresses)


def _parts(plan: Sequence[Allotment], owner: Location) -> Iterator[_Part]:
    for k, one in enumerate(plan):
        yield _Part((*owner, "plan", k, "addresses"), quote(one.name), one.addresses)


def _outside(parts: Sequence[_Part], subnet: IPv4Network, see: Location) -> Iterator[Finding]:
    for part in parts:
        if part.addresses.first not in subnet or part.addresses.last not in subnet:
            message = f"{part.noun}, {part.addresses}, lies outside subnet {subnet}"
            yield Finding(part.location, message, f"addresses from {subnet[1]} to {subnet[-2]}", see)


def _colliding(parts: Sequence[_Part]) -> Iterator[Finding]:
    """Find addresses that a plan gives out twice, unless twice under one name."""
    for one, other in combinations(parts, 2):
        if one.noun == other.noun and one.addresses != other.addresses:
            message = f"{other.noun} is {other.addresses} here and {one.addresses} there"
            yield Finding(other.location, message, "each name once", one.location, (_name(one), _name(other)))
        elif one.addresses.overlaps(other.addresses):
            common = Range(
                max(one.addresses.first, other.addresses.first), min(one.addresses.last, other.addresses.last)
            )
            message = f"{other.noun}, {other.addresses}, and {one.noun}, {one.addresses}, both have {common}"
            yield Finding(other.location, message, "each address in one part of the plan", one.location)


def _name(part: _Part) -> Location:
    return (*part.location[:-1], "name")


def _taken(vlan: Vlan, i: int, holders: Sequence[Held]) -> Iterator[Finding]:
    """Find held addresses in a part of the plan that is not for them; the gateway's and the scenario's are in none."""
    for k, part in enumerate(vlan.plan):
        at: Location = ("vlans", i, "plan", k)
        for one in holders:
            if one.address in part.addresses and not _fits(part, one):
                message = f"{one.address} of {_owner(one)} lies in {quote(part.name)}, {part.addresses}"
                rests_on = ((*at, "name"), (*at, "kind"), one.says)
                yield Finding((*at, "addresses"), message, "a part of the plan without it", one.location, rests_on)
    pool = vlan.dhcp.pool if vlan.dhcp is not None else None
    for one in holders:
        if pool is not None and one.address in pool:
            message = f"{one.address} of {_owner(one)} lies in the DHCP pool {pool}"
            yield Finding(("vlans", i, "dhcp", "pool"), message, "a pool without it", one.location, (one.says,))


def _fits(part: Allotment, one: Held) -> bool:
    if one.location[0] == "vlans" or part.kind == "vips":
        return False
    return part.addresses.first != part.addresses.last or part.name == one.holder


def _owner(one: Held) -> str:
    if one.location[0] == "vlans":
        return f"the {one.holder}"
    return f"the BMC of {quote(one.holder)}" if "bmc" in one.location else quote(one.holder)


def _reserved(vlan: Vlan, i: int, holders: Sequence[Held]) -> Iterator[Finding]:
    """Find machines whose address is not among the VLAN's reservations, where it says which these are."""
    reservations = vlan.dhcp.reservations if vlan.dhcp is not None else None
    for one in holders:
        is_card = one.location[0] == "machines" and "nics" in one.location
        if reservations is not None and is_card and one.address not in reservations:
            message = f"{one.address} of {quote(one.holder)} is no reservation of VLAN {quote(vlan.name)}"
            see: Location = ("vlans", i, "dhcp", "reservations")
            yield Finding(one.location, message, f"one of {reservations}", see, (one.says, ("vlans", i, "name")))


def _elsewhere(plan: Sequence[Allotment], at: Location, holders: Sequence[Held]) -> Iterator[Finding]:
    """Find parts of the plan that are called like a machine, and are not where it is."""
    for k, part in enumerate(plan):
        own = [one for one in holders if one.holder == part.name and one.location[0] != "vlans"]
        if own and all(one.address not in part.addresses for one in own):
            message = f"{quote(part.name)} is {part.addresses} here and {own[0].address} there"
            rests_on = ((*at, k, "name"), own[0].says)
            yield Finding((*at, k, "addresses"), message, "one address for one machine", own[0].location, rests_on)


def _wrong_part(vlan: Vlan, i: int, holders: Sequence[Held]) -> Iterator[Finding]:
    """Find cards outside the part of the plan that is kept for their machine's role."""
    for one in holders:
        own = [k for k, part in enumerate(vlan.plan) if part.role is not None and part.role == one.role]
        if own and not any(one.address in vlan.plan[k].addresses for k in own):
            parts = " or ".join(str(vlan.plan[k].addresses) for k in own)
            message = f"{one.address} of {quote(one.holder)} is not in the part for role {one.role}"
            at: Location = ("vlans", i, "plan", own[0])
            rests_on = ((*one.location[:2], "role"), (*at, "role"), one.says)
            yield Finding(one.location, message, f"one of {parts}", (*at, "addresses"), rests_on)


def _vips(topology: Topology) -> Iterator[Finding]:
    places = [(("vips", i, "address"), vip) for i, vip in enumerate(topology.vips)]
    yield from repeated(((location, vip.address) for location, vip in places), "virtual address")
    owners = {one.address: one for one in reversed(list(held(topology)))}
    for location, vip in places:
        if (one := owners.get(vip.address)) is not None:
            where = (
                f" of VLAN {quote(topology.vlans[one.vlan].name)}"
                if one.location[0] == "vlans" and one.vlan is not None
                else ""
            )
            message = f"virtual address {vip.address} of {quote(vip.name)} is also that of {_owner(one)}{where}"
            yield Finding(location, message, "an address that nothing else has", one.location)
        yield from _given_out(topology, location, vip.name)


def _given_out(topology: Topology, location: Location, name: str) -> Iterator[Finding]:
    """Find a virtual address that a DHCP server or a part of the plan for hosts would give to somebody."""
    address = topology.vips[int(location[1])].address
    for i, vlan in enumerate(topology.vlans):
        hosts = [
            part for part, one in zip(_parts(vlan.plan, ("vlans", i)), vlan.plan, strict=True) if one.kind == "hosts"
        ]
        for part in [*_pools(vlan, i), *hosts]:
            if address in part.addresses and part.noun != quote(name):
                message = f"virtual address {address} of {quote(name)} lies in {part.noun}, {part.addresses}"
                rests_on = ((*part.location[:-1], "kind"), (*part.location[:-1], "name"))
                yield Finding(location, message, "an address that nobody is given", part.location, rests_on)


def _overlays(topology: Topology) -> Iterator[Finding]:
    overlays = list(enumerate(topology.overlays))
    for (i, one), (j, other) in combinations(overlays, 2):
        names: tuple[Location, ...] = (("overlays", i, "name"), ("overlays", j, "name"))
        at, see = ("overlays", j, "subnet"), ("overlays", i, "subnet")
        if one.name == other.name:
            message = f"overlay {quote(one.name)} is {other.subnet} here and {one.subnet} there"
            yield Finding(at, message, "one subnet for one overlay", see, names)
        elif one.subnet.overlaps(other.subnet):
            yield Finding(at, f"subnet {other.subnet} overlaps {one.subnet}", "subnets apart from each other", see)
    for i, overlay in overlays:
        for j, vlan in enumerate(topology.vlans):
            if overlay.subnet.overlaps(vlan.subnet):
                message = f"subnet {overlay.subnet} overlaps {vlan.subnet} of VLAN {quote(vlan.name)}"
                expected = "subnets apart from each other"
                yield Finding(("overlays", i, "subnet"), message, expected, ("vlans", j, "subnet"))
        parts = list(_parts(overlay.plan, ("overlays", i)))
        yield from _outside(parts, overlay.subnet, ("overlays", i, "subnet"))
        yield from _colliding(parts)


def _flows(topology: Topology) -> Iterator[Finding]:
    for i, vlan in enumerate(topology.vlans):
        if vlan.name in {INTERNET, ALL}:
            message = f"{quote(vlan.name)} means something else in flows"
            yield Finding(("vlans", i, "name"), message, "another name")
    seen = []
    for i, flow in enumerate(topology.flows):
        for k, target in enumerate(flow.to):
            if target == flow.source:
                message = f"a flow from {quote(target)} to itself, which no router sees"
                yield Finding(("flows", i, "to", k), message, "another VLAN", ("flows", i, "from"))
            seen.append((("flows", i, "to", k), f"from {flow.source} to {target}", flow.ports))
    yield from repeated(((location, _Flow(text, ports)) for location, text, ports in seen), "flow")


class _Flow(NamedTuple):
    text: str
    ports: tuple[object, ...]

    def __str__(self) -> str:
        return self.text
