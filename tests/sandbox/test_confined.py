from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from harness.sandbox import confined
from harness.sandbox.waiting import gone
from harness.units import seconds
from tests import ordinary
from tests.processes import alive, descendants

pytestmark = pytest.mark.kernel


@pytest.mark.parametrize("status", [0, 7])
def test_the_status_is_the_command_s(status: int) -> None:
    assert subprocess.run(confined.command(["sh", "-c", f"exit {status}"], pid=True), check=False).returncode == status


def test_the_command_is_pid_1_and_has_only_loopback() -> None:
    script = "echo $$; ls /sys/class/net >/dev/null; cat /proc/net/dev | tail -n +3 | wc -l"
    words = confined.command(["sh", "-c", script], pid=True, net=True)
    out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert out.split() == ["1", "1"]


def test_it_ends_with_whoever_started_it() -> None:
    words = confined.command(["sh", "-c", "sleep 600 & echo ready; wait"], pid=True)
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        everyone = [process.pid, *descendants(process.pid)]
        assert len(everyone) == 3
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        gone("every process", lambda: [pid for pid in everyone if alive(pid)], within=2 * seconds)
    assert Path("/proc/self").exists()


def test_whose_starter_is_dead_already_does_nothing(tmp_path: Path) -> None:
    made = tmp_path / "made"
    words = confined.command(["touch", str(made)], pid=True)
    orphan = [str(os.getppid()) if word == str(os.getpid()) else word for word in words]
    assert subprocess.run(orphan, check=False).returncode == confined.UNUSABLE
    assert not made.exists()


def test_a_command_that_is_not_there_is_told_as_shells_do() -> None:
    for flags in ({}, {"pid": True}):
        words = confined.command(["no-such-command"], **flags)
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=20)
        assert (done.returncode, done.stderr) == (confined.NOT_FOUND, "no-such-command: No such file or directory\n")


def test_who_changes_user_is_bound_to_who_started_it_all_the_same(open_folder: Path) -> None:
    script = """
from harness.sandbox import confined
ordinary.grant(Path(sys.argv[1]), 200000, 65536)
make, starter = namespaces.make, os.getpid()
def make_late(flags):
    make(flags)  # from here on the kernel would tell nobody that the starter has died
    os.close(alive)
    while os.getppid() == starter:
        pass
namespaces.make = make_late
gone, alive = os.pipe()
if os.fork() == 0:
    ordinary.become()
    sys.exit(confined.main(["--of", str(starter), "touch", sys.argv[1] + "/made"]))
os.close(alive)
os.read(gone, 1)
"""
    ordinary.run(script, str(open_folder))
    assert not (open_folder / "made").exists()
