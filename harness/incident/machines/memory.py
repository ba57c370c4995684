"""Memory that ran out, as kernels and systemd tell it. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.faults.pressure import MemoryPressure
from harness.incident.citing import said
from harness.incident.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.incident.machines.lives import Life
    from harness.incident.machines.scene import Scene
    from harness.incident.record import Logged

NEAR = 30 * NANO
"""Complaints that far apart are about the same shortage."""
_OF_KERNEL = re.compile(r"invoked oom-killer|^Out of memory: Killed process|oom-kill:constraint=CONSTRAINT_NONE")
_OF_SYSTEMD = re.compile(r"Under memory pressure|Killed \S+ due to memory pressure|memory pressure for \S+ is")
_LIMITED = re.compile(r"Memory cgroup out of memory|constraint=CONSTRAINT_MEMCG")
"""A service that has reached its own limit: the machine has memory left."""


def find(scene: Scene) -> Iterator[Finding]:
    """Yield each shortage of memory, from the first complaint to the last."""
    for every in scene.lives.values():
        for life in every:
            yield from _shortages(life)


def _shortages(life: Life) -> Iterator[Finding]:
    limited = any(_LIMITED.search(line.entry.message) for line in life.lines)
    group: list[Logged] = []
    for line in life.lines:
        if not _complains(line) or (limited and "invoked oom-killer" in line.entry.message):
            continue
        if group and line.time - group[-1].time > NEAR:
            yield _shortage(life.machine, group)
            group = []
        group.append(line)
    if group:
        yield _shortage(life.machine, group)


def _complains(line: Logged) -> bool:
    entry = line.entry
    if entry.identifier == "kernel":
        return bool(_OF_KERNEL.search(entry.message))
    return entry.identifier.startswith("systemd") and bool(_OF_SYSTEMD.search(entry.message))


def _shortage(machine: str, lines: list[Logged]) -> Finding:
    killed = any("Killed" in line.entry.message for line in lines)
    evidence = tuple(said(line) for line in lines[:5])
    return Finding(MemoryPressure((machine,)), lines[0].time, lines[-1].time, evidence, 0.8 if killed else 0.6)
