from __future__ import annotations

import functools
import hashlib
import http.server
import io
import shlex
import shutil
import subprocess
import tarfile
import threading
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from harness.errors import LabError
from harness.machines.commands import Completed
from harness.machines.ssh import SshError
from harness.provisioning.files import Entry, File, Link
from harness.provisioning.installer import InstallPlan, RootArchive, Step, install, unpack, write
from harness.provisioning.layout import Command
from harness.topology.firmware import Firmware
from harness.topology.model import DiskLayout
from harness.units import seconds
from tests.machines import sshd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.machines.ssh import SshSession

pytestmark = pytest.mark.skipif(
    not all(shutil.which(name) for name in ("wget", "zstd")),
    reason="the installer's wget and zstd are not on this host",
)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshSession]:
    with sshd.serving(tmp_path_factory.mktemp("sshd")) as server, server.session() as session:
        yield session


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("http")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def compressed(content: bytes) -> bytes:
    return subprocess.run(["zstd", "-q", "-c"], input=content, stdout=subprocess.PIPE, check=True).stdout


def archive(size: int) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        member = tarfile.TarInfo("usr/bin/program")
        member.size, member.mode = size, 0o755
        tar.addfile(member, io.BytesIO(bytes(size)))
    return compressed(stream.getvalue())


CONTENT = archive(3 << 20)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    target = tmp_path / "the target"
    target.mkdir()
    return target


def publish(served: tuple[Path, str], name: str, content: bytes) -> RootArchive:
    folder, base = served
    (folder / name).write_bytes(content)
    return RootArchive(f"{base}/{name}", hashlib.sha256(content).hexdigest())


def test_an_archive_is_unpacked_as_it_comes(session: SshSession, served: tuple[Path, str], target: Path) -> None:
    unpack(session, publish(served, "good", CONTENT), str(target))
    program = target / "usr/bin/program"
    assert program.stat().st_size == 3 << 20
    assert program.stat().st_mode & 0o777 == 0o755


