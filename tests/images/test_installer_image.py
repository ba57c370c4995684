"""The installer boots from its two files, and says on its console what `docs/images.md` promises."""

from __future__ import annotations

import base64
import contextlib
import socket
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import paramiko
import pytest

from harness.images.store import ensure
from harness.sandbox.waiting import wait_until
from harness.units import GiB, MiB

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.images.store import Image

pytestmark = pytest.mark.guest

BOOTED = timedelta(seconds=60)
MAC = "52:54:00:00:01:01"
KEYS = "harness.authorized_keys=http://10.0.2.100/keys"


@pytest.fixture(scope="module")
def installer() -> Image:
    return ensure("installer", progress=print)


@pytest.fixture
def key() -> paramiko.PKey:
    return paramiko.RSAKey.generate(2048)


@contextlib.contextmanager
def booted(installer: Image, folder: Path, key: paramiko.PKey, arguments: str) -> Iterator[tuple[Path, int]]:
    """Boot the installer on a network with nothing but DHCP and its key; yield the console's log and sshd's port."""
    answer = folder / "answer"
    line = f"{key.get_name()} {key.get_base64()}\n"
    answer.write_bytes(f"HTTP/1.0 200 OK\r\nContent-Length: {len(line)}\r\n\r\n{line}".encode())
    console, port, disk = folder / "console", free_port(), folder / "disk"
    with disk.open("wb") as blank:
        blank.truncate(2 * GiB)
    network = f"user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22,guestfwd=tcp:10.0.2.100:80-cmd:cat {answer}"
    command: list[str | Path] = [
        "qemu-system-x86_64", "-machine", "q35", "-accel", "tcg", "-m", "512", "-nodefaults", "-display", "none",
        "-no-reboot", "-serial", f"file:{console}",
        "-kernel", installer.file("kernel"), "-initrd", installer.file("initrd"),
        "-append", f"console=ttyS0 quiet {arguments}",
        "-drive", f"file={disk},format=raw,if=virtio,cache=unsafe", "-netdev", network,
        "-device", f"virtio-net-pci,netdev=n,mac={MAC},romfile=", "-device", "virtio-rng-pci",
    ]  # fmt: skip
    with subprocess.Popen(command) as guest:
        try:
            yield console, port
        finally:
            guest.kill()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def said(console: Path, start: str) -> str | None:
    lines = console.read_text(errors="replace").splitlines() if console.exists() else []
    return next((line.removeprefix(start) for line in lines if line.startswith(start)), None)


def wait_for_line(console: Path, start: str) -> str:
    def show() -> list[str]:
        return console.read_text(errors="replace").splitlines()[-5:]

    # An empty rest is a sighting, too.
    (rest,) = wait_until(f"the console line {start!r}", lambda: _seen(console, start), within=BOOTED, show=show)
    return rest


def _seen(console: Path, start: str) -> tuple[str] | None:
    rest = said(console, start)
    return None if rest is None else (rest,)


def run(client: paramiko.SSHClient, command: str) -> str:
    _, out, err = client.exec_command(command, timeout=60)
    text = out.read().decode()
    assert out.channel.recv_exit_status() == 0, err.read().decode()
    return text


def test_it_is_small(installer: Image) -> None:
    assert installer.size <= 40 * MiB


def test_it_lets_the_key_in_and_can_lay_out_a_disk(installer: Image, tmp_path: Path, key: paramiko.PKey) -> None:
    boot_interface = f"BOOTIF=01-{MAC.replace(':', '-')}"
    with booted(installer, tmp_path, key, f"{boot_interface} {KEYS}") as (console, port):
        wait_for_line(console, "harness: installer ready")
        assert said(console, "harness: address ") == "10.0.2.15"
        host_key = str(said(console, "harness: host-key ssh-ed25519 "))
        with paramiko.SSHClient() as client:
            expected = paramiko.Ed25519Key(data=base64.b64decode(host_key))
            client.get_host_keys().add(f"[127.0.0.1]:{port}", "ssh-ed25519", expected)
            client.connect("127.0.0.1", port, "root", pkey=key, look_for_keys=False, allow_agent=False)
            run(client, r"printf 'label:gpt\nsize=512MiB,type=uefi\ntype=lvm\n' | sfdisk -q /dev/vda")
            run(client, "mkfs.vfat -F 32 /dev/vda1 && pvcreate -q /dev/vda2 && vgcreate -q pool /dev/vda2")
            run(client, "lvcreate -q -y -Wn -Zn -l 100%FREE -n data pool")
            run(client, "mkfs.ext4 -q /dev/pool/data && mount /dev/pool/data /mnt")
            assert run(client, "findmnt -n -o FSTYPE /mnt").strip() == "ext4"
            for program in ("sfdisk", "mkfs.vfat", "wipefs", "blkid", "tar", "zstd", "wget", "lsblk", "chroot"):
                run(client, f"command -v {program}")
            client.exec_command("sync; reboot -f")


@pytest.mark.parametrize(
    "arguments,what",
    [
        ("", "the kernel command line has no harness.authorized_keys=URL"),
        (f"{KEYS} BOOTIF=01-00-00-00-00-00-99", "no network interface 01-00-00-00-00-00-99"),
    ],
)
def test_it_says_what_it_lacks(installer: Image, tmp_path: Path, key: paramiko.PKey, arguments: str, what: str) -> None:
    with booted(installer, tmp_path, key, arguments) as (console, _):
        assert wait_for_line(console, "harness: failed: ") == what
