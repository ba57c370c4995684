"""What lsblk, lvs and findmnt say of a machine that has exactly what a layout declares; tests change one thing."""

from __future__ import annotations

from typing import Any, TypeAlias

from harness.provisioning.layout import lvm_partition, mounts, partitions
from harness.topology.firmware import Firmware
from harness.topology.model import DiskLayout
from harness.units import MiB

Json: TypeAlias = dict[str, Any]
EXTENT = 4 * MiB


def lsblk(layout: DiskLayout, firmware: Firmware, size: int) -> Json:
    used = sum(one.size or 0 for one in partitions(layout, firmware))
    children = [
        {
            "path": one.path,
            "type": "part",
            "size": one.size or size - used - 2 * MiB,
            "pttype": "gpt",
            "parttype": one.type,
            "partlabel": one.name,
            "fstype": None,
        }
        for one in partitions(layout, firmware)
    ]
    disk = {"path": layout.device, "type": "disk", "size": size, "pttype": "gpt", "children": children}
    cdrom = {"path": "/dev/sr0", "type": "rom", "size": 1024, "pttype": None}
    return {"blockdevices": [cdrom, disk]}


def lvs(layout: DiskLayout, firmware: Firmware, size: int) -> Json:
    physical = lvm_partition(layout, firmware).path
    (group,) = (
        one["size"] for one in lsblk(layout, firmware, size)["blockdevices"][1]["children"] if one["path"] == physical
    )
    fixed = sum(_extents(one.size) for one in layout.volumes if one.size is not None)
    rest = (group - MiB) // EXTENT * EXTENT - fixed
    volumes = [
        {
            "vg_name": layout.volume_group,
            "lv_name": one.name,
            "lv_size": str(rest if one.size is None else _extents(one.size)),
            "devices": f"{physical}(0)",
        }
        for one in layout.volumes
    ]
    other = {"vg_name": "other", "lv_name": "root", "lv_size": "1", "devices": "/dev/vdb(0)"}
    return {"report": [{"lv": [*volumes, other]}]}


def findmnt(layout: DiskLayout, firmware: Firmware) -> Json:
    found = [
        {"target": str(one.target), "source": one.device, "fstype": one.filesystem, "options": "rw,noatime"}
        for one in mounts(layout, firmware)
    ]
    return {"filesystems": [*found, {"target": "/run", "source": "tmpfs", "fstype": "tmpfs", "options": "rw"}]}


def _extents(size: int) -> int:
    return -(-size // EXTENT) * EXTENT
