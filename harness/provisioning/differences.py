"""What a machine has, against what was declared: reports of lsblk, lvs and findmnt in, differences out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from harness.provisioning.layout import ALIGNMENT, EXTENT, lvm_partition, mounts, partitions
from harness.units import MiB

DISK_SLACK = 4 * ALIGNMENT
GROUP_SLACK = 2 * EXTENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.provisioning.layout import Mount, Partition
    from harness.topology.firmware import Firmware
    from harness.topology.model import DiskLayout

Report: TypeAlias = "Mapping[str, Any]"
"""A program's answer, parsed from JSON."""

LSBLK = ("lsblk", "--json", "--bytes", "--output", "NAME,PATH,TYPE,SIZE,PTTYPE,PARTTYPE,PARTLABEL,FSTYPE")
LVS = ("lvs", "--reportformat", "json", "--units", "b", "--nosuffix", "--options", "vg_name,lv_name,lv_size,devices")
FINDMNT = ("findmnt", "--json", "--list", "--real", "--output", "TARGET,SOURCE,FSTYPE,OPTIONS")
"""The questions whose answers `differences` reads. lsblk nests what lies on a disk only where it is asked for names."""


def differences(layout: DiskLayout, firmware: Firmware, *, lsblk: Report, lvs: Report, findmnt: Report) -> list[str]:
    """Return how a machine differs from its layout, a sentence each; none where it has what was declared.

    A partition's size may be off by `ALIGNMENT`, a volume may be larger by less than one `EXTENT`; what takes the rest
    may leave `DISK_SLACK` of the disk or `GROUP_SLACK` of the group. More partitions or volumes than declared are a
    difference; other disks, groups and mounts are not. Raises `KeyError` for a report that lacks a column.
    """
    disk = next((one for one in lsblk["blockdevices"] if one["path"] == layout.device), None)
    if disk is None:
        return [f"there is no disk {layout.device}"]
    reported = [one for report in lvs["report"] for one in report["lv"]]
    volumes = [one for one in reported if one["vg_name"] == layout.volume_group]
    return [
        *_disk_differences(partitions(layout, firmware), disk),
        *_volume_differences(layout, firmware, volumes),
        *_volume_size_differences(layout, _group_size(layout, firmware, disk), volumes),
        *_mount_differences(mounts(layout, firmware), findmnt["filesystems"]),
    ]


def _disk_differences(declared: Sequence[Partition], disk: Report) -> Iterator[str]:
    if disk["pttype"] != "gpt":
        yield f"{disk['path']} has a partition table of type {disk['pttype']}, declared gpt"
    found = {one["path"]: one for one in disk.get("children", ()) if one["type"] == "part"}
    rest = disk["size"] - sum(one.size or 0 for one in declared)
    for one in declared:
        if one.path in found:
            yield from _partition_differences(one, found.pop(one.path), rest)
        else:
            yield f"there is no partition {one.path} ({one.name})"
    yield from (f"there is a partition {path} that nobody declared" for path in sorted(found))


def _partition_differences(declared: Partition, found: Report, rest: int) -> Iterator[str]:
    where = f"partition {declared.path}"
    if found["parttype"] != declared.type:
        yield f"{where} has type {found['parttype']}, declared {declared.type}"
    if found["partlabel"] != declared.name:
        yield f"{where} is named {found['partlabel']}, declared {declared.name}"
    if declared.size is None:
        yield from _size_differences(where, found["size"], at_least=rest - DISK_SLACK, at_most=rest)
    else:
        least, most = declared.size - ALIGNMENT, declared.size + ALIGNMENT
        yield from _size_differences(where, found["size"], at_least=least, at_most=most)


def _volume_differences(layout: DiskLayout, firmware: Firmware, reported: Sequence[Report]) -> Iterator[str]:
    physical = lvm_partition(layout, firmware).path
    found = {one["lv_name"]: one for one in reported}
    for one in layout.volumes:
        where = f"volume {layout.volume_group}/{one.name}"
        if one.name not in found:
            yield f"there is no {where}"
            continue
        devices = {part.partition("(")[0] for part in found.pop(one.name)["devices"].split(",")}
        if devices != {physical}:
            yield f"{where} lies on {', '.join(sorted(devices))}, declared {physical}"
    yield from (f"there is a volume {layout.volume_group}/{name} that nobody declared" for name in sorted(found))


def _volume_size_differences(layout: DiskLayout, group: int, reported: Sequence[Report]) -> Iterator[str]:
    sizes = {one["lv_name"]: int(one["lv_size"]) for one in reported}
    for one in layout.volumes:
        if one.name not in sizes:
            continue
        where = f"volume {layout.volume_group}/{one.name}"
        if one.size is not None:
            most = one.size + EXTENT - 1
            yield from _size_differences(where, sizes[one.name], at_least=one.size, at_most=most)
        elif group:
            rest = group - sum(size for name, size in sizes.items() if name != one.name)
            yield from _size_differences(where, sizes[one.name], at_least=rest - GROUP_SLACK, at_most=rest)


def _group_size(layout: DiskLayout, firmware: Firmware, disk: Report) -> int:
    """Return the bytes of the partition that is the group, or 0 where there is none."""
    path = lvm_partition(layout, firmware).path
    return sum(one["size"] for one in disk.get("children", ()) if one["path"] == path)


def _mount_differences(declared: Sequence[Mount], reported: Sequence[Report]) -> Iterator[str]:
    found = {one["target"]: one for one in reported}
    for one in declared:
        target = str(one.target)
        if target not in found:
            yield f"nothing is mounted at {target}, declared {one.device}"
            continue
        there = found[target]
        if there["source"] != one.device:
            yield f"{there['source']} is mounted at {target}, declared {one.device}"
        if there["fstype"] != one.filesystem:
            yield f"{target} is a file system of type {there['fstype']}, declared {one.filesystem}"
        if "rw" not in there["options"].split(","):
            yield f"{target} is mounted read-only"


def _size_differences(where: str, size: int, *, at_least: int, at_most: int) -> Iterator[str]:
    if not at_least <= size <= at_most:
        yield f"{where} has {_mib(size)}, declared {_mib(at_least)} to {_mib(at_most)}"


def _mib(size: int) -> str:
    return f"{size / MiB:,.1f} MiB"
