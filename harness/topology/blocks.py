"""What a drawing shows of machines: a block for each, with its ports and what they are in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.topology.svg import width
from harness.topology.wiring import switch_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.topology.model import MachineSpec, NicSpec, Topology

STRAND = 11
PORT_PADDING = 14
PORT_GAP = 8
BLOCK_PADDING = 10


@dataclass(frozen=True)
class Strand:
    """One VLAN of a port."""

    vlan: str
    address: str
    tagged: bool


@dataclass(frozen=True)
class PortShape:
    """A port of a block."""

    name: str
    kind: Literal["access", "trunk", "bmc"]
    strands: tuple[Strand, ...]

    @property
    def wide(self) -> float:
        """Return how wide it is drawn, in pixels."""
        return max(width(self.name, 10) + PORT_PADDING, len(self.strands) * STRAND + PORT_PADDING)


@dataclass(frozen=True)
class Block:
    """A machine: its name, what is said of it, and its ports; `switch` is what it is plugged into, if known."""

    name: str
    note: str
    site: str | None
    rack: str | None
    switch: str | None
    ports: tuple[PortShape, ...]

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Return a VLAN and a line of text for each address."""
        return [
            (one.vlan, f"{port.name.removesuffix(' trunk')} {one.address}".rstrip())
            for port in self.ports
            for one in port.strands
        ]

    @property
    def wide(self) -> float:
        """Return how wide it is drawn, in pixels."""
        ports = sum(port.wide + PORT_GAP for port in self.ports) - PORT_GAP
        words = [width(self.name, 13), width(self.note, 10), *(14 + width(text, 10) for _, text in self.rows)]
        return max(ports, *words) + 2 * BLOCK_PADDING


def blocks(topology: Topology) -> list[Block]:
    """Return a block for the boot server, where there is one, then one for each machine."""
    return [*_boot_server(topology), *(_machine(topology, machine) for machine in topology.machines)]


def _boot_server(topology: Topology) -> Iterator[Block]:
    if (server := topology.boot_server) is not None:
        places = [one.site for one in topology.switches if one.name == server.switch]
        default = topology.sites[0].name if topology.sites else None
        site = next((site for site in (topology.vlan(server.vlan).site, *places) if site is not None), default)
        port = PortShape("net", "access", (Strand(server.vlan, str(server.address), tagged=False),))
        yield Block(server.name, "boot server", site, None, server.switch, (port,))


def _machine(topology: Topology, machine: MachineSpec) -> Block:
    votes = (
        topology.stack is not None
        and machine.voter
        and any(vlan in topology.stack.vlans for nic in machine.nics for vlan in nic.addresses)
    )
    note = f"{machine.role}, votes" if votes else machine.role
    switch = switch_of(topology, machine, machine.nics[0])
    ports = (*_bmc(machine), *map(_port, machine.nics))
    return Block(machine.name, note, machine.site, machine.rack, switch, ports)


def _bmc(machine: MachineSpec) -> Iterator[PortShape]:
    if (bmc := machine.bmc) is not None:
        yield PortShape("bmc", "bmc", (Strand(bmc.vlan, str(bmc.address), tagged=False),))


def _port(nic: NicSpec) -> PortShape:
    tagged = {one.vlan for one in nic.tagged}
    strands = (Strand(vlan, str(address or ""), vlan in tagged) for vlan, address in nic.addresses.items())
    kind: Literal["trunk", "access"] = "trunk" if tagged else "access"
    return PortShape(f"{nic.name} trunk" if tagged else nic.name, kind, tuple(strands))
