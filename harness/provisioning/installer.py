"""Installing a machine over SSH: partition, format, mount, unpack, write its files, make it boot, let go, restart.

What is done is decided elsewhere (`layout`, `node_files`, the stack, the image's boot loader); this module does it in
order, says where it is, and says exactly where it stopped. Nothing is tried twice: an installation starts by wiping.
"""

from __future__ import annotations

import contextlib
import importlib.resources
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.provisioning import files, layout
from harness.units import minutes, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from harness.machines.ssh import SshSession
    from harness.provisioning.files import Entry
    from harness.provisioning.layout import Command
    from harness.topology.firmware import Firmware
    from harness.topology.model import DiskLayout

COMMAND_LIMIT = 20 * seconds
UNPACK_LIMIT = 1 * minutes
BOOT_LOADER_LIMIT = 1 * minutes
"""Bounds for a healthy KVM host; the session stretches them by its patience."""

RESTART = "(sleep 0.3; reboot -f) >/dev/null 2>&1 </dev/null &"


@dataclass(frozen=True)
class RootArchive:
    """The node's root file system, a tar archive compressed by zstd, and where it is fetched.

    zstd's own checksum finds damage on the way. `sha256` (in hex), where given, finds another archive than was meant,
    too; an emulated machine pays about 3 s for it with an archive of 100 MB.
    """

    url: str
    sha256: str | None = None


@dataclass(frozen=True)
class InstallPlan:
    """What one installation does.

    `boot_loader` are commands that run last, with the system at `layout.TARGET`, which then has the installer's
    `/dev`, `/proc` and `/sys`.
    """

    disk: DiskLayout
    firmware: Firmware
    root: RootArchive
    entries: Mapping[PurePosixPath, Entry]
    boot_loader: Sequence[Command]


@dataclass(frozen=True)
class Step:
    """One step that is done, and how long it took."""

    name: str
    duration: timedelta


def install(session: SshSession, plan: InstallPlan, on_step: Callable[[Step], None]) -> list[Step]:
    """Install the machine behind the session, and restart it; return the steps with their durations.

    The disk is wiped first. `on_step` is called with each step when it is done. When this returns, everything is on the
    disk and the machine is about to restart; the session is of no more use.

    Raises `LabError` with the machine, the step, the command and the end of its output.
    """
    done: list[Step] = []
    for name, act in _steps(session, plan):
        started = time.monotonic()
        with _told(name):
            act()
        done.append(Step(name, timedelta(seconds=time.monotonic() - started)))
        on_step(done[-1])
    return done


def _steps(session: SshSession, plan: InstallPlan) -> Iterator[tuple[str, Callable[[], None]]]:
    disk, firmware = plan.disk, plan.firmware
    yield "partition", lambda: _run_all(session, layout.partition_commands(disk, firmware))
    yield "volumes", lambda: _run_all(session, layout.volume_commands(disk, firmware))
    yield "format", lambda: _run_side_by_side(session, layout.format_commands(disk, firmware))
    yield "mount", lambda: _run_all(session, layout.mount_commands(disk, firmware))
    yield "unpack", lambda: unpack(session, plan.root, str(layout.TARGET))
    yield "files", lambda: write(session, plan.entries, str(layout.TARGET))
    loader = [*layout.bind_commands(), *plan.boot_loader]
    yield "boot loader", lambda: _run_all(session, loader, within=BOOT_LOADER_LIMIT)
    yield "unmount", lambda: _run_all(session, layout.unmount_commands(disk))
    yield "restart", lambda: restart(session)


def unpack(session: SshSession, archive: RootArchive, target: str) -> None:
    """Fetch and unpack the root file system into a folder of the machine, without storing it on the way.

    Raises `SshError` where any stage fails or what came is not the archive.
    """
    script = importlib.resources.files(__package__).joinpath("templates", "unpack.sh").read_text()
    checksum = [] if archive.sha256 is None else [archive.sha256]
    session.run(["sh", "-c", script, "sh", archive.url, target, *checksum], within=UNPACK_LIMIT)


def write(session: SshSession, entries: Mapping[PurePosixPath, Entry], target: str) -> None:
    """Write files, folders and links below a folder of the machine, in one stream, with their modes from the start."""
    session.run(["tar", "-x", "-p", "-C", target], stdin=files.tar(entries), within=COMMAND_LIMIT)


def restart(session: SshSession) -> None:
    """Restart the machine at once: everything is on its disk. It does so after the answer has left."""
    session.run(["sh", "-c", RESTART], within=COMMAND_LIMIT)
    session.close()


def _run_all(session: SshSession, commands: Sequence[Command], *, within: timedelta = COMMAND_LIMIT) -> None:
    for command in commands:
        session.run(command.words, stdin=command.stdin, within=within)


def _run_side_by_side(session: SshSession, commands: Sequence[Command]) -> None:
    """Run commands at the same time, wait for all, and raise the first failure."""
    with ThreadPoolExecutor(max_workers=len(commands), thread_name_prefix="harness-install") as pool:
        for outcome in [pool.submit(_run_all, session, [command]) for command in commands]:
            outcome.result()


@contextlib.contextmanager
def _told(step: str) -> Iterator[None]:
    """Name the step in any error that it raises."""
    from harness.machines.ssh import SshError  # noqa: PLC0415 - paramiko is loaded when there is a session, not before

    try:
        yield
    except SshError as error:
        phase = f"installation, step {step}"
        raise LabError(error.message, machine=error.machine, phase=phase, console=error.console) from error
