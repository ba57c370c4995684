"""A lab with three running guests, whose pytest is killed: nothing of it is left two seconds later."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.sandbox.waiting import gone, wait_until
from harness.units import minutes, seconds
from tests.processes import alive, descendants, name_of

pytestmark = [pytest.mark.kernel, pytest.mark.guest]

REPOSITORY = Path(__file__).parent.parent
T036 = REPOSITORY / "scenarios" / "topologies" / "t036.yaml"
SCENARIO = """
import signal
from pathlib import Path
import pytest
pytestmark = pytest.mark.lab("t036")
def test_it(lab):
    for machine in lab.machines.values():
        machine.on()
    Path("ready").touch()
    signal.pause()
"""


@contextmanager
def running_lab(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    (folder / "topologies").mkdir()
    shutil.copy(T036, folder / "topologies")
    (folder / "test_it.py").write_text(SCENARIO)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--lab-dir={folder}/l", "test_it.py"]
    with (
        (folder / "output").open("wb") as output,
        subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as process,
    ):
        try:
            wait_until("three guests", lambda: (folder / "ready").exists() or process.poll(), within=10 * minutes)
            assert process.poll() is None, (folder / "output").read_text()
            yield process
        finally:
            process.kill()


def leases(folder: Path) -> list[Path]:
    return [path for path in (folder / "l").iterdir() if path.is_dir()]


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(f"/var/tmp/harness-test-{os.getpid()}")  # libvirt's sockets need a short path
    made.mkdir()
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize("victim", ["pytest as it was started", "the test process inside"])
def test_killing_pytest_ends_every_guest_and_server(folder: Path, victim: str) -> None:
    with running_lab(folder) as process:
        everyone = [process.pid, *descendants(process.pid)]
        names = [name_of(pid) for pid in everyone]
        assert len([one for one in names if one.startswith("qemu")]) == 3
        assert {"dnsmasq", "nginx"} <= set(names)
        inside = everyone[names.index("harness-test")]
        os.kill(process.pid if victim.startswith("pytest") else inside, signal.SIGKILL)
        process.wait(timeout=10)
        gone("every process", lambda: [pid for pid in everyone if alive(pid)], within=2 * seconds)
        gone("the disks", lambda: leases(folder), within=2 * seconds)
    evidence = folder / "evidence" / "latest" / "test_it-t036"
    assert (evidence / "switch.pcapng").stat().st_size > 0
    assert (evidence / "node01.console.log").exists()


def test_an_interrupted_run_tears_down_and_the_next_starts_clean(folder: Path) -> None:
    with running_lab(folder) as process:
        for pid in [process.pid, *descendants(process.pid)][:4]:
            os.kill(pid, signal.SIGINT)
        assert process.wait(timeout=30) == pytest.ExitCode.INTERRUPTED
        assert leases(folder) == []
    (folder / "ready").unlink()
    shutil.rmtree(folder / "topologies")
    with running_lab(folder) as process:
        assert len(leases(folder)) == 1
