"""Where everything stands in a drawing: sites as panels side by side, VLANs as lines across them, machines below."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from harness.topology.blocks import BLOCK_PADDING, PORT_GAP, blocks
from harness.topology.looks import title
from harness.topology.svg import width

if TYPE_CHECKING:
    from harness.topology.blocks import Block, PortShape
    from harness.topology.links import SwitchSpec
    from harness.topology.model import Topology, Vlan

MARGIN = 20
GAP = 14
TITLE = 48
WAN_ROW = 26
HEADER = 26
SWITCH_ROW = 66
SWITCH_HIGH = 34
BUS_ROW = 32
RACK_HEADER = 22
PORT_HIGH = 18
LINE = 15
SLEEVE = 24


@dataclass(frozen=True)
class Placed:
    """A block and its left edge."""

    block: Block
    x: float

    def ports(self) -> list[tuple[PortShape, float]]:
        """Return the ports with their left edges."""
        places, x = [], self.x + BLOCK_PADDING
        for port in self.block.ports:
            places.append((port, x))
            x += port.wide + PORT_GAP
        return places


@dataclass
class Group:
    """The blocks of one rack, or those in none."""

    rack: str | None
    x: float
    wide: float
    blocks: list[Placed]


@dataclass
class Panel:
    """A site, or what stands in none: its column of labels, then its routers, then its groups."""

    site: str | None
    x: float
    labels: float
    routers: float
    wide: float = 0
    groups: list[Group] = field(default_factory=list)


@dataclass
class FloorPlan:
    """All positions of a drawing, in pixels."""

    panels: list[Panel]
    rows: dict[str, int]
    switches: dict[str, tuple[float, float]]
    panel_top: float
    bus_top: float
    blocks_top: float
    block_high: float
    switch_rows: int

    @property
    def wide(self) -> float:
        """Return the drawing's width."""
        return self.panels[-1].x + self.panels[-1].wide + MARGIN

    @property
    def panel_bottom(self) -> float:
        """Return where the panels end."""
        return self.blocks_top + self.block_high + 2 * GAP

    def bus(self, vlan: str) -> float:
        """Return the height of a VLAN's line."""
        return self.bus_top + BUS_ROW * (self.rows[vlan] + 0.5)

    def extent(self, vlan: Vlan) -> tuple[float, float]:
        """Return where a VLAN's line starts and ends."""
        own = [panel for panel in self.panels if vlan.site in {None, panel.site}]
        return own[0].x + own[0].labels, own[-1].x + own[-1].wide - GAP


def labels(vlan: Vlan) -> tuple[str, str]:
    """Return the two lines of a VLAN's label."""
    return title(vlan), f"{vlan.subnet}" + (f" gateway {vlan.gateway}" if vlan.gateway is not None else "")


def floor_plan(topology: Topology) -> FloorPlan:
    """Return where everything stands."""
    panels = _panels(topology)
    rows = _rows(topology)
    switch_rows = len({bool(switch.routes) for switch in topology.switches})
    panel_top = TITLE + WAN_ROW * len(topology.wans)
    bus_top = panel_top + (HEADER if topology.sites else 0) + SWITCH_ROW * switch_rows + GAP
    blocks_top = bus_top + BUS_ROW * (max(rows.values()) + 1) + SLEEVE + RACK_HEADER + PORT_HIGH
    lines = max(len(placed.block.rows) for panel in panels for group in panel.groups for placed in group.blocks)
    plan = FloorPlan(panels, rows, {}, panel_top, bus_top, blocks_top, 42 + lines * LINE, switch_rows)
    plan.switches = _switches(topology, plan)
    return plan


def _panels(topology: Topology) -> list[Panel]:
    everything = blocks(topology)
    sites: list[str | None] = [site.name for site in topology.sites]
    if any(block.site not in sites for block in everything) or not sites:
        sites = [*sites, None]
    panels: list[Panel] = []
    x = float(MARGIN)
    for site in sites:
        shown = [vlan for vlan in topology.vlans if vlan.site == site or (vlan.site is None and not panels)]
        column = max((width(text, 11) for vlan in shown for text in labels(vlan)), default=0) + 2 * GAP
        routers = sum(switch_wide(one.name) + GAP for one in topology.switches if one.routes and one.site == site)
        panel = Panel(site, x, column, routers)
        _fill(panel, [block for block in everything if block.site == site])
        panels.append(panel)
        x += panels[-1].wide + GAP
    return panels


def _fill(panel: Panel, own: list[Block]) -> None:
    """Put the blocks into a panel, those of a rack side by side, and give it its width."""
    at = panel.x + panel.labels + panel.routers
    for rack, members in groupby(own, key=lambda block: block.rack):
        group = Group(rack, at, 0, [])
        inner = at + GAP
        for block in members:
            group.blocks.append(Placed(block, inner))
            inner += block.wide + GAP
        group.wide = inner - at
        panel.groups.append(group)
        at += group.wide + GAP
    panel.wide = at - panel.x


def _rows(topology: Topology) -> dict[str, int]:
    """Return a number for each VLAN's line: those in all sites first, then those of each site, side by side."""
    common = [vlan.name for vlan in topology.vlans if vlan.site is None]
    rows = {name: i for i, name in enumerate(common)}
    for site in {vlan.site for vlan in topology.vlans if vlan.site is not None}:
        own = [vlan.name for vlan in topology.vlans if vlan.site == site]
        rows |= {name: len(common) + i for i, name in enumerate(own)}
    return rows


def _switches(topology: Topology, plan: FloorPlan) -> dict[str, tuple[float, float]]:
    """Return the middle of each switch: above what it serves; routers further up, left of all machines."""
    top = plan.bus_top - GAP - SWITCH_ROW * plan.switch_rows
    routing = any(switch.routes for switch in topology.switches)
    places: dict[str, tuple[float, float]] = {}
    right: dict[float, float] = {}
    for switch in sorted(topology.switches, key=lambda one: _middle(plan, one)):
        row = 1 if routing and not switch.routes else 0
        y = top + SWITCH_ROW * row + SWITCH_HIGH / 2
        half = switch_wide(switch.name) / 2
        x = max(_middle(plan, switch), right.get(y, 0) + half + GAP)
        places[switch.name], right[y] = (x, y), x + half
    return places


def switch_wide(name: str) -> float:
    """Return how wide a switch is drawn."""
    return max(width(name, 12) + 2 * GAP, 110)


def _middle(plan: FloorPlan, switch: SwitchSpec) -> float:
    name, site, rack, routes = switch.name, switch.site, switch.rack, bool(switch.routes)
    panel = next((one for one in plan.panels if one.site == site), plan.panels[0])
    if routes:
        return panel.x + panel.labels + switch_wide(name) / 2
    groups = [group for group in panel.groups if rack is not None and group.rack == rack]
    if groups:
        return groups[0].x + groups[0].wide / 2
    served = [one for group in panel.groups for one in group.blocks if one.block.switch == name]
    if served and len(served) < sum(len(group.blocks) for group in panel.groups):
        return (served[0].x + served[-1].x + served[-1].block.wide) / 2
    return panel.x + panel.labels + panel.routers + (panel.wide - panel.labels - panel.routers) / 2
