"""A topology as SVG: sites are tinted panels, VLANs lines in colour and pattern, trunks dark ports with a sleeve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.topology.blocks import STRAND
from harness.topology.floor_plan import (
    GAP,
    LINE,
    MARGIN,
    PORT_HIGH,
    RACK_HEADER,
    SLEEVE,
    SWITCH_HIGH,
    SWITCH_ROW,
    TITLE,
    WAN_ROW,
    floor_plan,
    labels,
    switch_wide,
)
from harness.topology.looks import TINTS, looks, wan_label
from harness.topology.network_scalars import format_rate
from harness.topology.summary import counts
from harness.topology.svg import Canvas, width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.topology.blocks import PortShape
    from harness.topology.floor_plan import FloorPlan, Group, Placed
    from harness.topology.links import SwitchSpec
    from harness.topology.looks import Look
    from harness.topology.model import Topology

INK = "#222"
PALE = "#777"
MIDDLE = {"text_anchor": "middle"}
LEGEND_ROW = 28


def svg(topology: Topology) -> str:
    """Return a drawing of a topology as an SVG document."""
    return _Drawing(topology).document()


class _Drawing:
    """Paints a floor plan, from the back to the front."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.plan: FloorPlan = floor_plan(topology)
        self.looks: dict[str, Look] = looks(topology)
        self.canvas = Canvas()

    def document(self) -> str:
        """Return the whole drawing."""
        self.canvas.text((MARGIN, 30), self.topology.name, 18, font_weight="bold", fill=INK)
        self.canvas.text((MARGIN + width(self.topology.name, 22), 30), counts(self.topology), 12, fill=PALE)
        self._panels()
        self._wans()
        self._switches()
        self._buses()
        for panel in self.plan.panels:
            for group in panel.groups:
                self._group(group)
        for switch in self.topology.switches:
            self._routes(switch)
        bottom = self._legend()
        notes = list(_notes(self.topology))
        wide = max(self.plan.wide, MARGIN * 2 + 330 + max((width(note, 11) for note in notes), default=0))
        return self.canvas.document(wide, bottom + MARGIN, f"topology {self.topology.name}")

    def _panels(self) -> None:
        top, high = self.plan.panel_top, self.plan.panel_bottom - self.plan.panel_top
        for i, panel in enumerate(self.plan.panels):
            if panel.site is not None:
                tint = TINTS[i % len(TINTS)]
                self.canvas.box((panel.x, top), (panel.wide, high), fill=tint, stroke=PALE, class_="site")
                self.canvas.text((panel.x + GAP, top + 18), f"site {panel.site}", 14, font_weight="bold", fill=INK)

    def _wans(self) -> None:
        """Draw each line between sites as a double line above them, with its ends down to their panels."""
        middles = {panel.site: panel.x + panel.wide / 2 for panel in self.plan.panels}
        for i, wan in enumerate(self.topology.wans):
            y = TITLE + WAN_ROW * i + 6
            shift = 16 * (i - len(self.topology.wans) / 2)
            start, end = sorted(middles[name] + shift for name in wan.between)
            ways = [((start, y), (end, y)), *(((x, y), (x, self.plan.panel_top)) for x in (start, end))]
            for colour, thick in ((INK, 6), ("#fff", 2)):
                for one, other in ways:
                    self.canvas.line(one, other, stroke=colour, stroke_width=thick, stroke_linecap="square")
            text = f"{wan.between[0]} – {wan.between[1]}: {wan_label(wan)}"  # noqa: RUF001 - a dash between two ends
            self._label(((2 * start + end) / 3, y + 4), text)

    def _label(self, middle: tuple[float, float], text: str) -> None:
        """Write a text with white around it, on top of a line."""
        half = width(text, 11) / 2
        self.canvas.box((middle[0] - half, middle[1] - 12), (2 * half, 16), fill="#fff")
        self.canvas.text(middle, text, 11, fill=INK, **MIDDLE)

    def _switches(self) -> None:
        places = self.plan.switches
        for cable in self.topology.cables:
            upper, lower = sorted((places[name] for name in cable.between), key=lambda place: place[1])
            self._elbow(upper, lower)
            if cable.speed is not None:
                at = lower[0] + 5, lower[1] - SWITCH_HIGH / 2 - 6
                self.canvas.text(at, format_rate(cable.speed), 10, fill=INK)
        for switch in self.topology.switches:
            x, y = places[switch.name]
            half = switch_wide(switch.name) / 2
            corner = x - half, y - SWITCH_HIGH / 2
            self.canvas.box(corner, (2 * half, SWITCH_HIGH), fill="#fff", stroke=INK, stroke_width=1.5, class_="switch")
            notes = ["routes"] * bool(switch.routes) + [f"internet: {len(switch.uplinks)}×"] * bool(switch.uplinks)  # noqa: RUF001 - times
            self.canvas.text((x, y + (-2 if notes else 4)), switch.name, 12, font_weight="bold", fill=INK, **MIDDLE)
            if notes:
                self.canvas.text((x, y + 11), ", ".join(notes), 9, fill=PALE, **MIDDLE)

    def _elbow(self, upper: tuple[float, float], lower: tuple[float, float]) -> None:
        """Draw a cable down from one switch and across to above another; straight between two at one height."""
        bend = upper[1] + (SWITCH_ROW / 2 - 4 if lower[1] > upper[1] else 0)
        ways = ((upper, (upper[0], bend)), ((upper[0], bend), (lower[0], bend)), ((lower[0], bend), lower))
        for start, end in ways:
            self.canvas.line(start, end, stroke=INK, stroke_width=2, stroke_linecap="square", class_="cable")

    def _routes(self, switch: SwitchSpec) -> None:
        """Draw a router's way down to each VLAN that it routes; the square is the gateway."""
        x, y = self.plan.switches[switch.name]
        for i, name in enumerate(switch.routes):
            at = x + (i - (len(switch.routes) - 1) / 2) * STRAND
            look, end = self.looks[name], self.plan.bus(name)
            self._strand((at, y + SWITCH_HIGH / 2), (at, end), look, 2.5)
            self.canvas.box((at - 5, end - 5), (10, 10), rx=0, fill=look.colour, stroke="#fff", class_="gateway")

    def _buses(self) -> None:
        for vlan in self.topology.vlans:
            look, y = self.looks[vlan.name], self.plan.bus(vlan.name)
            start, end = self.plan.extent(vlan)
            self._strand((start, y), (end, y), look, 4, class_="vlan")
            name, subnet = labels(vlan)
            x = next(panel.x for panel in self.plan.panels if vlan.site in {None, panel.site}) + GAP
            self.canvas.text((x, y - 2), name, 11, font_weight="bold", fill=look.colour)
            self.canvas.text((x, y + 11), subnet, 9.5, fill=INK)

    def _strand(
        self, start: tuple[float, float], end: tuple[float, float], look: Look, thick: float, **more: str
    ) -> None:
        self.canvas.line(start, end, stroke=look.colour, stroke_width=thick, stroke_dasharray=look.dash, **more)

    def _group(self, group: Group) -> None:
        top = self.plan.blocks_top - PORT_HIGH - RACK_HEADER
        if group.rack is not None:
            size = group.wide, self.plan.panel_bottom - top - GAP / 2
            self.canvas.box((group.x, top), size, fill="none", stroke=PALE, stroke_dasharray="2 3", class_="rack")
            self.canvas.text((group.x + 8, self.plan.panel_bottom - GAP), group.rack, 11, fill=PALE)
        for placed in group.blocks:
            self._block(placed)

    def _block(self, placed: Placed) -> None:
        top, block = self.plan.blocks_top, placed.block
        size = block.wide, self.plan.block_high
        self.canvas.box((placed.x, top), size, fill="#fff", stroke=INK, stroke_width=1.5, class_="machine")
        self.canvas.text((placed.x + 10, top + 17), block.name, 13, font_weight="bold", fill=INK)
        self.canvas.text((placed.x + 10, top + 30), block.note, 10, fill=PALE)
        for i, (vlan, text) in enumerate(block.rows):
            y = top + 46 + i * LINE
            self._strand((placed.x + 8, y - 3), (placed.x + 20, y - 3), self.looks[vlan], 4)
            self.canvas.text((placed.x + 24, y), text, 10, fill=INK)
        for port, x in placed.ports():
            self._port(port, x)

    def _port(self, port: PortShape, x: float) -> None:
        top = self.plan.blocks_top - PORT_HIGH
        middle = x + port.wide / 2
        self._sleeve(port.kind, (x, top), port.wide)
        for i, strand in enumerate(port.strands):
            at = middle + (i - (len(port.strands) - 1) / 2) * STRAND
            look, y = self.looks[strand.vlan], self.plan.bus(strand.vlan)
            self._strand((at, y), (at, top), look, 2.5)
            fill = look.colour if strand.tagged else "#fff"
            self.canvas.dot((at, y), 4.5, fill=fill, stroke=look.colour, stroke_width=2)
        self._socket(port.kind, (x, top), port.wide)
        fill = "#fff" if port.kind == "trunk" else INK
        self.canvas.text((middle, top + 13), port.name, 10, fill=fill, **MIDDLE)

    def _sleeve(self, kind: str, corner: tuple[float, float], wide: float) -> None:
        """Draw what holds the strands of a trunk together; it lies behind them."""
        if kind == "trunk":
            sleeve = corner[0] + 2, corner[1] - SLEEVE + 4
            self.canvas.box(sleeve, (wide - 4, SLEEVE), fill="#ddd", stroke=INK, stroke_width=2, class_="sleeve")

    def _socket(self, kind: str, corner: tuple[float, float], wide: float) -> None:
        fill = INK if kind == "trunk" else "#fff"
        dash = "3 2" if kind == "bmc" else ""
        self.canvas.box(corner, (wide, PORT_HIGH), fill=fill, stroke=INK, stroke_dasharray=dash, class_=kind)

    def _legend(self) -> float:
        """Draw what the signs mean, beside the notes; return where it ends."""
        top = self.plan.panel_bottom + GAP + SLEEVE
        signs = [("trunk", "trunk: several VLANs through one sleeve"), ("access", "access port: one VLAN, untagged")]
        signs += [("bmc", "management controller's own port")]
        for i, (kind, text) in enumerate(signs):
            y = top + i * LEGEND_ROW
            self._sleeve(kind, (MARGIN, y), 34)
            self._socket(kind, (MARGIN, y), 34)
            self.canvas.text((MARGIN + 46, y + 13), text, 11, fill=INK)
        y = top + len(signs) * LEGEND_ROW + 8
        for x, fill, text in ((MARGIN + 8, "#fff", "untagged"), (MARGIN + 110, INK, "tagged")):
            self.canvas.dot((x, y), 4.5, fill=fill, stroke=INK, stroke_width=2)
            self.canvas.text((x + 12, y + 4), text, 11, fill=INK)
        self.canvas.box((MARGIN + 196, y - 5), (10, 10), rx=0, fill=INK)
        self.canvas.text((MARGIN + 212, y + 4), "gateway", 11, fill=INK)
        notes = list(_notes(self.topology))
        for i, note in enumerate(notes):
            self.canvas.text((MARGIN + 330, top + 10 + i * 16), note, 11, fill=INK)
        return max(y + 10, top + 16 * len(notes))


def _notes(topology: Topology) -> Iterator[str]:
    """Yield what stands in no place of the drawing: virtual addresses, overlays, lines to the internet, flows."""
    for vip in topology.vips:
        yield f"virtual address {vip.name}: {vip.address}"
    for overlay in topology.overlays:
        over = f" over {overlay.over}, UDP {overlay.port}" if overlay.over is not None else ""
        yield f"overlay {overlay.name}: {overlay.subnet}{over}"
    for switch in topology.switches:
        for uplink in switch.uplinks:
            speed = f", {format_rate(uplink.speed)}" if uplink.speed is not None else ""
            yield f"{switch.name} to the internet: {uplink.name}{speed}"
    for flow in topology.flows:
        ports = f" ({', '.join(map(str, flow.ports))})" if flow.ports else ""
        yield f"{flow.source} may reach {', '.join(flow.to)}{ports}"
