"""What must hold of sites, racks, switches, cables, and lines between sites."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from harness.topology.findings import Finding, repeated
from harness.topology.holdings import memberships, nics, places_of_names, vlan_positions
from harness.topology.scalars import format_exactly
from harness.topology.wording import choice, quote, suggestion
from harness.units import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.topology.links import WanSpec
    from harness.topology.location import Location
    from harness.topology.model import Topology

SLOWEST = {"synchronous": 5 * milliseconds, "asynchronous": 100 * milliseconds}
"""The latency below which the documents let sites replicate (network topology, multi-site considerations)."""


def wiring_findings(topology: Topology) -> Iterator[Finding]:
    """Find what is wrong with sites, racks, switches, cables and lines between sites."""
    for part, noun in (("sites", "site name"), ("switches", "switch name")):
        names = (((part, i, "name"), one.name) for i, one in enumerate(getattr(topology, part)))
        yield from repeated(names, noun)
    yield from _unknown(topology, "sites", "site", _site_references(topology))
    yield from _unknown(topology, "switches", "switch", _switch_references(topology))
    yield from _unplaced(topology)
    yield from _foreign_cards(topology)
    yield from _racks(topology)
    yield from _loops(topology)
    yield from _rings(topology)
    yield from _routes(topology)
    for i, wan in enumerate(topology.wans):
        yield from _slow(wan, i)
    yield from _unconnected(topology)
    yield from _cut_vertices(topology)


def _site_references(topology: Topology) -> Iterator[tuple[Location, str]]:
    for part in ("vlans", "switches", "machines"):
        for i, one in enumerate(getattr(topology, part)):
            if one.site is not None:
                yield (part, i, "site"), one.site
    for i, wan in enumerate(topology.wans):
        yield from ((("wans", i, "between", k), name) for k, name in enumerate(wan.between))


def _switch_references(topology: Topology) -> Iterator[tuple[Location, str]]:
    if topology.boot_server is not None and topology.boot_server.switch is not None:
        yield ("boot_server", "switch"), topology.boot_server.switch
    for at, nic in nics(topology):
        if nic.switch is not None:
            yield ("machines", *at, "switch"), nic.switch
    for i, cable in enumerate(topology.cables):
        yield from ((("cables", i, "between", k), name) for k, name in enumerate(cable.between))


def _unknown(topology: Topology, part: str, noun: str, references: Iterator[tuple[Location, str]]) -> Iterator[Finding]:
    known = [one.name for one in getattr(topology, part)]
    for location, name in references:
        if name not in known:
            message = f"no {noun} is called {quote(name)}{suggestion(name, known)}"
            rests_on = places_of_names(topology, part)
            yield Finding(location, message, choice(known) if known else f"a {noun} under '{part}'", rests_on=rests_on)


def _unplaced(topology: Topology) -> Iterator[Finding]:
    """Find machines without a site, where there is more than one to stand in."""
    if len(topology.sites) > 1:
        for i, machine in enumerate(topology.machines):
            if machine.site is None:
                message = f"{quote(machine.name)} stands in no site"
                rests_on = (("machines", i, "site"), *places_of_names(topology, "sites"))
                yield Finding(("machines", i), message, "key 'site'", ("sites",), rests_on)


def _foreign_cards(topology: Topology) -> Iterator[Finding]:
    known = vlan_positions(topology)
    for at, nic in nics(topology):
        site = topology.machines[int(at[0])].site
        for one in memberships(nic, ("machines", *at)):
            i = known.get(one.vlan)
            there = topology.vlans[i].site if i is not None else None
            if None not in {site, there} and site != there:
                message = f"VLAN {quote(one.vlan)} is in site {quote(str(there))}, the machine in {quote(str(site))}"
                rests_on: tuple[Location, ...] = (("machines", at[0], "site"), *places_of_names(topology, "vlans"))
                yield Finding(one.says, message, "a VLAN of its site", ("vlans", i or 0, "site"), rests_on)


def _racks(topology: Topology) -> Iterator[Finding]:
    """Find machines in racks that have no switch; in a topology without switches, racks are only for the drawing."""
    known = [switch.rack for switch in topology.switches if switch.rack is not None]
    for i, machine in enumerate(topology.machines):
        if topology.switches and machine.rack is not None and machine.rack not in known:
            message = f"rack {quote(machine.rack)} has no switch{suggestion(machine.rack, known)}"
            places: list[Location] = [("switches", k, "rack") for k in range(len(topology.switches))]
            expected = choice(known) if known else "a switch with 'rack'"
            yield Finding(("machines", i, "rack"), message, expected, ("switches",), tuple(places))


def _loops(topology: Topology) -> Iterator[Finding]:
    for part, noun in (("cables", "cable"), ("wans", "line")):
        ends = [(i, tuple(sorted(one.between))) for i, one in enumerate(getattr(topology, part))]
        yield from repeated((((part, i, "between"), f"{a} to {b}") for i, (a, b) in ends), f"{noun} from")
        for i, (one, other) in ends:
            if one == other:
                yield Finding((part, i, "between"), f"a {noun} from {quote(one)} to itself", "two different ends")


def _rings(topology: Topology) -> Iterator[Finding]:
    """Find cables that give two switches a second way to each other."""
    reached = {switch.name: {switch.name} for switch in topology.switches}
    for i, cable in enumerate(topology.cables):
        one, other = (reached.get(name, {name}) for name in cable.between)
        if one is other and cable.between[0] != cable.between[1]:
            message = f"the cable from {quote(cable.between[0])} to {quote(cable.between[1])} closes a ring"
            yield Finding(("cables", i), message, "one way between two switches: they have no spanning tree")
        joined = one | other
        reached.update(dict.fromkeys(joined, joined))


def _routes(topology: Topology) -> Iterator[Finding]:
    places = [
        (("switches", i, "routes", k), name)
        for i, it in enumerate(topology.switches)
        for k, name in enumerate(it.routes)
    ]
    yield from repeated(places, "router of VLAN")
    known = vlan_positions(topology)
    for location, name in places:
        if name in known and topology.vlans[known[name]].gateway is None:
            see: Location = ("vlans", known[name])
            message = f"VLAN {quote(name)} has no gateway that could route it"
            yield Finding(location, message, "a VLAN with a gateway", see, ((*see, "gateway"), (*see, "name")))


def _slow(wan: WanSpec, i: int) -> Iterator[Finding]:
    for direction, key in zip(wan.link.directions(), ("forth", "back"), strict=True):
        delay = direction.delay or timedelta(0)
        if wan.replication is not None and delay >= SLOWEST[wan.replication]:
            message = f"a delay of {format_exactly(delay)} {key} is too long for {wan.replication} replication"
            places = tuple(("wans", i, "link", one, "delay") for one in ("both", "forth", "back"))
            expected = f"less than {format_exactly(SLOWEST[wan.replication])}"
            yield Finding(("wans", i, "replication"), message, expected, ("wans", i, "link"), places)


def _unconnected(topology: Topology) -> Iterator[Finding]:
    """Find sites that no line joins to the first one, where there are lines at all."""
    names = list(dict.fromkeys(site.name for site in topology.sites))
    reached = _reached(topology, names)
    for i, site in enumerate(topology.sites):
        if topology.wans and site.name not in reached:
            message = f"no line joins site {quote(site.name)} to {quote(names[0])}"
            yield Finding(("sites", i, "name"), message, "a line under 'wans'", ("wans",), _lines(topology))


def _cut_vertices(topology: Topology) -> Iterator[Finding]:
    """Find sites whose loss parts the others, where the stack shall survive the loss of any one."""
    names = list(dict.fromkeys(site.name for site in topology.sites))
    if topology.stack is None or topology.stack.survives != "site" or set(names) != _reached(topology, names):
        return
    for lost in names:
        left = [name for name in names if name != lost]
        parted = [name for name in left if name not in _reached(topology, left)]
        if parted:
            message = f"the loss of site {quote(lost)} parts {quote(parted[0])} from {quote(left[0])}"
            rests_on = (("stack", "survives"), *_lines(topology))
            yield Finding(("wans",), message, "a line between them", ("stack", "survives"), rests_on)


def _lines(topology: Topology) -> tuple[Location, ...]:
    between = tuple(("wans", k, "between", end) for k in range(len(topology.wans)) for end in (0, 1))
    return (("wans",), *between, *places_of_names(topology, "sites"))


def _reached(topology: Topology, sites: Sequence[str]) -> set[str]:
    """Return which of some sites the first one reaches over lines between them."""
    reached = set(sites[:1])
    for _ in sites:
        for wan in topology.wans:
            if reached.intersection(wan.between) and set(wan.between) <= set(sites):
                reached.update(wan.between)
    return reached
