"""From a declared disk layout to the commands that make it. Pure: `installer` runs them, `differences` is the way back.

The layout is GPT with an EFI system partition (on BIOS a BIOS boot partition before it, for the boot loader's core) and
one LVM group in the rest.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from harness.errors import HarnessBug
from harness.topology.firmware import Firmware
from harness.units import MiB

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.topology.model import DiskLayout, LogicalVolume

TARGET = PurePosixPath("/mnt")
LENT = ("dev", "proc", "sys")

ESP_TYPE = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
LVM_TYPE = "e6d6d379-f507-44c2-a23c-238f2a3df928"
BIOS_TYPE = "21686148-6449-6e6f-744e-656564454649"
"""Partition types of GPT; sgdisk calls them EF00, 8E00 and EF02."""

BIOS_SIZE = 1 * MiB

ALIGNMENT = 1 * MiB
"""Partitions start at whole MiB, so one may be smaller or larger than declared by up to this."""

EXTENT = 4 * MiB
"""LVM's unit: a volume is rounded up to whole extents; a group may leave this and its own header unused."""

JOURNAL_MIB = 64
EXT4_OPTIONS = ("noatime", "noinit_itable")
"""`noinit_itable`: the kernel leaves unused inode tables unwritten, which checksummed groups allow (ext4(5)), so that
a disk of 100 GiB with little on it stays a small file."""

ESP_OPTIONS = ("umask=0077", "shortname=winnt")


@dataclass(frozen=True)
class Command:
    """A command as words, and what it reads from standard input."""

    words: tuple[str, ...]
    stdin: bytes = b""


@dataclass(frozen=True)
class Partition:
    """A partition of the layout: without a `size` it takes the rest."""

    name: str
    path: str
    type: str
    size: int | None


@dataclass(frozen=True)
class Mount:
    """A file system in its place: the device's path now, how fstab names it, where it belongs."""

    device: str
    spec: str
    target: PurePosixPath
    filesystem: str
    options: tuple[str, ...]


def partitions(layout: DiskLayout, firmware: Firmware) -> list[Partition]:
    """Return the partitions in the order of their numbers."""
    wanted: list[tuple[str, str, int | None]] = [("esp", ESP_TYPE, layout.esp_size)]
    if firmware == Firmware.BIOS:
        wanted.insert(0, ("bios", BIOS_TYPE, BIOS_SIZE))
    wanted.append((layout.volume_group, LVM_TYPE, None))
    between = "p" if layout.device[-1].isdigit() else ""
    return [
        Partition(name, f"{layout.device}{between}{number}", kind, size)
        for number, (name, kind, size) in enumerate(wanted, start=1)
    ]


def esp_partition(layout: DiskLayout, firmware: Firmware) -> Partition:
    """Return the EFI system partition, which holds `/boot` on BIOS machines, too."""
    return next(one for one in partitions(layout, firmware) if one.type == ESP_TYPE)


def lvm_partition(layout: DiskLayout, firmware: Firmware) -> Partition:
    """Return the partition that is the LVM group's only physical volume."""
    return next(one for one in partitions(layout, firmware) if one.type == LVM_TYPE)


def partition_commands(layout: DiskLayout, firmware: Firmware) -> list[Command]:
    """Return the commands that wipe the disk and make its partitions; old signatures inside them are wiped, too."""
    script = ["label: gpt", *(_sfdisk_line(one) for one in partitions(layout, firmware))]
    words = ("sfdisk", "--quiet", "--wipe", "always", "--wipe-partitions", "always", layout.device)
    return [Command(words, "".join(f"{line}\n" for line in script).encode())]


def volume_commands(layout: DiskLayout, firmware: Firmware) -> list[Command]:
    """Return the commands that make the LVM group and its volumes, the one that takes the rest last.

    Raises `HarnessBug` where more than one volume takes the rest, which the topology's checks forbid.
    """
    physical = lvm_partition(layout, firmware).path
    group = layout.volume_group
    return [
        Command(("pvcreate", "--quiet", "--force", "--force", "--yes", physical)),
        Command(("vgcreate", "--quiet", group, physical)),
        *(
            Command(("lvcreate", "--quiet", "--yes", "--name", one.name, *_lvm_size(one), group))
            for one in _volumes_rest_last(layout)
        ),
    ]


