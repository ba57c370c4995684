"""A topology in a few lines of plain text, for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.topology.looks import wan_label
from harness.topology.scalars import format_exactly, format_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.topology.model import DiskLayout, MachineSpec, StackSpec, Topology, Vlan

Rows = list[tuple[str, ...]]


def counts(topology: Topology) -> str:
    """Return what there is, in numbers: ``3 machines, 1 VLAN``, and sites where there are any."""
    things = {"machine": len(topology.machines), "VLAN": len(topology.vlans), "site": len(topology.sites)}
    return ", ".join(f"{count} {noun}{'s' * (count != 1)}" for noun, count in things.items() if count)


def summary(topology: Topology) -> str:
    """Return a topology's networks, machines, disks and stack, a line each."""
    lines = [f"{topology.name}: {counts(topology)}, seed {topology.seed}"]
    lines += _section("networks", [row for vlan in topology.vlans for row in _vlan(vlan)])
    if topology.wans:
        lines += _section("lines between sites", [(" and ".join(one.between), wan_label(one)) for one in topology.wans])
    if (boot_server := topology.boot_server) is not None:
        lines += _section("boot server", [(boot_server.name, str(boot_server.address), f"in {boot_server.vlan}")])
    lines += _section("machines", [row for machine in topology.machines for row in _machine(machine)])
    lines += _section("disk layout", list(_layout(topology.disk_layout)))
    if topology.stack is not None:
        lines += _section("stack", list(_stack(topology.stack)))
    return "\n".join(lines)


def _section(title: str, rows: Rows) -> Iterator[str]:
    yield ""
    yield title
    widths = _widths(rows)
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()


def _widths(rows: Rows) -> Sequence[int]:
    columns = max(map(len, rows))
    return [max(len(row[i]) for row in rows if i < len(row)) for i in range(columns)]


def _vlan(vlan: Vlan) -> Iterator[tuple[str, ...]]:
    yield vlan.name, str(vlan.subnet), "untagged" if vlan.id is None else f"VLAN {vlan.id}"
    pool = vlan.dhcp.pool if vlan.dhcp is not None else None
    notes: dict[str, object] = {"gateway": vlan.gateway, "multicast": vlan.multicast, "scenario": vlan.scenario_address}
    notes |= {"site": vlan.site, "DHCP pool": pool}
    for what, value in notes.items():
        if value is not None:
            yield "", str(value), what


def _machine(machine: MachineSpec) -> Iterator[tuple[str, ...]]:
    hardware = f"{machine.cpus} CPU{'s' * (machine.cpus != 1)}"
    memory, disk = format_size(machine.memory), format_size(machine.disk)
    yield machine.name, machine.role, hardware, f"{memory} memory", f"{disk} disk"
    if machine.bmc is not None:
        yield "", "bmc", str(machine.bmc.address), "", f"in {machine.bmc.vlan}"
    for nic in machine.nics:
        tagged = {one.vlan for one in nic.tagged}
        for vlan, address in nic.addresses.items():
            yield "", nic.name, str(address or ""), nic.mac, f"in {vlan}{', tagged' * (vlan in tagged)}"


def _layout(layout: DiskLayout) -> Iterator[tuple[str, ...]]:
    yield layout.device, "", ""
    yield "ESP", format_size(layout.esp_size), "vfat", layout.esp_mount
    for volume in layout.volumes:
        size = "the rest" if volume.size is None else format_size(volume.size)
        yield f"{layout.volume_group}/{volume.name}", size, volume.filesystem, volume.mount


def _stack(stack: StackSpec) -> Iterator[tuple[str, ...]]:
    yield "kind", stack.kind
    yield "domain", stack.domain
    yield "network", ", ".join(stack.vlans)
    yield "bootstrap", ", ".join(stack.bootstrap)
    yield "heartbeat", format_exactly(stack.raft.heartbeat)
    yield "election", format_exactly(stack.raft.election_timeout)
    yield "peers", "TLS" if stack.raft.peer_tls else "plain"
