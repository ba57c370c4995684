"""What kernels and services say where a disk is full, can't be written, fails, or takes too long. Pure."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from harness.capture.describe import NANO
from harness.faults.disks import DiskFull, DiskReadOnly, DiskSlow
from harness.incident.machines.spans import duration

if TYPE_CHECKING:
    from harness.incident.record import Logged


class Ail(Enum):
    """What ails a disk."""

    FULL = DiskFull
    READ_ONLY = DiskReadOnly
    SLOW = DiskSlow
    ERROR = None


class Complaint(NamedTuple):
    """What is complained of, for how many nanoseconds by then, and whether what was waited for has ended."""

    ail: Ail
    took: int = 0
    over: bool = False


WORDS = (
    (re.compile(r"[Nn]o space left on device|\bENOSPC\b|not enough free space|\bdisk full\b", re.IGNORECASE), Ail.FULL),
    (re.compile(r"Remounting filesystem read-only|Read-only file system|\bEROFS\b|forced readonly"), Ail.READ_ONLY),
    (re.compile(r"Filesystem has been shut down|xfs_do_force_shutdown|Aborting journal on device"), Ail.READ_ONLY),
    (re.compile(r"I/O error, dev |Buffer I/O error on dev|Medium Error|critical (?:target|medium) error"), Ail.ERROR),
)
_SYNC = re.compile(r'slow fdatasync.*?"took":"([^"]+)"|sync duration of ([\w.µ]+), expected less than')
_HUNG = re.compile(r"INFO: task (\S+) blocked for more than (\d+) seconds")
_REDIS = re.compile(r"Asynchronous AOF fsync is taking too long")
_IO_TIMEOUT = re.compile(r"nvme\w* .*timeout, (?:aborting|reset)|\b(?:sd|hd|ata)\S* .*(?:timing out command|timed out)")
_NO_DISK = re.compile(r"inotify|\bwatch(?:es)?\b|/sys/|/proc/|cgroup|/run/")
"""What else has no room or can't be written: limits of the kernel, and what containers may not touch."""


def complaint(line: Logged) -> Complaint | None:
    """Return what a line complains of; None for nothing of that kind."""
    message, of_kernel = line.entry.message, line.entry.identifier == "kernel"
    if match := _SYNC.search(message):
        return Complaint(Ail.SLOW, duration(match[1] or match[2]), over=True)
    if of_kernel and (match := _HUNG.search(message)):
        return Complaint(Ail.SLOW, int(match[2]) * NANO)
    if _REDIS.search(message):
        return Complaint(Ail.SLOW, 2 * NANO)
    if of_kernel and _IO_TIMEOUT.search(message):
        return Complaint(Ail.SLOW, 30 * NANO)
    for words, ail in WORDS:
        if words.search(message) and not _NO_DISK.search(message):
            return Complaint(ail)
    return None
