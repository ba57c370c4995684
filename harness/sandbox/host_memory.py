"""What memory and processors this host has for labs, and how much of them a sandbox takes by now."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from harness.sandbox.promises import Room

USABLE = 0.9
"""The part of the memory that labs may be promised; the rest is the system's."""

OVERCOMMIT = 4
"""Virtual processors for each of the host's, all labs together. A lab that runs alone may have more."""

PROC = Path("/proc")
INIT = 1


def room_of_host() -> Room:
    """Return what this host, or the control group that this process is in, has for labs (proc(5), cgroups(7))."""
    lines = (line.split() for line in (PROC / "meminfo").read_text().splitlines())
    sizes = {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if len(words) > 1}
    total = min([sizes["MemTotal"], *_limits()])
    return Room(int(total * USABLE), sizes["MemAvailable"], len(os.sched_getaffinity(0)) * OVERCOMMIT)


def in_use(folder: Path) -> int:
    """Return the bytes that a sandbox's programs take, its init and this process left out, and the files of a tmpfs.

    The folder may be none. Of a mapped file nothing is counted but the pages that were changed privately.
    """
    files = 0
    if folder.is_mount():
        about = os.statvfs(folder)
        files = (about.f_blocks - about.f_bfree) * about.f_frsize
    others = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal())
    return files + sum(_own_pages(pid) for pid in others if pid not in (INIT, os.getpid()))


def _own_pages(pid: int) -> int:
    """Return the bytes of a process's anonymous pages (proc_pid_statm(5))."""
    try:
        _, resident, shared, *_ = map(int, (PROC / str(pid) / "statm").read_text().split())
    except OSError:  # it has ended
        return 0
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE")


def _limits() -> list[int]:
    """Return the memory limits that control groups set on this process, if any; both versions."""
    found = []
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            found.append(int(Path(path).read_text()))
    return found
