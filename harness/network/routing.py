"""How VLANs are routed: which switch is whose gateway, and how routers reach each other's VLANs. Pure.

Routers meet in a transfer VLAN, which every line between sites carries; a frame passes one line at most there. So two
sites whose line is cut don't reach each other by a third one, unless the topology has no line between them at all.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network
from typing import TYPE_CHECKING

from harness.network.plan import transfer_vlan, vlan_ids
from harness.network.ports import Access
from harness.network.tap import host_mac
from harness.network.wiring import Card

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from ipaddress import IPv4Address

    from harness.topology.links import SwitchSpec
    from harness.topology.model import Topology

SHARED = IPv4Network("100.64.0.0/10")
"""Shared address space (RFC 6598), of which the first /24 that no VLAN overlaps is the transfer VLAN's."""
TRANSFER = "transfer"


@dataclass(frozen=True)
class Route:
    """Where packets for a subnet go next."""

    to: IPv4Network
    via: IPv4Address


@dataclass(frozen=True)
class RouterPlan:
    """The routing part of a switch: its cards by the names of their links, ``SWITCH/VLAN``, and its routes."""

    switch: str
    cards: Mapping[str, Card]
    vlans: Mapping[str, str]
    """The VLAN of each link, but for the transfer VLAN, which has no name."""
    routes: tuple[Route, ...]


def routers(topology: Topology) -> tuple[RouterPlan, ...]:
    """Return the routers of a topology: one for each switch that routes."""
    switches = [switch for switch in topology.switches if dict(_gateways(topology, switch))]
    numbered = dict(zip((switch.name for switch in switches), _transfer_addresses(topology), strict=False))
    return tuple(_router(topology, switch, switches, numbered) for switch in switches)


def routed(topology: Topology) -> frozenset[str]:
    """Return the VLANs whose gateway is a router."""
    return frozenset(name for switch in topology.switches for name, _ in _gateways(topology, switch))


def ways_of_scenario(topology: Topology) -> tuple[Route, ...]:
    """Return how the scenario reaches routed VLANs in which it does not stand itself: by the stack's VLAN if it can."""
    reachable = routed(topology)
    own = [vlan for vlan in topology.vlans if vlan.scenario_address is not None]
    of_stack = topology.stack.vlans if topology.stack else ()
    doors = sorted((vlan for vlan in own if vlan.name in reachable), key=lambda vlan: vlan.name not in of_stack)
    if not doors or doors[0].gateway is None:
        return ()
    others = [topology.vlan(name) for name in sorted(reachable)]
    return tuple(Route(vlan.subnet, doors[0].gateway) for vlan in others if vlan not in own)


def _router(
    topology: Topology, switch: SwitchSpec, switches: Sequence[SwitchSpec], transfers: Mapping[str, IPv4Interface]
) -> RouterPlan:
    ids = vlan_ids(topology)
    own = dict(_gateways(topology, switch))
    cards = {f"{switch.name}/{name}": _card(switch, ids[name], address) for name, address in own.items()}
    vlans = {f"{switch.name}/{name}": name for name in own}
    routes = []
    if len(switches) > 1:
        cards[f"{switch.name}/{TRANSFER}"] = _card(switch, transfer_vlan(topology), transfers[switch.name])
        for other in switches:
            via = _next_hop(topology, switch, other, switches)
            if other is not switch and via is not None:
                foreign = [name for name, _ in _gateways(topology, other) if name not in own]
                routes += [Route(topology.vlan(name).subnet, transfers[via.name].ip) for name in foreign]
    return RouterPlan(switch.name, cards, vlans, tuple(routes))


def _gateways(topology: Topology, switch: SwitchSpec) -> Iterator[tuple[str, IPv4Interface]]:
    """Yield each VLAN of which a switch is the gateway, and its address there."""
    for name in switch.routes:
        vlan = topology.vlan(name)
        if vlan.gateway is not None:
            yield name, IPv4Interface(f"{vlan.gateway}/{vlan.subnet.prefixlen}")


def _card(switch: SwitchSpec, vlan: int, address: IPv4Interface) -> Card:
    return Card(f"vlan{vlan}", host_mac(address.ip), Access(vlan), {vlan: [address]}, switch.name)


def _transfer_addresses(topology: Topology) -> Iterator[IPv4Interface]:
    """Yield the routers' addresses in the transfer VLAN."""
    taken = [vlan.subnet for vlan in topology.vlans]
    free = next(net for net in SHARED.subnets(new_prefix=24) if not any(net.overlaps(one) for one in taken))
    return (IPv4Interface(f"{host}/{free.prefixlen}") for host in free.hosts())


def _next_hop(
    topology: Topology, start: SwitchSpec, goal: SwitchSpec, switches: Sequence[SwitchSpec]
) -> SwitchSpec | None:
    """Return the router to which one sends what is for another, by the fewest lines; None where no line leads there."""
    if start.site == goal.site:
        return goal
    toward = _first_site_toward(topology, start.site, goal.site)
    if toward == goal.site:
        return goal
    return next((one for one in switches if one.site == toward), None) if toward is not None else None


def _first_site_toward(topology: Topology, start: str | None, goal: str | None) -> str | None:
    first: dict[str | None, str] = {}
    waiting: deque[str | None] = deque([start])
    while waiting and goal not in first:
        site = waiting.popleft()
        for wan in topology.wans:
            if site in wan.between:
                other = wan.between[1 - wan.between.index(str(site))]
                if other not in first and other != start:
                    first[other] = first.get(site, other)
                    waiting.append(other)
    return first.get(goal)
