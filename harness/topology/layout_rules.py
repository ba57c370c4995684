"""What must hold of the layout of the machines' disks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.topology.findings import Finding, repeated
from harness.topology.scalars import format_size
from harness.topology.wording import quote
from harness.units import MiB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.topology.location import Location
    from harness.topology.model import DiskLayout, Topology

EXTENT = 4 * MiB
"""What LVM hands out space in, unless told otherwise (vgcreate(8), --physicalextentsize)."""

OVERHEAD = 8 * MiB
"""1 MiB each for the GPT at both ends, a BIOS boot partition and LVM's own data; the rest for what extents cut off."""

VOLUMES: Location = ("disk_layout", "volumes")


def layout_findings(topology: Topology) -> Iterator[Finding]:
    """Find what is wrong with the layout, and which machines' disks are too small for it."""
    layout = topology.disk_layout
    yield from repeated(
        (((*VOLUMES, i, "name"), volume.name) for i, volume in enumerate(layout.volumes)), "volume name"
    )
    yield from repeated(_mounts(layout), "mount point")
    yield from _no_root(layout)
    yield from _several_rests(layout)
    yield from _small_disks(topology)


def _mounts(layout: DiskLayout) -> Iterator[tuple[Location, str]]:
    yield ("disk_layout", "esp_mount"), layout.esp_mount
    for i, volume in enumerate(layout.volumes):
        yield (*VOLUMES, i, "mount"), volume.mount


def _places(layout: DiskLayout, key: str) -> tuple[Location, ...]:
    return tuple((*VOLUMES, i, key) for i in range(len(layout.volumes)))


def _no_root(layout: DiskLayout) -> Iterator[Finding]:
    if all(volume.mount != "/" for volume in layout.volumes):
        yield Finding(VOLUMES, "no volume is mounted at '/'", "one", rests_on=_places(layout, "mount"))


def _several_rests(layout: DiskLayout) -> Iterator[Finding]:
    unsized = [i for i, volume in enumerate(layout.volumes) if volume.size is None]
    for i in unsized[1:]:
        message = f"volume {quote(layout.volumes[i].name)} without a size would also take the rest of the group"
        places = ((*VOLUMES, i, "size"), (*VOLUMES, unsized[0], "size"))
        yield Finding((*VOLUMES, i), message, "one such volume", (*VOLUMES, unsized[0]), rests_on=places)


def _small_disks(topology: Topology) -> Iterator[Finding]:
    layout = topology.disk_layout
    needed = _needed(layout)
    rests_on = (("disk_layout", "esp_size"), *_places(layout, "size"))
    for i, machine in enumerate(topology.machines):
        if machine.disk < needed:
            message = f"a disk of {format_size(machine.disk)} is too small for the disk layout"
            yield Finding(("machines", i, "disk"), message, f"{format_size(needed)} or more", VOLUMES, rests_on)


def _needed(layout: DiskLayout) -> int:
    """Return how many bytes the layout takes at least; a volume without a size needs one extent."""
    extents = sum(-(-(volume.size or 1) // EXTENT) for volume in layout.volumes)
    return layout.esp_size + extents * EXTENT + OVERHEAD