def format_commands(layout: DiskLayout, firmware: Firmware) -> list[Command]:
    """Return the commands that make the file systems; they touch different devices and may run side by side."""
    esp = esp_partition(layout, firmware).path
    volume_id = esp_uuid(layout).replace("-", "")
    return [
        Command(("mkfs.vfat", "-F", "32", "-n", "ESP", "-i", volume_id, esp)),
        *(Command(_ext4_words(layout, one)) for one in layout.volumes),
    ]


def mounts(layout: DiskLayout, firmware: Firmware) -> list[Mount]:
    """Return the file systems, parents before what is mounted inside them."""
    esp = esp_partition(layout, firmware).path
    found = [Mount(esp, f"UUID={esp_uuid(layout)}", PurePosixPath(layout.esp_mount), "vfat", ESP_OPTIONS)]
    for one in layout.volumes:
        path = volume_path(layout, one)
        found.append(Mount(path, path, PurePosixPath(one.mount), one.filesystem, EXT4_OPTIONS))
    return sorted(found, key=lambda mount: mount.target)


def mount_commands(layout: DiskLayout, firmware: Firmware) -> list[Command]:
    """Return the commands that mount everything under `TARGET`; mount(8) makes the folders."""
    commands = []
    for one in mounts(layout, firmware):
        target = str(TARGET / one.target.relative_to("/"))
        options = ",".join((*one.options, "X-mount.mkdir"))
        commands.append(Command(("mount", "-t", one.filesystem, "-o", options, one.device, target)))
    return commands


def bind_commands() -> list[Command]:
    """Return the commands that lend the system under `TARGET` the installer's devices, as its boot loader needs."""
    return [Command(("mount", "--bind", f"/{name}", str(TARGET / name))) for name in LENT]


def unmount_commands(layout: DiskLayout) -> list[Command]:
    """Return the commands that write everything out, and let go of all file systems and of the group."""
    return [
        Command(("sync",)),
        Command(("umount", "--recursive", str(TARGET))),
        Command(("vgchange", "--quiet", "--activate", "n", layout.volume_group)),
    ]


def fstab(layout: DiskLayout, firmware: Firmware) -> str:
    """Return the installed system's `/etc/fstab` (fstab(5)): volumes by path, the ESP by the UUID that it is given."""
    lines = []
    for one in mounts(layout, firmware):
        check_order = 1 if one.target == PurePosixPath("/") else 2
        lines.append(f"{one.spec} {one.target} {one.filesystem} {','.join(one.options)} 0 {check_order}\n")
    return "".join(lines)


def esp_uuid(layout: DiskLayout) -> str:
    """Return the ESP's volume id as ``XXXX-XXXX``: given by us, so that it is known before there is a disk."""
    digest = hashlib.sha256(layout.model_dump_json().encode()).hexdigest()[:8].upper()
    return f"{digest[:4]}-{digest[4:]}"


def volume_path(layout: DiskLayout, volume: LogicalVolume) -> str:
    """Return a volume's path as the device mapper names it (a hyphen inside a name is doubled there)."""
    group, name = (part.replace("-", "--") for part in (layout.volume_group, volume.name))
    return f"/dev/mapper/{group}-{name}"


def root_volume(layout: DiskLayout) -> LogicalVolume:
    """Return the volume that is mounted at ``/``. Raises `HarnessBug` where there is none, which the checks forbid."""
    for one in layout.volumes:
        if one.mount == "/":
            return one
    raise HarnessBug("a disk layout without a volume for / passed the topology's checks")


def _sfdisk_line(partition: Partition) -> str:
    size = f"size={partition.size // MiB}MiB, " if partition.size is not None else ""
    return f'{size}type={partition.type.upper()}, name="{partition.name}"'


def _volumes_rest_last(layout: DiskLayout) -> Sequence[LogicalVolume]:
    if sum(one.size is None for one in layout.volumes) > 1:
        raise HarnessBug("a disk layout with two volumes that take the rest passed the topology's checks")
    return sorted(layout.volumes, key=lambda one: one.size is None)


def _lvm_size(volume: LogicalVolume) -> tuple[str, str]:
    return ("--extents", "100%FREE") if volume.size is None else ("--size", f"{volume.size}b")


def _ext4_words(layout: DiskLayout, volume: LogicalVolume) -> tuple[str, ...]:
    lazily = "lazy_itable_init=1,lazy_journal_init=1,nodiscard"
    path = volume_path(layout, volume)
    return ("mkfs.ext4", "-q", "-F", "-L", volume.name, "-E", lazily, "-J", f"size={JOURNAL_MIB}", path)