def test_without_a_checksum_zstd_watches_alone(session: SshSession, served: tuple[Path, str], target: Path) -> None:
    url = publish(served, "good", CONTENT).url
    unpack(session, RootArchive(url), str(target))
    assert (target / "usr/bin/program").stat().st_size == 3 << 20
    for name, content in (("cut", CONTENT[: len(CONTENT) // 2]), ("damaged", CONTENT[:-1] + b"?")):
        with pytest.raises(SshError, match="decompressing failed"):
            unpack(session, RootArchive(publish(served, name, content).url), str(target))
    with pytest.raises(SshError, match="fetching"):
        unpack(session, RootArchive(f"{served[1]}/none"), str(target))


def test_another_archive_than_declared_is_refused(session: SshSession, served: tuple[Path, str], target: Path) -> None:
    declared = publish(served, "other", CONTENT)
    publish(served, "other", archive(2 << 20))
    with pytest.raises(SshError, match=rf"has SHA-256 [0-9a-f]{{64}}, expected {declared.sha256}"):
        unpack(session, declared, str(target))


@pytest.mark.parametrize(
    "content,told",
    [
        (CONTENT[: len(CONTENT) // 2], "decompressing failed"),
        (CONTENT[:100] + b"\xff" * 10 + CONTENT[110:], "decompressing failed"),
        (b"", "unpacking into"),
        (b"<html>", "decompressing failed"),
        (compressed(b"x" * 999), "unpacking into"),
    ],
    ids=["cut", "damaged", "empty", "no zstd", "no tar"],
)
def test_every_stage_can_fail_the_whole(
    session: SshSession, served: tuple[Path, str], target: Path, content: bytes, told: str
) -> None:
    with pytest.raises(SshError, match=told):
        unpack(session, publish(served, "bad", content), str(target))


def test_a_file_that_is_not_served(session: SshSession, served: tuple[Path, str], target: Path) -> None:
    with pytest.raises(SshError, match=r"fetching http://127\.0\.0\.1:\d+/none failed"):
        unpack(session, RootArchive(f"{served[1]}/none", "0" * 64), str(target))


def test_a_target_that_is_not_there(session: SshSession, served: tuple[Path, str], target: Path) -> None:
    with pytest.raises(SshError, match=r"unpacking into .*nowhere failed"):
        unpack(session, publish(served, "good", CONTENT), str(target / "nowhere"))


def test_unpacking_leaves_nothing_behind(session: SshSession, served: tuple[Path, str], target: Path) -> None:
    passing = Path(session.run(["sh", "-c", "echo $TMPDIR"], within=5 * seconds).text.strip())
    unpack(session, publish(served, "good", CONTENT), str(target))
    with pytest.raises(SshError):
        unpack(session, RootArchive(f"{served[1]}/none", "0" * 64), str(target))
    assert list(passing.iterdir()) == []


def test_files_are_written_with_their_modes_over_what_is_there(session: SshSession, target: Path) -> None:
    (target / "etc").mkdir()
    (target / "etc/fstab").symlink_to("/nowhere")
    entries: dict[PurePosixPath, Entry] = {
        PurePosixPath("/etc/fstab"): File(b"none\n"),
        PurePosixPath("/etc/nixos/secrets/node01.key"): File(b"key", 0o600),
        PurePosixPath("/etc/systemd/system/a.wants/b"): Link("/lib/b"),
    }
    write(session, entries, str(target))
    assert (target / "etc/fstab").read_bytes() == b"none\n"
    assert not (target / "etc/fstab").is_symlink()
    assert (target / "etc/nixos/secrets/node01.key").stat().st_mode & 0o777 == 0o600
    assert (target / "etc/systemd/system/a.wants/b").is_symlink()


class Recorder:
    """A session that does nothing, notes the commands, and fails the one that begins with `fails`."""

    machine = "node01"

    def __init__(self, fails: str = "nothing") -> None:
        self.commands: list[str] = []
        self.open = True
        self._fails = fails

    def run(self, command: Sequence[str], *, stdin: bytes | None = None, **_: object) -> Completed:  # noqa: ARG002 - as is
        assert self.open
        self.commands.append(command[0] if command[0] == "sh" else shlex.join(command))
        if shlex.join(command).startswith(self._fails):
            raise SshError(f"`{command[0]}` ended with status 5", machine=self.machine, console=["no space"])
        return Completed(tuple(command), 0, b"", b"", 0 * seconds)

    def close(self) -> None:
        self.open = False


PLAN = InstallPlan(
    disk=DiskLayout(),
    firmware=Firmware.UEFI,
    root=RootArchive("http://192.168.100.1/root.tar.zst", "0" * 64),
    entries={PurePosixPath("/etc/hostname"): File(b"node01\n")},
    boot_loader=[Command(("make-bootable", "/mnt"))],
)


def test_the_steps_come_in_order_and_end_with_a_restart() -> None:
    session, seen = Recorder(), list[Step]()
    steps = install(session, PLAN, seen.append)  # type: ignore[arg-type]
    assert seen == steps
    assert [step.name for step in steps] == [
        "partition", "volumes", "format", "mount", "unpack", "files", "boot loader", "unmount", "restart",
    ]  # fmt: skip
    programs = [command.split()[0] for command in session.commands]
    assert programs == [
        "sfdisk", "pvcreate", "vgcreate", "lvcreate", "lvcreate",
        *sorted(programs[5:8], key=programs[5:8].index), "mount", "mount", "mount",
        "sh", "tar", "mount", "mount", "mount", "make-bootable", "sync", "umount", "vgchange", "sh",
    ]  # fmt: skip
    assert sorted(programs[5:8]) == ["mkfs.ext4", "mkfs.ext4", "mkfs.vfat"]
    assert not session.open


@pytest.mark.parametrize(
    "fails,step",
    [("vgcreate", "volumes"), ("mkfs.vfat", "format"), ("make-boot", "boot loader"), ("umount", "unmount")],
)
def test_a_failure_names_machine_step_command_and_output(fails: str, step: str) -> None:
    session, seen = Recorder(fails), list[Step]()
    with pytest.raises(LabError, match=rf"^node01, phase installation, step {step}: `{fails}") as caught:
        install(session, PLAN, seen.append)  # type: ignore[arg-type]
    assert caught.value.console == ("no space",)
    assert step not in [one.name for one in seen]
    assert session.commands[-1].startswith(fails) or step == "format"


def test_the_umask_of_the_machine_changes_no_mode(session: SshSession, target: Path) -> None:
    assert session.run(["sh", "-c", "umask"], within=5 * seconds).text.strip() == "0022"
    write(session, {PurePosixPath("/f"): File(b"", 0o666)}, str(target))
    assert (target / "f").stat().st_mode & 0o777 == 0o666
