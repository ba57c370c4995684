"""What the boot server says and serves, as text: dnsmasq's and nginx's configuration, and the iPXE script. Pure.

The chain that these files describe is the one of real hardware: firmware PXE → DHCP → TFTP (an iPXE program for the
firmware's architecture) → DHCP again, now with iPXE's user class → HTTP (`boot.ipxe`) → kernel and initrd.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.errors import HarnessBug

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network

    import jinja2

    from harness.topology.model import MachineSpec, Topology

UEFI_PROGRAM = "ipxe.efi"
BIOS_PROGRAM = "undionly.kpxe"
SCRIPT = "boot.ipxe"
KERNEL = "vmlinuz"
INITRD = "initrd.img"
AUTHORIZED_KEYS = "authorized_keys"
ROOT = "root.tar.zst"

HTTP_PORT = 80
LEASE = timedelta(hours=1)
RETRY = timedelta(seconds=3)
MAC_ARGUMENT = "BOOTIF=01-${netX/mac:hexhyp}"
"""Which card the machine booted from, in the form of PXELINUX (hardware type 01 is Ethernet); iPXE fills in the MAC."""


@dataclass(frozen=True)
class Reservation:
    """A network card that may boot here, and the address that it always gets."""

    name: str
    mac: str
    address: IPv4Address


@dataclass(frozen=True)
class BootConfig:
    """What the boot server is told: where it stands, whom it answers, what it has machines boot.

    `kernel_arguments` are words of the kernel's command line; the script adds `initrd=` and `BOOTIF=` itself.
    """

    name: str
    interface: str
    address: IPv4Address
    subnet: IPv4Network
    reservations: tuple[Reservation, ...]
    gateway: IPv4Address | None = None
    kernel_arguments: tuple[str, ...] = ()
    lease: timedelta = LEASE
    http_port: int = HTTP_PORT

    def url(self, name: str) -> str:
        """Return the address at which machines fetch a published file."""
        port = "" if self.http_port == HTTP_PORT else f":{self.http_port}"
        return f"http://{self.address}{port}/{name}"


def reservations(topology: Topology, vlan: str) -> tuple[Reservation, ...]:
    """Return one reservation for each network card that stands in a VLAN without a tag, and has an address there.

    Firmware knows no tags, so a card that carries the VLAN tagged can't boot there.
    """
    return tuple(
        Reservation(machine.name, nic.mac, nic.untagged_address)
        for machine in topology.machines
        for nic in machine.nics
        if nic.untagged == vlan and nic.untagged_address is not None
    )


def boot_card(machine: MachineSpec, vlan: str) -> str | None:
    """Return the name of the card that a machine boots from when the boot server stands in that VLAN, or None.

    It is the first that has a reservation there. No other card is to be tried: firmware that asks for DHCP where nobody
    answers gives up only after half a minute or more, card by card.
    """
    return next((nic.name for nic in machine.nics if nic.untagged == vlan and nic.untagged_address is not None), None)


def dnsmasq_conf(config: BootConfig, *, tftp: bool = True, addresses: bool = True) -> str:
    """Return dnsmasq's configuration. The paths that it needs are given on its command line.

    Without `addresses` it knows its machines and has none to give them.
    """
    return _template("dnsmasq.conf.j2").render(
        config=config,
        tftp=tftp,
        addresses=addresses,
        lease_seconds=int(config.lease.total_seconds()),
        uefi_program=UEFI_PROGRAM,
        bios_program=BIOS_PROGRAM,
        script_url=config.url(SCRIPT),
    )


def nginx_conf(config: BootConfig) -> str:
    """Return nginx's configuration; its paths are relative to the prefix (``nginx -p``)."""
    return _template("nginx.conf.j2").render(config=config)


def boot_script(config: BootConfig) -> str:
    """Return the iPXE script that loads kernel and initrd, and tries again where that fails.

    On UEFI the kernel finds its initrd by the name on its command line, so both names are given. Raises `HarnessBug`
    for a kernel argument that is not one word.
    """
    for argument in config.kernel_arguments:
        if len(argument.split()) != 1 or argument != argument.strip():
            raise HarnessBug(f"{argument!r} is not one word of a kernel command line")
    return _template("boot.ipxe.j2").render(
        arguments=" ".join((*config.kernel_arguments, MAC_ARGUMENT)),
        kernel_url=config.url(KERNEL),
        initrd=INITRD,
        initrd_url=config.url(INITRD),
        retry_seconds=int(RETRY.total_seconds()),
    )


def _template(name: str) -> jinja2.Template:
    return _environment().get_template(name)


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2  # noqa: PLC0415 - loaded for the first boot server, not with the plugin

    return jinja2.Environment(
        loader=jinja2.PackageLoader("harness.provisioning"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - the configuration of programs, no HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
