"""How a topology is wired: which card is plugged into which switch, in which VLANs; what joins switches. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING

from harness.network.ports import VLAN_IDS, Access, Trunk, tag_of
from harness.network.wiring import SWITCH, Card
from harness.topology import port, wiring

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from ipaddress import IPv4Address

    from harness.network.ports import PortMode
    from harness.topology.impairment import Impairment
    from harness.topology.links import CableSpec, WanSpec
    from harness.topology.model import MachineSpec, NicSpec, Topology


@dataclass(frozen=True)
class LinkPlan:
    """A link by its name, and its conditions: `up` is of what its first end sends."""

    link: str
    up: Impairment
    down: Impairment


@dataclass(frozen=True)
class CardPlan(LinkPlan):
    """A machine's card, and its link."""

    card: Card


@dataclass(frozen=True)
class CablePlan(LinkPlan):
    """What joins two switches, the VLANs that it carries, and whether it is a line between sites."""

    first: str
    second: str
    vlans: frozenset[int]
    wan: bool


def link_name(machine: str, card: str) -> str:
    """Return the name of the link of a machine's card."""
    return f"{machine}/{card}"


def vlan_ids(topology: Topology) -> dict[str, int]:
    """Return the 802.1Q identifier of each VLAN by its name: its own, or for one that has none the first free one.

    A VLAN without an identifier is on no trunk, so nobody ever sees the one that it is given here.
    """
    taken = {vlan.id for vlan in topology.vlans}
    free = (number for number in VLAN_IDS if number not in taken)
    return {vlan.name: vlan.id or next(free) for vlan in topology.vlans}


def transfer_vlan(topology: Topology) -> int:
    """Return the identifier of the VLAN between the sites' routers: the highest that no other has."""
    taken = set(vlan_ids(topology).values())
    return max(number for number in VLAN_IDS if number not in taken)


def cards(topology: Topology) -> dict[str, tuple[CardPlan, ...]]:
    """Return the cards of each machine, in the order of the topology."""
    ids = vlan_ids(topology)
    return {
        machine.name: tuple(_card(topology, ids, machine, nic) for nic in machine.nics) for machine in topology.machines
    }


def tags(topology: Topology, vlan: str) -> dict[str, int]:
    """Return the tag of a VLAN's frames on each link of a card that takes part in it, 0 for none."""
    number = vlan_ids(topology)[vlan]
    found = {one.link: tag_of(one.card.mode, number) for planned in cards(topology).values() for one in planned}
    return {link: tag for link, tag in found.items() if tag is not None}


def host(topology: Topology, vlan: str, interface: str, mac: str, address: IPv4Address) -> Card:
    """Return the card by which a host of the harness stands in a VLAN, at the switch that `switch_of_vlan` gives.

    It leaves nothing in its namespace, which may be the sandbox's own.
    """
    number = vlan_ids(topology)[vlan]
    with_prefix = IPv4Interface(f"{address}/{topology.vlan(vlan).subnet.prefixlen}")
    return Card(interface, mac, Access(number), {number: [with_prefix]}, switch_of_vlan(topology, vlan), lasting=False)


def switch_of_vlan(topology: Topology, vlan: str) -> str:
    """Return the switch at which whoever serves a VLAN stands.

    It is the boot server's own, if the VLAN is the boot server's; else the one that routes the VLAN; else that of the
    first card in it.
    """
    server = topology.boot_server
    if server is not None and server.vlan == vlan and server.switch is not None:
        return server.switch
    routing = [switch.name for switch in topology.switches if vlan in switch.routes]
    return next(iter([*routing, *_switches_of_cards(topology, vlan)]), SWITCH)


def cables(topology: Topology) -> tuple[CablePlan, ...]:
    """Return what joins switches: cables, which carry every VLAN, and lines between sites.

    A line between sites carries the VLANs that are in all sites, which are those without a site of their own, and the
    one by which routers reach each other. So do cables where there are several routers.
    """
    ids, transfer = vlan_ids(topology), frozenset({transfer_vlan(topology)})
    everywhere = frozenset(ids[vlan.name] for vlan in topology.vlans if vlan.site is None) | transfer
    several = sum(bool(switch.routes) for switch in topology.switches) > 1
    every = frozenset(ids.values()) | (transfer if several else frozenset())
    inside = (_cable(spec, spec.between, every, wan=False) for spec in topology.cables)
    between = (_cable(spec, _edges(topology, spec), everywhere, wan=True) for spec in topology.wans)
    return (*inside, *between)


def _card(topology: Topology, ids: Mapping[str, int], machine: MachineSpec, nic: NicSpec) -> CardPlan:
    addresses = {
        ids[vlan]: [IPv4Interface(f"{address}/{topology.vlan(vlan).subnet.prefixlen}")]
        for vlan, address in nic.addresses.items()
        if address is not None
    }
    up, down = nic.link.directions()
    card = Card(nic.name, nic.mac, _mode(nic, ids), addresses, _switch_of(topology, machine, nic))
    return CardPlan(link_name(machine.name, nic.name), up, down, card)


def _mode(nic: NicSpec, ids: Mapping[str, int]) -> PortMode:
    match nic.port:
        case port.Access(vlan):
            return Access(ids[vlan])
        case port.Trunk(tagged, native):
            return Trunk(frozenset(ids[vlan] for vlan in tagged), ids[native] if native is not None else None)


def _switch_of(topology: Topology, machine: MachineSpec, nic: NicSpec) -> str:
    """Return the switch of a card: the topology's, else the one that its site is said to have by having machines."""
    return wiring.switch_of(topology, machine, nic) or machine.site or SWITCH


def _switches_of_cards(topology: Topology, vlan: str) -> Iterator[str]:
    for machine in topology.machines:
        for nic in machine.nics:
            if vlan in nic.addresses:
                yield _switch_of(topology, machine, nic)


def _edges(topology: Topology, wan: WanSpec) -> tuple[str, str]:
    first, second = wan.between
    return _edge(topology, first), _edge(topology, second)


def _edge(topology: Topology, site: str) -> str:
    """Return the switch of a site at which its lines to others end: the first that routes, else the first."""
    own = sorted((one for one in topology.switches if one.site == site), key=lambda one: not one.routes)
    return own[0].name if own else site


def _cable(spec: CableSpec | WanSpec, ends: tuple[str, ...], vlans: frozenset[int], *, wan: bool) -> CablePlan:
    up, down = spec.link.directions()
    return CablePlan(f"{spec.between[0]}--{spec.between[1]}", up, down, ends[0], ends[1], vlans, wan)
