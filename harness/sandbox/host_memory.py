"""What memory and processors this host has for labs, and how much of them a sandbox takes by now."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from harness.sandbox.promises import Room

if TYPE_CHECKING:
    from collections.abc import Iterator

USABLE = 0.9
"""The part of the memory that labs may be promised; the rest is the system's."""

OVERCOMMIT = 4
"""Virtual processors for each of the host's, all labs together. A lab that runs alone may have more."""

PROC = Path("/proc")
INIT = 1

GROUPS = Path("/sys/fs/cgroup")
UNIFIED = ""
"""What stands in place of controllers where control groups are of version 2 (cgroups(7))."""
LIMITS = {UNIFIED: (GROUPS, "memory.max"), "memory": (GROUPS / "memory", "memory.limit_in_bytes")}


def room_of_host() -> Room:
    """Return what this host, or the control groups that this process is in, have for labs (proc(5), cgroups(7))."""
    lines = (line.split() for line in (PROC / "meminfo").read_text().splitlines())
    sizes = {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if len(words) > 1}
    total = min([sizes["MemTotal"], *_limits()])
    free = min(total, sizes["MemAvailable"])
    return Room(int(total * USABLE), free, len(os.sched_getaffinity(0)) * OVERCOMMIT)


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
    """Return the memory limits that this process's control group, and each that it is in, sets, if any."""
    found = []
    for path in _limiting((PROC / "self" / "cgroup").read_text()):
        with contextlib.suppress(OSError, ValueError):  # this group sets none, or is not shown in this container
            found.append(int(path.read_text()))
    return found


def _limiting(groups: str) -> Iterator[Path]:
    """Yield the files in which limits would be, for what /proc/PID/cgroup says; both versions."""
    for line in groups.splitlines():
        _, controllers, group = line.split(":", 2)
        for controller in LIMITS.keys() & controllers.split(","):
            root, name = LIMITS[controller]
            own = root / group.lstrip("/")
            yield from (folder / name for folder in (own, *own.parents) if folder.is_relative_to(root))
