"""The files that make an unpacked system this machine: its name, address, identity and mounts. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from harness.errors import HarnessBug
from harness.provisioning import layout as disk
from harness.provisioning.files import SECRET, Entry, File, Folder, Link
from harness.provisioning.networkd import network_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from ipaddress import IPv4Address

    from harness.machines.keys import KeyPair
    from harness.topology.firmware import Firmware
    from harness.topology.model import MachineSpec, Topology

UNITS = PurePosixPath("/etc/systemd/system")
INSTALL_LINKS = {"WantedBy": "wants", "RequiredBy": "requires"}


@dataclass(frozen=True)
class Identity:
    """How a machine proves who it is, and whom it lets in; made by the harness, so that it is known beforehand."""

    host_key: KeyPair
    authorized_key: str


def node_files(
    topology: Topology, machine: MachineSpec, *, identity: Identity, firmware: Firmware
) -> dict[PurePosixPath, Entry]:
    """Return a machine's own files: host name, hosts, network, machine id, SSH keys, mounts."""
    entries: dict[PurePosixPath, Entry] = {
        PurePosixPath("/etc/hostname"): _text(f"{machine.name}\n"),
        PurePosixPath("/etc/hosts"): _text(hosts(topology)),
        PurePosixPath("/etc/machine-id"): _text(f"{machine_id(identity)}\n", 0o444),
        PurePosixPath("/etc/fstab"): _text(disk.fstab(topology.disk_layout, firmware)),
        **ssh_files(identity),
    }
    entries |= {path: _text(text) for path, text in network_files(topology, machine).items()}
    return entries


def hosts(topology: Topology) -> str:
    """Return `/etc/hosts`: every machine by its main address, with its full name first where there is a domain."""
    domain = topology.stack.domain if topology.stack else None
    lines = ["127.0.0.1 localhost\n"]
    for machine in topology.machines:
        names = f"{machine.name}.{domain} {machine.name}" if domain else machine.name
        lines.append(f"{main_address(topology, machine)} {names}\n")
    return "".join(lines)


def main_address(topology: Topology, machine: MachineSpec) -> IPv4Address:
    """Return the address under which a machine is called by its name: in a VLAN of the stack, or else its first."""
    vlans = topology.stack.vlans if topology.stack else ()
    addresses = [pair for nic in machine.nics for pair in nic.addresses.items()]
    of_stack = (address for vlan, address in addresses if vlan in vlans and address is not None)
    return next(of_stack, machine.nics[0].address)


def machine_id(identity: Identity) -> str:
    """Return a machine id (machine-id(5)) that is new with each installation, as the host key is."""
    return hashlib.sha256(identity.host_key.public.encode()).hexdigest()[:32]


def enabled(units: Sequence[str], entries: Mapping[PurePosixPath, Entry]) -> dict[PurePosixPath, Entry]:
    """Return the links that ``systemctl enable`` would make for units among the entries, by their [Install] sections.

    Raises `HarnessBug` for a unit that is not there or says nothing about where it belongs.
    """
    links: dict[PurePosixPath, Entry] = {}
    for unit in units:
        path = UNITS / unit
        entry = entries.get(path)
        found = dict(_install_links(unit, entry.content.decode())) if isinstance(entry, File) else {}
        if not found:
            raise HarnessBug(f"{unit} can't be enabled: {path} is not written, or its [Install] section is empty")
        links.update(found)
    return links


def _install_links(unit: str, text: str) -> Iterator[tuple[PurePosixPath, Link]]:
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip()
        key, _, value = line.partition("=")
        if section != "[Install]":
            continue
        for target in value.split():
            if key.strip() in INSTALL_LINKS:
                yield UNITS / f"{target}.{INSTALL_LINKS[key.strip()]}" / unit, Link(str(UNITS / unit))
            elif key.strip() == "Alias":
                yield UNITS / target, Link(str(UNITS / unit))


def ssh_files(identity: Identity) -> dict[PurePosixPath, Entry]:
    """Return a machine's host key, and whom its root lets in."""
    host_key = PurePosixPath("/etc/ssh/ssh_host_ed25519_key")
    return {
        host_key: _text(identity.host_key.private, SECRET),
        host_key.with_suffix(".pub"): _text(f"{identity.host_key.public}\n"),
        PurePosixPath("/root/.ssh"): Folder(0o700),
        PurePosixPath("/root/.ssh/authorized_keys"): _text(f"{identity.authorized_key}\n", SECRET),
    }


def _text(text: str, mode: int = 0o644) -> File:
    return File(text.encode(), mode)
