"""What sets up an installed machine's cards: files for systemd-networkd and udev. Pure.

A VLAN that a card carries tagged is an interface of its own, named as on namespace machines: ``eth1.200``.

`harness.topology.gateways` says which gateway is whose default route, and which stand in tables of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from harness.network.plan import vlan_ids
from harness.topology.gateways import FIRST_TABLE, default_vlan, has_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from harness.topology.model import MachineSpec, NicSpec, Topology, Vlan

FOLDER = PurePosixPath("/etc/systemd/network")
KERNEL_NAME = "eth{}"
"""What the kernel calls its cards, in the order of the PCI bus (``net.ifnames=0``), which is that of the topology."""


@dataclass(frozen=True)
class _Standing:
    """Where a machine stands in a VLAN: its address there, and what it knows of the gateway."""

    vlan: Vlan
    address: IPv4Address
    table: int | None
    """The routing table that the gateway stands in; None is the main one."""

    def network(self) -> Iterator[str]:
        yield f"Address={self.address}/{self.vlan.subnet.prefixlen}"
        if self.table is None and has_gateway(self.vlan, self.address):
            yield f"Gateway={self.vlan.gateway}"

    def routes(self) -> Iterator[str]:
        if self.table is None:
            return
        yield from ("[Route]", f"Destination={self.vlan.subnet}", f"Table={self.table}")
        yield from ("[Route]", f"Gateway={self.vlan.gateway}", f"Table={self.table}")
        yield from ("[RoutingPolicyRule]", f"From={self.address}", f"Table={self.table}")


def network_files(topology: Topology, machine: MachineSpec) -> dict[PurePosixPath, str]:
    """Return the files that give a machine's cards their names, VLANs, addresses and routes."""
    ids = vlan_ids(topology)
    default = default_vlan(topology, machine)
    files: dict[PurePosixPath, str] = {}
    for number, nic in enumerate(machine.nics):
        standings = dict(_standings(topology, nic, default))
        tagged = {one.vlan: f"{nic.name}.{ids[one.vlan]}" for one in nic.tagged}
        if nic.name != KERNEL_NAME.format(number):
            files[_path(nic.name, "link")] = _text(*_card(nic), "[Link]", f"Name={nic.name}")
        own = standings.get(nic.untagged) if nic.untagged else None
        files[_path(nic.name, "network")] = _network(_card(nic), own, carries=list(tagged.values()))
        for vlan, interface in tagged.items():
            device = ("[NetDev]", f"Name={interface}", "Kind=vlan", "[VLAN]", f"Id={ids[vlan]}")
            files[_path(interface, "netdev")] = _text(*device)
            files[_path(interface, "network")] = _network(["[Match]", f"Name={interface}"], standings.get(vlan))
    return files


def _standings(topology: Topology, nic: NicSpec, default: str | None) -> Iterator[tuple[str, _Standing]]:
    for name, address in nic.addresses.items():
        if address is not None:
            vlan = topology.vlan(name)
            own_table = name != default and has_gateway(vlan, address)
            table = FIRST_TABLE + topology.vlans.index(vlan) if own_table else None
            yield name, _Standing(vlan, address, table)


def _card(nic: NicSpec) -> list[str]:
    """Return what a card is known by: its MAC, which the interfaces of its VLANs have as well."""
    return ["[Match]", f"MACAddress={nic.mac}", *(["Type=!vlan"] if nic.tagged else [])]


def _network(match: list[str], standing: _Standing | None, carries: list[str] | None = None) -> str:
    """Return an interface's settings. Nobody waits at boot for one without an address: it never gets routable."""
    return _text(
        *match,
        *([] if standing else ["[Link]", "RequiredForOnline=no"]),
        "[Network]",
        *(standing.network() if standing else ()),
        *(f"VLAN={interface}" for interface in carries or ()),
        "LinkLocalAddressing=no",
        "IPv6AcceptRA=no",
        *(standing.routes() if standing else ()),
    )


def _path(interface: str, kind: str) -> PurePosixPath:
    return FOLDER / f"10-{interface}.{kind}"


def _text(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)
