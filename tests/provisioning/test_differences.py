from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.provisioning.differences import differences
from harness.topology.firmware import Firmware
from harness.topology.model import DiskLayout, LogicalVolume
from harness.units import GiB, MiB
from tests.provisioning import reports

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.provisioning.reports import Json

SIZE = 100 * GiB
DATA = Path(__file__).parent / "data"
T036 = DiskLayout()

NAMES = st.lists(st.sampled_from(["root", "data", "my-log", "home"]), min_size=1, max_size=4, unique=True)


@st.composite
def layouts(draw: st.DrawFn) -> DiskLayout:
    names = draw(NAMES)
    sizes: list[int | None] = [draw(st.integers(MiB, 20 * GiB)) for _ in names]
    if draw(st.booleans()):
        sizes[draw(st.integers(0, len(sizes) - 1))] = None
    volumes = tuple(
        LogicalVolume(name=name, size=size, mount="/" if number == 0 else f"/srv/{name}")
        for number, (name, size) in enumerate(zip(names, sizes, strict=True))
    )
    device = draw(st.sampled_from(["/dev/vda", "/dev/nvme0n1"]))
    group = draw(st.sampled_from(["pool", "my-pool"]))
    return DiskLayout(device=device, esp_size=draw(st.integers(64, 2048)) * MiB, volume_group=group, volumes=volumes)


class Reports:
    """The reports of a machine that has T036's layout."""

    def __init__(self, layout: DiskLayout = T036, firmware: Firmware = Firmware.UEFI) -> None:
        self.layout, self.firmware = layout, firmware
        self.lsblk = reports.lsblk(layout, firmware, SIZE)
        self.lvs = reports.lvs(layout, firmware, SIZE)
        self.findmnt = reports.findmnt(layout, firmware)

    @property
    def disk(self) -> Json:
        disk: Json = self.lsblk["blockdevices"][1]
        return disk

    @property
    def partitions(self) -> list[Json]:
        found: list[Json] = self.disk["children"]
        return found

    @property
    def volumes(self) -> list[Json]:
        found: list[Json] = self.lvs["report"][0]["lv"]
        return found

    @property
    def mounts(self) -> list[Json]:
        found: list[Json] = self.findmnt["filesystems"]
        return found

    def differences(self) -> list[str]:
        return differences(self.layout, self.firmware, lsblk=self.lsblk, lvs=self.lvs, findmnt=self.findmnt)


@given(layouts(), st.sampled_from(Firmware))
def test_a_machine_that_has_what_was_declared_differs_in_nothing(layout: DiskLayout, firmware: Firmware) -> None:
    assert Reports(layout, firmware).differences() == []


CHANGES: list[tuple[str, Callable[[Reports], object]]] = [
    ("there is no disk /dev/vda", lambda has: has.lsblk["blockdevices"].pop()),
    ("/dev/vda has a partition table of type dos, declared gpt", lambda has: has.disk.update(pttype="dos")),
    ("there is no partition /dev/vda2 (pool)", lambda has: has.partitions.pop()),
    (
        "there is a partition /dev/vda9 that nobody declared",
        lambda has: has.partitions.append({**has.partitions[0], "path": "/dev/vda9"}),
    ),
    ("partition /dev/vda1 has type x, declared c12a7328", lambda has: has.partitions[0].update(parttype="x")),
    ("partition /dev/vda1 is named x, declared esp", lambda has: has.partitions[0].update(partlabel="x")),
    (
        "partition /dev/vda1 has 510.0 MiB, declared 511.0 MiB to 513.0 MiB",
        lambda has: has.partitions[0].update(size=510 * MiB),
    ),
    ("partition /dev/vda2 has 97,280.0 MiB", lambda has: has.partitions[1].update(size=95 * GiB)),
    ("there is no volume pool/root", lambda has: has.volumes.pop(0)),
    (
        "there is a volume pool/swap that nobody declared",
        lambda has: has.volumes.append({**has.volumes[0], "lv_name": "swap"}),
    ),
    (
        "volume pool/root lies on /dev/vda2, /dev/vdb",
        lambda has: has.volumes[0].update(devices="/dev/vda2(0),/dev/vdb(7)"),
    ),
    (
        "volume pool/root has 81,916.0 MiB, declared 81,920.0",
        lambda has: has.volumes[0].update(lv_size=str(81916 * MiB)),
    ),
    ("volume pool/root has 81,924.0 MiB", lambda has: has.volumes[0].update(lv_size=str(81924 * MiB))),
    ("volume pool/data has 10,240.0 MiB", lambda has: has.volumes[1].update(lv_size=str(10 * GiB))),
    ("nothing is mounted at /, declared /dev/mapper/pool-root", lambda has: has.mounts.pop(0)),
    ("/dev/vda3 is mounted at /boot, declared /dev/vda1", lambda has: has.mounts[1].update(source="/dev/vda3")),
    ("/var/lib is a file system of type xfs, declared ext4", lambda has: has.mounts[2].update(fstype="xfs")),
    ("/ is mounted read-only", lambda has: has.mounts[0].update(options="ro,errors=remount-ro")),
]


@pytest.mark.parametrize("expected,change", CHANGES, ids=[expected for expected, _ in CHANGES])
def test_each_deviation_is_told(expected: str, change: Callable[[Reports], object]) -> None:
    has = Reports()
    change(has)
    assert [one for one in has.differences() if one.startswith(expected)], has.differences()


@pytest.mark.parametrize("firmware", Firmware)
def test_an_installed_machine_has_what_was_declared(firmware: Firmware) -> None:
    """Reports of a virtual machine that was installed by this harness (Debian 12: util-linux 2.38, LVM 2.03.16)."""
    lsblk, lvs, findmnt = (
        json.loads((DATA / f"{firmware}-{program}.json").read_text()) for program in ("lsblk", "lvs", "findmnt")
    )
    assert differences(T036, firmware, lsblk=lsblk, lvs=lvs, findmnt=findmnt) == []
    smaller = T036.model_copy(update={"esp_size": 256 * MiB})
    assert differences(smaller, firmware, lsblk=lsblk, lvs=lvs, findmnt=findmnt)


def test_the_bios_layout_is_not_the_uefi_layout() -> None:
    has = Reports(firmware=Firmware.BIOS)
    has.firmware = Firmware.UEFI
    told = has.differences()
    assert any("/dev/vda3 that nobody declared" in one for one in told)
    assert any(one.startswith("partition /dev/vda1 has type 21686148") for one in told)


def test_an_empty_disk_differs_in_everything() -> None:
    has = Reports()
    del has.disk["children"]
    has.disk["pttype"] = None
    has.lvs["report"][0]["lv"] = []
    has.findmnt["filesystems"] = []
    assert len(has.differences()) == 1 + 2 + 2 + 3


@given(layouts(), st.sampled_from(Firmware), st.integers(8, 1000))
def test_a_lost_piece_of_any_partition_is_told(layout: DiskLayout, firmware: Firmware, lost: int) -> None:
    for number in range(len(Reports(layout, firmware).partitions)):
        has = Reports(layout, firmware)
        has.partitions[number]["size"] -= lost * MiB
        assert has.differences()
