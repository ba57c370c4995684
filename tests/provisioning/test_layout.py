from __future__ import annotations

import re

import pytest

from harness.errors import HarnessBug
from harness.provisioning.layout import (
    Command,
    bind_commands,
    esp_uuid,
    format_commands,
    fstab,
    mount_commands,
    mounts,
    partition_commands,
    partitions,
    root_volume,
    unmount_commands,
    volume_commands,
    volume_path,
)
from harness.topology.firmware import Firmware
from harness.topology.model import DiskLayout, LogicalVolume
from harness.units import GiB, MiB

T036 = DiskLayout()
UUID = esp_uuid(T036)


def words(commands: list[Command]) -> list[str]:
    return [" ".join(one.words) for one in commands]


def test_uefi_disk_is_an_esp_and_the_group() -> None:
    (command,) = partition_commands(T036, Firmware.UEFI)
    assert command.words[-1] == "/dev/vda"
    assert command.stdin.decode().splitlines() == [
        "label: gpt",
        'size=512MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name="esp"',
        'type=E6D6D379-F507-44C2-A23C-238F2A3DF928, name="pool"',
    ]


def test_bios_disk_begins_with_a_bios_boot_partition() -> None:
    (command,) = partition_commands(T036, Firmware.BIOS)
    assert command.stdin.decode().splitlines()[1] == 'size=1MiB, type=21686148-6449-6E6F-744E-656564454649, name="bios"'
    assert [one.path for one in partitions(T036, Firmware.BIOS)] == ["/dev/vda1", "/dev/vda2", "/dev/vda3"]
    assert words(volume_commands(T036, Firmware.BIOS))[1] == "vgcreate --quiet pool /dev/vda3"


def test_volumes_are_made_with_the_rest_last() -> None:
    layout = DiskLayout(volumes=tuple(reversed(T036.volumes)))
    expected = [
        "pvcreate --quiet --force --force --yes /dev/vda2",
        "vgcreate --quiet pool /dev/vda2",
        "lvcreate --quiet --yes --name root --size 85899345920b pool",
        "lvcreate --quiet --yes --name data --extents 100%FREE pool",
    ]
    assert words(volume_commands(T036, Firmware.UEFI)) == expected
    assert words(volume_commands(layout, Firmware.UEFI)) == expected


def test_every_file_system_is_made_on_its_own_device() -> None:
    esp, root, data = words(format_commands(T036, Firmware.UEFI))
    assert esp == f"mkfs.vfat -F 32 -n ESP -i {UUID.replace('-', '')} /dev/vda1"
    assert root.startswith("mkfs.ext4 -q -F -L root ")
    assert root.endswith(" /dev/mapper/pool-root")
    assert data.endswith(" /dev/mapper/pool-data")


def test_mounts_go_from_the_outside_in() -> None:
    assert [one.words[-1] for one in mount_commands(T036, Firmware.UEFI)] == ["/mnt", "/mnt/boot", "/mnt/var/lib"]
    assert words(bind_commands())[0] == "mount --bind /dev /mnt/dev"


def test_everything_is_written_out_before_it_is_let_go() -> None:
    assert words(unmount_commands(T036)) == [
        "sync",
        "umount --recursive /mnt",
        "vgchange --quiet --activate n pool",
    ]


def test_fstab_names_volumes_by_path_and_the_esp_by_uuid() -> None:
    assert fstab(T036, Firmware.UEFI) == (
        "/dev/mapper/pool-root / ext4 noatime,noinit_itable 0 1\n"
        f"UUID={UUID} /boot vfat umask=0077,shortname=winnt 0 2\n"
        "/dev/mapper/pool-data /var/lib ext4 noatime,noinit_itable 0 2\n"
    )


def test_the_esp_is_known_before_it_exists() -> None:
    assert re.fullmatch(r"[0-9A-F]{4}-[0-9A-F]{4}", UUID)
    assert esp_uuid(DiskLayout()) == UUID
    assert esp_uuid(DiskLayout(esp_size=256 * MiB)) != UUID


@pytest.mark.parametrize(
    "device,second", [("/dev/vda", "/dev/vda2"), ("/dev/nvme0n1", "/dev/nvme0n1p2"), ("/dev/mmcblk0", "/dev/mmcblk0p2")]
)
def test_partitions_are_named_as_the_kernel_names_them(device: str, second: str) -> None:
    assert partitions(DiskLayout(device=device), Firmware.UEFI)[1].path == second


def test_hyphens_are_doubled_in_the_device_mapper() -> None:
    layout = DiskLayout(volume_group="my-pool", volumes=(LogicalVolume(name="my-root", mount="/"),))
    assert volume_path(layout, layout.volumes[0]) == "/dev/mapper/my--pool-my--root"


def test_a_nested_mount_comes_after_its_parent_whatever_the_order() -> None:
    layout = DiskLayout(
        volumes=(
            LogicalVolume(name="etcd", size=GiB, mount="/var/lib/etcd"),
            LogicalVolume(name="lib", size=GiB, mount="/var/lib"),
            LogicalVolume(name="root", mount="/"),
        )
    )
    assert [str(one.target) for one in mounts(layout, Firmware.UEFI)] == ["/", "/boot", "/var/lib", "/var/lib/etcd"]


def test_layouts_that_the_checks_forbid_are_bugs_here() -> None:
    two_rests = DiskLayout(volumes=(LogicalVolume(name="a", mount="/"), LogicalVolume(name="b", mount="/b")))
    with pytest.raises(HarnessBug, match="two volumes that take the rest"):
        volume_commands(two_rests, Firmware.UEFI)
    with pytest.raises(HarnessBug, match="without a volume for /"):
        root_volume(DiskLayout(volumes=(LogicalVolume(name="b", mount="/b"),)))
