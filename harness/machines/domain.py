"""The libvirt domain of a machine: a value, and the XML that libvirt makes of it (libvirt, "Domain XML format")."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.machines.accelerator import Accelerator
    from harness.machines.firmware import FirmwareFiles
    from harness.network.protocol import Attachment
    from harness.topology.model import MachineSpec, NicSpec

EMULATOR = "/usr/bin/qemu-system-x86_64"


@dataclass(frozen=True)
class Domain:
    """Everything that a virtual machine is made of. `uefi` is None for a machine with BIOS firmware."""

    name: str
    spec: MachineSpec
    accelerator: Accelerator
    uefi: FirmwareFiles | None
    nvram: Path
    disk: Path
    console: Path
    nics: tuple[tuple[NicSpec, Attachment], ...]
    emulator: str = EMULATOR

    def xml(self) -> str:
        """Return the domain's XML. The order of boot is the disk, then the cards: a blank disk boots the network."""
        from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - with the first machine

        loader = FileSystemLoader(Path(__file__).parent)
        environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
        return environment.get_template("domain.xml.j2").render(vars(self))
