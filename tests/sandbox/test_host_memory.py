from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.sandbox import inside
from harness.sandbox.host_memory import LIMITS, OVERCOMMIT, USABLE, room_of_host
from harness.units import MiB

MEASURE = """
import mmap, os, subprocess, sys
from pathlib import Path
from harness.sandbox import linux
from harness.sandbox.host_memory import in_use
from harness.units import MiB
folder = Path(sys.argv[1])
empty = in_use(folder)
linux.mount("it", folder, "tmpfs", data="size=100%")
(folder / "memory").write_bytes(b"x" * 64 * MiB)
print((in_use(folder) - empty) / MiB)
words = [sys.executable, "-c", PROGRAM, str(folder / "memory")]
child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print((in_use(folder) - empty) / MiB)
child.communicate(b"")
"""

MAP = """
import mmap, sys
file = open(sys.argv[1], "rb")
memory = mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
sum(memory[::4096])
memory[: 32 << 20] = b"y" * (32 << 20)
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_host_has_memory_and_processors() -> None:
    room = room_of_host()
    assert 64 * MiB < room.memory
    assert room.cores >= OVERCOMMIT


@pytest.mark.kernel
def test_a_memory_file_counts_once_and_private_pages_count_for_who_changed_them() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        (Path(folder) / "m").mkdir()
        program = f"PROGRAM = {MAP!r}\n{MEASURE}"
        words = inside.command(Path(folder) / "l", [sys.executable, "-c", program, f"{folder}/m"])
        run = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    alone, mapped = map(float, run.stdout.split())
    assert 64 <= alone < 66
    assert 64 + 32 <= mapped < 64 + 32 + 40  # the interpreter takes some


@pytest.mark.kernel
def test_a_control_group_s_limit_is_the_room_of_who_is_in_it() -> None:
    with small_group(512 * MiB) as group:
        script = f"""
import os
from pathlib import Path
Path({str(group)!r}, "cgroup.procs").write_text(str(os.getpid()))
from harness.sandbox.host_memory import room_of_host
room = room_of_host()
print(room.memory, room.free)
"""
        said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    memory, free = map(int, said.stdout.split())
    assert memory == int(512 * MiB * USABLE)
    assert free <= 512 * MiB


@contextmanager
def small_group(limit: int) -> Iterator[Path]:
    """Make a control group within our own, as far as this host lets us."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, own = line.split(":", 2)
        if controllers in LIMITS:
            root, name = LIMITS[controllers]
            group = root / own.lstrip("/") / f"harness-test-{os.getpid()}"
            try:
                group.mkdir()
            except OSError:
                continue
            try:
                if (group / name).exists():
                    (group / name).write_text(str(limit))
                    yield group
                    return
            finally:
                group.rmdir()
    pytest.skip("no control group can be made here")
