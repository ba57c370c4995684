from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.sandbox import inside
from harness.sandbox.waiting import gone
from harness.units import seconds
from tests.processes import alive, descendants

SHOW = """
import os
from harness.sandbox import inside
lease = inside.own_lease()
print(os.readlink("/proc/self/ns/net"), os.readlink("/proc/self/ns/pid"), lease.folder, lease.folder.is_dir())
"""

STARTER = """
import subprocess, sys
from pathlib import Path
from harness.sandbox import inside
words = inside.command(Path(sys.argv[1]), ["sh", "-c", "echo ready; sleep 600"])
subprocess.Popen(words).wait()
"""


def test_a_process_that_was_not_started_so_has_no_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(inside.LEASE, raising=False)
    assert inside.own_lease() is None


@pytest.mark.kernel
def test_a_command_lives_in_a_sandbox_from_its_start(tmp_path: Path) -> None:
    words = inside.command(tmp_path, [sys.executable, "-c", SHOW])
    run = subprocess.run(words, capture_output=True, text=True, check=True)
    net, pid, folder, there = run.stdout.split()
    assert net != str(Path("/proc/self/ns/net").readlink())
    assert pid != str(Path("/proc/self/ns/pid").readlink())
    assert (Path(folder).parent, there) == (tmp_path, "True")
    assert not Path(folder).exists()


@pytest.mark.kernel
def test_its_streams_and_its_status_are_the_caller_s(tmp_path: Path) -> None:
    words = inside.command(tmp_path, ["sh", "-c", "cat; exit 7"])
    run = subprocess.run(words, input="said\n", capture_output=True, text=True, check=False)
    assert (run.stdout, run.returncode) == ("said\n", 7)


@pytest.mark.kernel
def test_a_root_that_can_t_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = subprocess.run(inside.command(tmp_path / "file", ["true"]), capture_output=True, text=True, check=False)
    assert run.returncode == inside.UNUSABLE
    assert "no folder for labs at" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.kernel
def test_everything_ends_with_whoever_started_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "ready\n"
        everyone = descendants(starter.pid)
        assert len(everyone) >= 4
        os.kill(starter.pid, signal.SIGKILL)
        gone("every process", lambda: [pid for pid in everyone if alive(pid)], within=2 * seconds)
        gone("the lease", lambda: [path for path in tmp_path.iterdir() if path.is_dir()], within=2 * seconds)
