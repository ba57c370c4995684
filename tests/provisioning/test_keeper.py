"""The service itself, on a terminal in place of the hypervisor's port. Clocks are not set here, but by zero."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath

import pytest

from harness.provisioning.files import File
from harness.provisioning.keeper import PROGRAM, UNIT, keeper_files


@pytest.mark.skipif(os.geteuid() != 0, reason="sets the clock")
def test_it_says_that_it_listens_and_keeps_the_last_word(tmp_path: Path) -> None:
    program = keeper_files()[PROGRAM]
    assert isinstance(program, File)
    (tmp_path / "keeper").write_bytes(program.content)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-IS", str(tmp_path / "keeper"), os.ttyname(theirs)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as running, os.fdopen(ours, "r+b", buffering=0) as port:
        said = b""
        port.write(b"keep first\nkeep second\nnonsense\nadvance abc 0\nadvance abc 1e9\n")
        while said.count(b"\nadvanced abc") < 2:
            said += port.read(100)
        running.kill()
    os.close(theirs)
    words = said.decode().split()
    assert words.index("here") < words.index("kept")
    assert words.count("kept") == 2
    told = [float(clock) for clock in re.findall(r"^advanced abc (\S+) second\r?$", said.decode(), re.MULTILINE)]
    assert len(told) == 2  # the second time, it is not advanced again
    assert all(abs(clock - time.time()) < 60 for clock in told)


CLEARS = """
import runpy, sys
from pathlib import Path
keeper = runpy.run_path(sys.argv[1])
def peak():
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
before = peak()
keeper["clear"](64 << 20)
keeper["clear"](-1)
print(peak() - before, keeper["free"]())
"""


def test_memory_is_cleared_by_having_all_of_it_for_a_moment(tmp_path: Path) -> None:
    program = keeper_files()[PROGRAM]
    assert isinstance(program, File)
    (tmp_path / "keeper").write_bytes(program.content)
    command = [sys.executable, "-IS", "-c", CLEARS, str(tmp_path / "keeper")]
    more, free = map(int, subprocess.run(command, capture_output=True, check=True, text=True).stdout.split())
    assert more >= 63 << 10
    assert free > 1 << 20


def test_the_unit_starts_the_program() -> None:
    unit = keeper_files()[PurePosixPath("/etc/systemd/system") / UNIT]
    assert isinstance(unit, File)
    assert f"ExecStart={PROGRAM}\n" in unit.content.decode()


def test_the_program_can_be_run() -> None:
    program = keeper_files()[PROGRAM]
    assert isinstance(program, File)
    assert program.mode == 0o755
