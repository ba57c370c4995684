"""Processors that had too much to do, as kernels, clusters and systemd complain of it in journals. Pure.

What waits for others is no sign: a read that took too long may have waited for another member. And who complains of its
disk in the same seconds was held up by that.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from harness.capture.describe import NANO
from harness.faults.pressure import CpuPressure
from harness.incident.citing import said
from harness.incident.finding import Finding
from harness.incident.machines.disk_words import complaint
from harness.incident.machines.spans import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.incident.machines.lives import Life
    from harness.incident.machines.scene import Scene
    from harness.incident.record import Logged

NEAR = 15 * NANO
"""Complaints that far apart are about the same pressure."""
ONE_MOMENT = NANO // 4
"""A leader complains once for each follower."""
STARTING = 30 * NANO
"""A machine that starts has much to do; only what its kernel says counts then."""
LATE = 3
"""How often a leader has to be late, so that it is no chance."""
SLOW = 5
"""And how often what depends on nobody else has to be slow."""
SHOWN = 5


class Sign(Enum):
    """What a complaint says."""

    STARVED = 0.75
    """Something was not run for seconds that was ready to."""
    LATE = 0.45
    """A member did not send its heartbeat on time. Only leaders say so, and all leaders do on hosts that are busy."""
    SLOW = 0.35
    """Something took longer than it should; the reason may be another one."""


class Complaint(NamedTuple):
    """A line, what it says, and how long before it that began (nanoseconds)."""

    line: Logged
    sign: Sign
    took: int


_STARVED = (
    re.compile(r"soft lockup - CPU#\d+ stuck for (\d+s)"),
    re.compile(r"rcu\w*: .*(?:self-)?detected stalls? on CPU"),
    re.compile(r"rcu\w* kthread starved for \d+ jiffies"),
    re.compile(r"sched: RT throttling activated"),
)
_NOT_SCHEDULED = re.compile(r"main process was not scheduled for ([\d.]+ ?ms)")
_LATE = re.compile(r"failed to send out heartbeat on time")
_WATCHDOG = re.compile(r": Watchdog timeout \(limit (\S+?)\)!")
_SLOW = re.compile(r"took too long")
_WRITE = re.compile(r"\"?request\"?[: ]\s?\"header:<")
"""What a member applies by itself: a read may have to wait for another one."""


def find(scene: Scene) -> Iterator[Finding]:
    """Yield each time in which a machine's processors had too much to do."""
    for every in scene.lives.values():
        for life in every:
            for group in _groups(life):
                yield from _told(life, group)


def sign(line: Logged) -> Complaint | None:
    """Return what a line complains of; None for nothing of that kind."""
    entry = line.entry
    if entry.identifier == "kernel":
        for words in _STARVED:
            if match := words.search(entry.message):
                return Complaint(line, Sign.STARVED, duration(match[1]) if match.groups() else 0)
        return None
    if match := _NOT_SCHEDULED.search(entry.message):
        return Complaint(line, Sign.STARVED, duration(match[1]))
    if _LATE.search(entry.message):
        return Complaint(line, Sign.LATE, 0)
    if entry.identifier == "systemd":
        match = _WATCHDOG.search(entry.message)
        return Complaint(line, Sign.SLOW, duration(match[1])) if match else None
    slow = _SLOW.search(entry.message) and _WRITE.search(entry.message)
    return Complaint(line, Sign.SLOW, 0) if slow else None


def _groups(life: Life) -> Iterator[list[Complaint]]:
    group: list[Complaint] = []
    for one in filter(None, map(sign, life.lines)):
        if one.sign is not Sign.STARVED and one.line.time - life.first.time < STARTING:
            continue
        if group and one.line.time - one.took - group[-1].line.time > NEAR:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _told(life: Life, group: Sequence[Complaint]) -> Iterator[Finding]:
    began = min(one.line.time - one.took for one in group)
    ended = group[-1].line.time
    if any(complaint(line) is not None for line in life.lines if began - NEAR <= line.time <= ended + NEAR):
        return
    often = {each: _moments([one for one in group if one.sign is each]) for each in Sign}
    if often[Sign.STARVED]:
        sure = min(0.9, Sign.STARVED.value + 0.05 * (often[Sign.STARVED] - 1))
    elif often[Sign.LATE] >= LATE:
        sure = Sign.LATE.value
    elif often[Sign.LATE] + often[Sign.SLOW] >= SLOW:
        sure = Sign.SLOW.value
    else:
        return
    evidence = tuple(said(one.line) for one in group[:SHOWN])
    yield Finding(CpuPressure((life.machine,)), began, ended, evidence, sure)


def _moments(group: Sequence[Complaint]) -> int:
    """Return how many moments complaints are about."""
    count, last = 0, -ONE_MOMENT
    for one in group:
        if one.line.time - last >= ONE_MOMENT:
            count += 1
        last = one.line.time
    return count
