"""Runs a command on a kernel of its own: Debian's user-mode-linux, Linux as a process, on this host's file system.

The file system is read-only there, but for /run. The kernel loads its modules as they are needed.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from harness.network.bridge import features
from harness.sandbox import confined

ROOT = Path(__file__).parents[2]
KERNEL = "linux.uml"
MODULES = Path("/usr/lib/uml/modules")
MEMORY = 1 << 30
STATUS = "the command's exit status:"
NEEDED = (KERNEL, "modprobe", "mount")

INIT = """#!/bin/sh
export PATH={path}:/usr/sbin:/sbin HOME=/run TMPDIR=/run LANG=C.UTF-8
export PYTHONPATH={root} PYTHONDONTWRITEBYTECODE=1 HYPOTHESIS_STORAGE_DIRECTORY=/run/hypothesis
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmpfs /run
mkdir -p /run/root/lib
ln -s {modules} /run/root/lib/modules
printf '#!/bin/sh\\nexec modprobe --dirname /run/root "$@"\\n' > /run/modprobe
chmod +x /run/modprobe
echo /run/modprobe > /proc/sys/kernel/modprobe
/run/modprobe --all tun nf_tables
cd {root}
{command}
echo "{status} $?"
echo o > /proc/sysrq-trigger
halt -f -p
"""


def run_on_a_whole_kernel(modules: Sequence[str], folder: Path, *, within: timedelta) -> None:
    """Run test modules of ``tests/network/in_uml`` where bridges have all that they need: here, or in UML.

    Raises `AssertionError` with all output where one fails.
    """
    command = pytest_command("-q", *(f"tests/network/in_uml/{name}.py" for name in modules))
    if not all(vars(features.probe()).values()):
        run_in_uml(command, folder, within=within)
        return
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=within.total_seconds())
    assert run.returncode == 0, run.stdout + run.stderr


def run_in_uml(command: Sequence[str], folder: Path, *, within: timedelta) -> str:
    """Boot, run a command of the checkout, and return what it wrote.

    Raises `AssertionError` with all output where the command fails, where it takes longer, or where UML is missing.
    """
    missing = [program for program in NEEDED if shutil.which(program) is None]
    assert not missing, f"no {', '.join(missing)}: apt-get install user-mode-linux kmod"
    assert MODULES.is_dir(), f"no {MODULES}: apt-get install user-mode-linux"
    init = folder / "init"
    init.write_text(
        INIT.format(
            path=os.environ["PATH"],
            root=shlex.quote(str(ROOT)),
            modules=MODULES,
            command=shlex.join(command),
            status=STATUS,
        )
    )
    init.chmod(0o755)
    kernel = [KERNEL, f"mem={MEMORY >> 20}M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro"]
    console = [f"init={init}", "con=null", "con0=null,fd:1", "quiet"]
    return _finished([*kernel, *console], folder, within)


def pytest_command(*arguments: str) -> list[str]:
    """Return the command that runs pytest without writing into the checkout."""
    return [sys.executable, "-m", "pytest", "--color=no", "-p", "no:cacheprovider", *arguments]


def _finished(boot: Sequence[str], folder: Path, within: timedelta) -> str:
    log = folder / "uml.log"
    with log.open("wb") as output:
        uml = subprocess.Popen(
            confined.command(boot, pid=True),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "TMPDIR": str(_room_for_memory(folder))},
        )
        try:
            uml.wait(within.total_seconds())
            ended = f"ended with status {uml.returncode}"
        except subprocess.TimeoutExpired:
            uml.kill()
            uml.wait()
            ended = f"did not end within {within}"
    said = log.read_text(errors="replace")
    status = re.search(rf"^{STATUS} (\d+)$", said.replace("\r", ""), re.MULTILINE)
    assert status, f"user-mode-linux {ended}:\n{said}"
    assert status[1] == "0", said
    return said


def _room_for_memory(folder: Path) -> Path:
    """Return where the kernel's memory fits: in shared memory, of which a container may have little."""
    shared = Path("/dev/shm")
    if shared.is_dir():
        room = os.statvfs(shared)
        if room.f_bavail * room.f_frsize >= MEMORY:
            return shared
    return folder
