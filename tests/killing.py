"""Killing workers of pytest-xdist, or their controller, at random moments, and looking for what is left of them.

`HARNESS_KILL_SEED` repeats a run; the seed is printed.
"""

from __future__ import annotations

import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.sandbox import lease, ledger
from harness.sandbox.waiting import gone, wait_until
from harness.units import minutes, seconds
from tests.processes import alive, descendants, name_of

ROW = 4


@dataclass
class Suite:
    """Scenarios in a folder of their own, to be run by two workers."""

    folder: Path
    options: Sequence[str] = ()

    @property
    def leases(self) -> list[Path]:
        root = self.folder / "l"
        return [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []

    def kill_at_random(self, moments: int, up_to: float) -> None:
        """Run it again and again, and kill one of its row of processes within so many seconds of the workers' start.

        All that ends with the victim has to be gone two seconds later, and all of the run when it was killed, too.
        """
        seed = int(os.environ.get("HARNESS_KILL_SEED") or secrets.randbits(32))
        sys.stdout.write(f"HARNESS_KILL_SEED={seed}\n")
        dice = random.Random(seed)  # noqa: S311 - no secret
        for _ in range(moments):
            with self._running() as process:
                time.sleep(dice.uniform(0, up_to))
                self._kill_one(process, dice)

    def _kill_one(self, process: subprocess.Popen[bytes], dice: random.Random) -> None:
        everyone = [process.pid, *descendants(process.pid)]
        everyone = sorted({*everyone, *_inhabitants(_namespaces_of(everyone) - _namespaces_of([os.getpid()]))})
        row = dice.choice([[process.pid], *map(_row_below, _children(process.pid))])
        victim = dice.choice(row)
        guests = sum(name_of(pid).startswith("qemu") for pid in everyone)
        sys.stdout.write(f"{name_of(victim)}, {row.index(victim)} in a row of {len(row)}, {guests} guests\n")
        dying = everyone if victim == process.pid else [row[0], *descendants(row[0])]
        with suppress(ProcessLookupError):  # its time had come meanwhile
            os.kill(victim, signal.SIGKILL)
        gone("all that ends with it", lambda: [pid for pid in dying if alive(pid)], within=2 * seconds)
        process.kill()
        process.wait(10)
        gone("all of it", partial(self._left, everyone), within=2 * seconds)

    @contextmanager
    def _running(self) -> Iterator[subprocess.Popen[bytes]]:
        options = ["-n", "2", f"--lab-dir={self.folder}/l", "--max-worker-restart=0", *self.options]
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--basetemp={self.folder}/t", *options]
        output = self.folder / "output"
        with (
            output.open("wb") as file,
            subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=file, stderr=file) as process,
        ):
            try:
                wait_until("two leases", lambda: len(self.leases) == 2 or process.poll(), within=1 * minutes)
                assert process.poll() is None, output.read_text()
                yield process
            finally:
                process.kill()

    def _left(self, pids: list[int]) -> dict[str, object]:
        """Return what there still is of ours; nothing of it may be."""
        ours = str(self.folder)
        sockets = Path("/proc/net/unix").read_text()
        found = {
            "processes": [(pid, name_of(pid)) for pid in pids if alive(pid)],
            "strangers": [pid for pid in _all_pids() if alive(pid) and ours in _command_of(pid)],
            "leases": self.leases,
            "sockets": [line for line in sockets.splitlines() if ours in line],
            "mounts": [line for line in Path("/proc/self/mounts").read_text().splitlines() if ours in line],
            "interfaces": [path.name for path in Path("/sys/class/net").glob("lab*")],
            "promises": [entry for entry in ledger.entries() if entry.lease.startswith(ours)],
            "half files": [path.name for path in (self.folder / "l").iterdir() if path.name != lease.LOCK],
        }
        return {what: seen for what, seen in found.items() if seen}


@contextmanager
def suite(topology: str, modules: Mapping[str, str], *options: str) -> Iterator[Suite]:
    """Write scenarios into a folder with a short path, as libvirt's sockets need it; it is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="hk-", dir="/var/tmp"))
    try:
        (folder / "topologies").mkdir()
        (folder / "topologies/it.yaml").write_text(topology)
        for name, text in modules.items():
            (folder / f"test_{name}.py").write_text(text)
        yield Suite(folder, options)
    finally:
        shutil.rmtree(folder)


def _row_below(caller: int) -> list[int]:
    """Return the processes that hold a sandbox, as far as they are there: caller, supervisor, init, worker."""
    row = [caller]
    while len(row) < ROW and (below := _children(row[-1])):
        row.append(below[0])
    return row


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return []


def _namespaces_of(pids: list[int]) -> set[str]:
    """Return the network, mount and PID namespaces that processes are in."""
    found = set()
    for pid in pids:
        for kind in ("net", "mnt", "pid"):
            with suppress(OSError):  # it has ended
                found.add(str(Path(f"/proc/{pid}/ns/{kind}").readlink()))
    return found


def _inhabitants(spaces: set[str]) -> list[int]:
    """Return every process in some namespaces, whosever child it is: with the last of them, the namespace ends."""
    return [pid for pid in _all_pids() if _namespaces_of([pid]) & spaces]


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""
