"""The node's root file system carries no identity, boots both ways, and holds what the stack calls.

That it really boots is held by the installation tests and the scenarios; here is what they would not notice.
"""

from __future__ import annotations

import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from harness.images.store import ensure
from harness.units import MiB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.images.store import Image

# It boots no guest, but it takes the image that guests are installed from.
pytestmark = pytest.mark.guest

READ = {"./etc/machine-id", "./etc/shadow", "./etc/passwd"}


@pytest.fixture(scope="module")
def node() -> Image:
    return ensure("node", progress=print)


@pytest.fixture(scope="module")
def tree(node: Image) -> Mapping[str, tarfile.TarInfo]:
    return {info.name: info for info, _ in _members(node)}


@pytest.fixture(scope="module")
def texts(node: Image) -> Mapping[str, str]:
    return {info.name: text for info, text in _members(node) if info.name in READ}


def _members(node: Image) -> list[tuple[tarfile.TarInfo, str]]:
    with subprocess.Popen(["zstd", "-dc", node.file("rootfs")], stdout=subprocess.PIPE) as unpack:
        assert unpack.stdout
        found = []
        with tarfile.open(fileobj=unpack.stdout, mode="r|") as archive:
            for info in archive:
                content = archive.extractfile(info) if info.name in READ else None
                found.append((info, content.read().decode() if content else ""))
    return found


def test_it_is_small(node: Image) -> None:
    assert node.size <= 130 * MiB


def test_it_carries_no_identity(tree: Mapping[str, tarfile.TarInfo], texts: Mapping[str, str]) -> None:
    assert texts["./etc/machine-id"] == ""
    names = set(tree)
    assert not {name for name in names if name.startswith("./etc/ssh/ssh_host_")}
    assert not {"./etc/hostname", "./var/lib/systemd/random-seed", "./var/lib/dbus/machine-id"} & names


def test_nobody_has_a_password(texts: Mapping[str, str]) -> None:
    hashes = {line.split(":")[0]: line.split(":")[1] for line in texts["./etc/shadow"].splitlines()}
    assert hashes["root"] == "*"
    assert {value[:1] for value in hashes.values()} <= {"*", "!"}


def test_what_boots_it_is_there(tree: Mapping[str, tarfile.TarInfo]) -> None:
    for name in ("vmlinuz", "initrd.img", "EFI/BOOT/BOOTX64.EFI"):
        # /boot is a FAT file system, which holds plain files only.
        assert tree[f"./boot/{name}"].isfile(), name
    for name in ("install-boot-loader", "grub/boot.img", "grub/core.img", "grub/grub-bios-setup"):
        assert tree[f"./usr/lib/harness/{name}"].isfile(), name
    assert tree["./usr/lib/harness/install-boot-loader"].mode & 0o111 == 0o111


def test_the_stacks_programs_are_there(tree: Mapping[str, tarfile.TarInfo]) -> None:
    programs = "etcd etcdctl serf python3 curl jq tcpdump ip ping ss lsblk findmnt lvs mkfs.ext4 sshd journalctl"
    for program in programs.split():
        assert {f"./usr/bin/{program}", f"./usr/sbin/{program}"} & set(tree), program


def test_debians_own_services_stay_down(tree: Mapping[str, tarfile.TarInfo]) -> None:
    for unit in ("etcd.service", "serf.service", "apt-daily.timer", "serial-getty@ttyS0.service"):
        assert tree[f"./etc/systemd/system/{unit}"].linkname == "/dev/null", unit


def test_the_build_has_left_nothing(tree: Mapping[str, tarfile.TarInfo]) -> None:
    assert not {
        name for name in tree if name.startswith("./harness") or name.endswith((".deb", "_Packages", "InRelease"))
    }
