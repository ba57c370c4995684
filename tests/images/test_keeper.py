"""The service itself, on a terminal in place of the hypervisor's port. Clocks are not set here, but by zero."""

from __future__ import annotations

import os
import pty
import re
import select
import ssl
import subprocess
import sys
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.images.recipe import recipes_folder
from tests.stacks.reference.node.loopback_iam import serving_iam
from tests.stacks.reference.node.memory import Memory

PROGRAM = recipes_folder() / "common/keeper"
HOSTS = {"well": "127.0.0.1", "nobody": "127.0.0.2"}


@pytest.mark.skipif(os.geteuid() != 0, reason="sets the clock")
def test_it_says_that_it_listens_and_keeps_the_last_word() -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-IS", str(PROGRAM), os.ttyname(theirs)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as running, os.fdopen(ours, "r+b", buffering=0) as port:
        said = b""
        port.write(b"keep first\nkeep second\nnonsense\nadvance abc 0\nlook def\nadvance abc not-read\n")
        try:
            while len(re.findall(rb"\nadvanced abc \S+ second\r?\n", said)) < 2:
                assert select.select([port], [], [], 20)[0], said
                said += port.read(100)
        finally:
            running.kill()
    os.close(theirs)
    words = said.decode().split()
    assert words.index("here") < words.index("kept")
    assert words.count("kept") == 2
    told = [float(clock) for clock in re.findall(r"^advanced abc (\S+) second\r?$", said.decode(), re.MULTILINE)]
    assert len(told) == 2  # the second time, it is not advanced again, whatever was asked between
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


def test_memory_is_cleared_by_having_all_of_it_for_a_moment() -> None:
    command = [sys.executable, "-IS", "-c", CLEARS, str(PROGRAM)]
    more, free = map(int, subprocess.run(command, capture_output=True, check=True, text=True).stdout.split())
    assert more >= 63 << 10
    assert free > 1 << 20


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Start the service with two endpoints, one of which is nobody's; a question gives the line that is said."""
    with serving_iam(tmp_path, Memory()) as well:
        endpoints = tmp_path / "health"
        authority = tmp_path / "ca.crt"
        authority.write_text(ssl.DER_cert_to_PEM_cert(well.trust.get_ca_certs(binary_form=True)[0]))
        lines = [f"{name} {host} {well.port} /health {authority}\n" for name, host in HOSTS.items()]
        endpoints.write_text("".join(lines))
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        command = [sys.executable, "-IS", str(PROGRAM), os.ttyname(theirs), str(endpoints)]
        with subprocess.Popen(command) as running, os.fdopen(ours, "r+b", buffering=0) as port:

            def ask(question: str) -> str:
                port.write(f"{question}\n".encode())
                said = b""
                while not said.endswith(b"\n"):
                    said += port.read(100)
                return said.decode().splitlines()[-1]

            while b"here" not in port.read(100):
                pass
            yield ask
            running.kill()
        os.close(theirs)


def test_it_looks_at_the_health_of_its_machine(asked: Callable[[str], str]) -> None:
    assert asked("look one") == "looked one well=200 nobody=0"
    assert asked("dial two") == "dialled two"
    assert asked("look three") == "looked three well=200 nobody=0"
    assert asked("look three") == "looked three well=200 nobody=0"
