"""Disks that were full, read-only, stalled or slow, as kernels and services complain of them. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.faults.disks import DiskFull, DiskReadOnly, DiskSlow, DiskStall
from harness.incident.citing import said
from harness.incident.finding import Finding
from harness.incident.machines.spans import duration
from harness.incident.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.faults.machines import OfMachines
    from harness.incident.evidence import Evidence
    from harness.incident.machines.lives import Life
    from harness.incident.machines.scene import Scene
    from harness.incident.record import Logged


class Ail(Enum):
    """What ails a disk."""

    FULL = DiskFull
    READ_ONLY = DiskReadOnly
    SLOW = DiskSlow
    ERROR = None


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
STALL = 4 * NANO
"""A single write that took longer than that stood still; what is shorter was slow."""
SLOW_TIMES = 3
"""How often writes have to be slow, so that it is no chance."""
LONG = 2 * NANO
"""A single write that took so long is told, though it may be chance."""
MOST_LINES = 5
NEAR = 15 * NANO
"""Complaints that far apart are about the same trouble."""
_NO_DISK = re.compile(r"inotify|\bwatch(?:es)?\b|/sys/|/proc/|cgroup|/run/")
"""What else has no room or can't be written: limits of the kernel, and what containers may not touch."""


@dataclass
class Trouble:
    """Complaints of one kind, near to each other; `began` lies before the first where that tells how long it took."""

    ail: Ail
    began: int
    ended: int
    lines: list[Logged] = field(default_factory=list)
    longest: int = 0


def find(scene: Scene) -> Iterator[Finding | Observation]:
    """Yield what disks went through."""
    for machine, every in scene.lives.items():
        for place, life in enumerate(every):
            for trouble in _troubles(life):
                yield from _told(machine, trouble, life if place + 1 < len(every) else None)


def _troubles(life: Life) -> Iterator[Trouble]:
    open_: defaultdict[Ail, list[Trouble]] = defaultdict(list)
    for line in life.lines:
        if (found := complaint(line)) is None:
            continue
        ail, took = found
        known = open_[ail]
        if not known or line.time - took - known[-1].ended > NEAR:
            known.append(Trouble(ail, line.time - took, line.time))
        known[-1].lines.append(line)
        known[-1].began = min(known[-1].began, line.time - took)
        known[-1].ended = max(known[-1].ended, line.time)
        known[-1].longest = max(known[-1].longest, took)
    for troubles in open_.values():
        yield from troubles


def complaint(line: Logged) -> tuple[Ail, int] | None:
    """Return what a line complains of, and how many nanoseconds before it that began."""
    message = line.entry.message
    if match := _SYNC.search(message):
        return Ail.SLOW, duration(match[1] or match[2])
    if line.entry.identifier == "kernel" and (match := _HUNG.search(message)):
        return Ail.SLOW, int(match[2]) * NANO
    if _REDIS.search(message):
        return Ail.SLOW, 2 * NANO
    if line.entry.identifier == "kernel" and _IO_TIMEOUT.search(message):
        return Ail.SLOW, 30 * NANO
    for words, ail in WORDS:
        if words.search(message) and not _NO_DISK.search(message):
            return ail, 0
    return None


def _told(machine: str, trouble: Trouble, over: Life | None) -> Iterator[Finding | Observation]:
    """Yield what a trouble was; `over` is the boot that it was in, where another one followed."""
    evidence = _evidence(trouble.lines)
    who = (machine,)
    if trouble.ail is Ail.ERROR:
        yield Observation("its disk had errors", machine, trouble.began, trouble.ended, evidence)
        return
    fault: OfMachines
    ended: int | None = trouble.ended
    if trouble.ail is Ail.SLOW:
        fault = DiskStall(who) if trouble.longest >= STALL else DiskSlow(who)
        if isinstance(fault, DiskSlow) and len(trouble.lines) < SLOW_TIMES and trouble.longest < LONG:
            return
        sure = 0.4 + 0.05 * trouble.longest / NANO if isinstance(fault, DiskStall) else 0.3 + 0.05 * len(trouble.lines)
        confidence = min(0.9, sure)
    elif trouble.ail is Ail.READ_ONLY:
        fault, confidence = DiskReadOnly(who), 0.9
        ended = max(over.last.time, trouble.ended) if over is not None else None  # only a restart takes it away
    else:
        fault, confidence = DiskFull(who), 0.9
    yield Finding(fault, trouble.began, ended, evidence, confidence)


def _evidence(lines: Sequence[Logged]) -> tuple[Evidence, ...]:
    return tuple(said(line) for line in lines[:MOST_LINES])
