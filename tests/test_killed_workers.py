"""Workers, and their controller, killed at random moments: nothing of them is left on the host.

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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from harness.sandbox import lease, ledger
from harness.sandbox.waiting import gone, wait_until
from harness.units import minutes, seconds
from tests.processes import alive, descendants, name_of

pytestmark = pytest.mark.kernel

REPOSITORY = Path(__file__).parent.parent
MOMENTS = 20
ROW = 4
UP_TO = 2.5
"""Seconds after the workers' start: building takes the first half second, then labs come and go."""

SCENARIO = """
from contextlib import suppress
import pytest
from harness.network.hearing import isolate
from harness.units import seconds
pytestmark = pytest.mark.lab("three-sites", machines="any")

@pytest.mark.parametrize("time", range(40))
def test_it(lab, time):
    lab.switch_on()
    for machine in list(lab.machines.values())[:2]:
        machine.start(["sleep", "600"])
    with lab.deafen(isolate(["c"], ["a", "b", "c"])):
        lab.links("b").cut()
        machine.run(["hostname"], within=10 * seconds)
        lab.links("b").restore()
    lab.switch_off()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="hk-", dir="/var/tmp"))
    (made / "topologies").mkdir()
    shutil.copy(REPOSITORY / "scenarios/topologies/three-sites.yaml", made / "topologies")
    for name in "abcdefgh":
        (made / f"test_{name}.py").write_text(SCENARIO)
    yield made
    shutil.rmtree(made)


@contextmanager
def workers(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    options = ["-n", "2", "--lab-machines=namespace", f"--lab-dir={folder}/l", "--max-worker-restart=0"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--basetemp={folder}/t", *options]
    with (
        (folder / "output").open("wb") as output,
        subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as process,
    ):
        try:
            wait_until("two leases", lambda: len(leases(folder)) == 2 or process.poll(), within=1 * minutes)
            assert process.poll() is None, (folder / "output").read_text()
            yield process
        finally:
            process.kill()


def leases(folder: Path) -> list[Path]:
    root = folder / "l"
    return [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []


def rows(controller: int) -> list[list[int]]:
    """Return the rows of processes that hold sandboxes, as far as they are there: caller, supervisor, init, worker."""
    return [row_below(pid) for pid in children(controller)]


def row_below(caller: int) -> list[int]:
    row = [caller]
    while len(row) < ROW and (below := children(row[-1])):
        row.append(below[0])
    return row


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def namespaces_of(pids: list[int]) -> set[str]:
    """Return the network, mount and PID namespaces that processes are in."""
    found = set()
    for pid in pids:
        for kind in ("net", "mnt", "pid"):
            with suppress(OSError):  # it has ended
                found.add(str(Path(f"/proc/{pid}/ns/{kind}").readlink()))
    return found


def left(folder: Path, pids: list[int]) -> dict[str, object]:
    """Return what there still is of ours; nothing of it may be."""
    sockets = Path("/proc/net/unix").read_text()
    found = {
        "processes": [(pid, name_of(pid)) for pid in pids if alive(pid)],
        "strangers": [pid for pid in all_pids() if alive(pid) and str(folder) in command_of(pid)],
        "leases": leases(folder),
        "sockets": [line for line in sockets.splitlines() if str(folder) in line],
        "mounts": [line for line in Path("/proc/self/mounts").read_text().splitlines() if str(folder) in line],
        "interfaces": [path.name for path in Path("/sys/class/net").glob("lab*")],
        "promises": [entry for entry in ledger.entries() if entry.lease.startswith(str(folder))],
        "half files": [path.name for path in (folder / "l").iterdir() if path.name != lease.LOCK],
    }
    return {what: seen for what, seen in found.items() if seen}


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def test_whoever_is_killed_and_whenever_nothing_is_left(folder: Path) -> None:
    seed = int(os.environ.get("HARNESS_KILL_SEED") or secrets.randbits(32))
    dice = random.Random(seed)  # noqa: S311 - no secret
    told = [f"HARNESS_KILL_SEED={seed}"]
    own = namespaces_of([os.getpid()])
    try:
        for _ in range(MOMENTS):
            with workers(folder) as process:
                time.sleep(dice.uniform(0, UP_TO))
                everyone = [process.pid, *descendants(process.pid)]
                everyone += inhabitants(namespaces_of(everyone) - own)
                row = dice.choice([[process.pid], *rows(process.pid)])
                victim = dice.choice(row)
                told.append(f"{name_of(victim)}, {row.index(victim)} in a row of {len(row)}")
                dying = everyone if victim == process.pid else [row[0], *descendants(row[0])]
                with suppress(ProcessLookupError):  # its time had come meanwhile
                    os.kill(victim, signal.SIGKILL)
                gone("all that ends with it", partial(living, dying), within=2 * seconds)
                process.kill()
                process.wait(10)
                gone("all of it", partial(left, folder, everyone), within=2 * seconds)
    finally:
        sys.stdout.write("\n".join(told))


def inhabitants(spaces: set[str]) -> list[int]:
    """Return every process in some namespaces, whosever child it is: with the last of them, the namespace ends."""
    return [pid for pid in all_pids() if namespaces_of([pid]) & spaces]


def all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def living(pids: list[int]) -> list[int]:
    return [pid for pid in pids if alive(pid)]
