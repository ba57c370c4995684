"""The libvirt domain of a machine: a value, and the XML that libvirt makes of it (libvirt, "Domain XML format")."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from harness.network.protocol import MulticastAttachment, TapAttachment, UdpAttachment

if TYPE_CHECKING:
    from jinja2 import Template

    from harness.machines.accelerator import Accelerator
    from harness.machines.firmware import FirmwareFiles
    from harness.machines.memory import Memory
    from harness.network.protocol import Attachment
    from harness.topology.model import MachineSpec

EMULATOR = "/usr/bin/qemu-system-x86_64"
INTERFACES = {UdpAttachment: "udp", MulticastAttachment: "mcast", TapAttachment: "ethernet"}
"""libvirt's types of network interfaces, by what the card plugs into."""


@dataclass(frozen=True)
class DomainCard:
    """A network card: what it plugs into, whether its cable has a carrier, whether the firmware may boot from it."""

    mac: str
    attachment: Attachment
    carrier: bool = True
    boots: bool = False

    @property
    def interface(self) -> str:
        """The type of libvirt's network interface."""
        return INTERFACES[type(self.attachment)]


@dataclass(frozen=True)
class Kernel:
    """A kernel that the emulator loads itself, past the firmware's own boot."""

    image: Path
    initrd: Path
    arguments: str


@dataclass(frozen=True)
class Domain:
    """Everything that a virtual machine is made of. `uefi` is None for a machine with BIOS firmware.

    One that is `incoming` has not booted and won't: it waits for the state of a machine that was saved.
    """

    name: str
    spec: MachineSpec
    accelerator: Accelerator
    uefi: FirmwareFiles | None
    nvram: Path
    disk: Path
    console: Path
    cards: tuple[DomainCard, ...]
    memory: Memory
    keeper: Path | None = None
    kernel: Kernel | None = None
    incoming: bool = False
    emulator: str = EMULATOR

    def xml(self) -> str:
        """Return the domain's XML. Booted are the disk, then the card that boots: a blank disk boots the network."""
        return _template().render(vars(self))


def snapshot_xml(top: Path) -> str:
    """Return the XML by which a running machine's disk goes on in another file, which is there already."""
    root = ET.Element("domainsnapshot")
    disk = ET.SubElement(ET.SubElement(root, "disks"), "disk", name="vda", snapshot="external")
    ET.SubElement(disk, "source", file=str(top))
    return ET.tostring(root, encoding="unicode")


def interface_xml(running: str, mac: str, *, on: bool) -> str:
    """Return a running domain's interface with that MAC, as XML, with its link's state changed and nothing else."""
    interfaces = ET.fromstring(running).iterfind("devices/interface")  # noqa: S314 - libvirt's own words
    interface = next(one for one in interfaces if one.find(f"mac[@address='{mac}']") is not None)
    link = interface.find("link")
    if link is None:
        link = ET.SubElement(interface, "link")
    link.set("state", "up" if on else "down")
    return ET.tostring(interface, encoding="unicode")


@cache
def _template() -> Template:
    """Return the template, which takes as long to compile as the rest of a machine's start takes of this process."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - with the first machine

    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("domain.xml.j2")
