"""Installing a machine by a program of the host, which finds the machine's installer behind SSH and does all the rest.

What the program is, is for the stack to say; this module gives it what it needs, runs it, keeps its output, and says
how it failed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.machines import proc
from harness.provisioning.daemons import last_lines
from harness.provisioning.files import unpack
from harness.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta
    from pathlib import PurePosixPath

    from harness.machines.keys import KeyPair
    from harness.provisioning.files import Entry
    from harness.sandbox.waiting import Patience

PHASE = "installation"


@dataclass(frozen=True)
class Access:
    """A machine's installer as a program reaches it: root by SSH on port 22, from the network that we stand on.

    `key` is the file of the private key that the installer lets in. `files` is a folder whose content belongs below the
    root of the installed system, with its modes. Both are gone when the program has ended.
    """

    machine: str
    address: str
    key: Path
    files: Path


@dataclass(frozen=True)
class OwnInstallation:
    """A program that installs a machine and restarts it: its words, its environment besides ours, its time.

    `within` is for a healthy KVM host.
    """

    command: tuple[str, ...]
    within: timedelta
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OwnPlan:
    """What one such installation does.

    `entries` are put into `Access.files`, below `folder`, while the program runs. `booted` is the console line (a
    regular expression) by which the installed machine says that it has booted from its disk. `log` keeps the program's
    output.
    """

    entries: Mapping[PurePosixPath, Entry]
    installation: Callable[[Access], OwnInstallation]
    booted: str
    folder: Path
    log: Path


def install_by_program(machine: str, address: str, plan: OwnPlan, key: KeyPair, patience: Patience) -> None:
    """Run the program, and wait until it has ended well: the machine is installed, and about to restart.

    Raises `LabError` with the end of the program's output where it fails or takes too long, and as the plan does.
    """
    plan.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=plan.folder, prefix=f"install-{machine}-") as folder:
        private = Path(folder)
        access = Access(machine, address, private / "key", private / "files")
        access.key.touch(mode=0o600)
        access.key.write_text(key.private)
        access.files.mkdir()
        unpack(plan.entries, access.files)
        _run(machine, plan.installation(access), plan.log, patience)


def _run(machine: str, installation: OwnInstallation, log: Path, patience: Patience) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    program, bound = installation.command[0], patience.stretch(installation.within)
    try:
        with log.open("wb") as output:
            process = subprocess.Popen(
                installation.command,
                env={**os.environ, **installation.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise LabError(f"could not start {program}: {error.strerror}", machine=machine, phase=PHASE) from error
    try:
        status = process.wait(bound.total_seconds())
    except subprocess.TimeoutExpired as late:
        raise _failure(machine, f"{program} did not end within {format_duration(bound)}", log) from late
    finally:
        _end(process)
    if status != 0:
        raise _failure(machine, f"{program} ended with status {status}", log)


def _failure(machine: str, what: str, log: Path) -> LabError:
    return LabError(what, machine=machine, phase=PHASE, console=last_lines(log), evidence=log)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and whatever it has started, which is a session of its own."""
    proc.send_group(process.pid, signal.SIGKILL)
    process.wait()
