"""A topology as Mermaid text (mermaid.js.org, flowchart): VLANs by colour, trunks thick, sites and racks as boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.topology.looks import TINTS, looks, title, wan_label
from harness.topology.wiring import cables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.topology.looks import Look
    from harness.topology.model import MachineSpec, Topology, Vlan

LEGEND = (
    '  subgraph legend ["ports"]',
    '    access_port["access"] ---|"one VLAN, untagged"| access_vlan(["VLAN"])',
    '    trunk_port["trunk"] ===|"several VLANs, tagged"| trunk_vlan(["VLAN"])',
    '    bmc_port["BMC"] -.-|"the controller\'s own port"| bmc_vlan(["VLAN"])',
    "  end",
)


def mermaid(topology: Topology) -> str:
    """Return a topology as a Mermaid flowchart.

    An access port is a thin line to its VLAN, a trunk a thick one to each.
    A BMC's port is dotted, and so are lines between sites.
    """
    look = looks(topology)
    lines = [f"%% {topology.name}", "flowchart TB"]
    for number, site in enumerate(topology.sites):
        inside = [*_vlans(topology, site.name), *_switches(topology, site.name), *_machines(topology, site.name)]
        lines += [f'  subgraph {_id("site", site.name)}["site {site.name}"]', *_indented(inside), "  end"]
        lines.append(f"  style {_id('site', site.name)} fill:{TINTS[number % len(TINTS)]},stroke:#333")
    lines += _indented([*_vlans(topology, None), *_switches(topology, None), *_machines(topology, None)], depth=1)
    lines += _edges(topology, look)
    lines += [line for vlan in topology.vlans for line in _class(vlan, look[vlan.name])]
    lines += LEGEND
    return "".join(f"{line}\n" for line in lines)


def _id(kind: str, name: str) -> str:
    # Names have no underscores, so two of them never become one.
    return f"{kind}_{name.replace('-', '_')}"


def _indented(lines: list[str], depth: int = 2) -> list[str]:
    return ["  " * depth + line for line in lines]


def _vlans(topology: Topology, site: str | None) -> Iterator[str]:
    for vlan in topology.vlans:
        if vlan.site == site:
            gateway = f"<br/>gateway {vlan.gateway}" if vlan.gateway is not None else ""
            yield f'{_id("vlan", vlan.name)}(["{title(vlan)}<br/>{vlan.subnet}{gateway}"])'


def _switches(topology: Topology, site: str | None) -> Iterator[str]:
    for switch in topology.switches:
        if switch.site == site:
            yield f'{_id("switch", switch.name)}{{{{"{switch.name}{"<br/>routes" if switch.routes else ""}"}}}}'


def _machines(topology: Topology, site: str | None) -> Iterator[str]:
    server = topology.boot_server
    if server is not None and topology.vlan(server.vlan).site == site:
        yield f'{_id("machine", server.name)}["{server.name}<br/>boot server"]'
    machines = [machine for machine in topology.machines if machine.site == site]
    for rack in dict.fromkeys(machine.rack for machine in machines):
        inside = [_machine(machine, topology) for machine in machines if machine.rack == rack]
        if rack is None:
            yield from inside
        else:
            yield f'subgraph {_id("rack", f"{site}-{rack}" if site else rack)}["{rack}"]'
            yield from _indented(inside, depth=1)
            yield "end"


def _machine(machine: MachineSpec, topology: Topology) -> str:
    voter = "<br/>votes" if topology.stack is not None and machine.voter else ""
    return f'{_id("machine", machine.name)}["{machine.name}<br/>{machine.role}{voter}"]'


def _edges(topology: Topology, look: dict[str, Look]) -> Iterator[str]:
    """Yield every edge, and each one's style, which Mermaid counts from 0 in the order of the edges."""
    edges = [*_ports(topology), *_cables(topology)]
    for edge, _ in edges:
        yield f"  {edge}"
    for number, (edge, vlan) in enumerate(edges):
        if vlan is not None:
            dash = f",stroke-dasharray:{look[vlan].dash}" if look[vlan].dash else ""
            width = "5px" if "===" in edge else "2px"
            yield f"  linkStyle {number} stroke:{look[vlan].colour},stroke-width:{width}{dash}"


def _ports(topology: Topology) -> Iterator[tuple[str, str | None]]:
    if (server := topology.boot_server) is not None:
        yield f'{_id("machine", server.name)} ---|"{server.address}"| {_id("vlan", server.vlan)}', server.vlan
    for machine in topology.machines:
        own = _id("machine", machine.name)
        for nic in machine.nics:
            trunk = {one.vlan for one in nic.tagged}
            for vlan, address in nic.addresses.items():
                label = f"{nic.name}{_kind(vlan in trunk, bool(trunk))}{f' {address}' if address else ''}"
                yield f'{own} {"===" if trunk else "---"}|"{label}"| {_id("vlan", vlan)}', vlan
        if (bmc := machine.bmc) is not None:
            yield f'{own} -.-|"bmc {bmc.address}"| {_id("vlan", bmc.vlan)}', bmc.vlan


def _kind(tagged: bool, trunk: bool) -> str:  # noqa: FBT001 - two facts of one port, told apart by their names
    return " tagged" if tagged else " native" if trunk else ""


def _cables(topology: Topology) -> Iterator[tuple[str, str | None]]:
    switches = {switch.name for switch in topology.switches}
    for cable in cables(topology):
        if cable.ends[0] in switches and cable.ends[1] is not None:
            yield f"{_id('switch', cable.ends[0])} --- {_id('switch', cable.ends[1])}", None
    for wan in topology.wans:
        one, other = (_id("site", name) for name in wan.between)
        yield f'{one} <-. "{wan_label(wan)}" .-> {other}', None


def _class(vlan: Vlan, look: Look) -> Iterator[str]:
    dash = f",stroke-dasharray:{look.dash}" if look.dash else ""
    yield f"  style {_id('vlan', vlan.name)} fill:#fff,color:{look.colour},stroke:{look.colour},stroke-width:3px{dash}"
