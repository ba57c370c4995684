"""Memory that ran out, as kernels, systemd and programs that got none tell it. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.faults.pressure import MemoryPressure
from harness.incident.bursts import bursts
from harness.incident.citing import said
from harness.incident.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.incident.machines.lives import Life
    from harness.incident.machines.scene import Scene
    from harness.incident.record import Logged

NEAR = 30 * NANO
"""Complaints that far apart are about the same shortage."""
KILLED, SHORT, ALONE = 0.8, 0.6, 0.45
"""How sure it is where somebody was killed, where somebody got none, and where it was one program alone."""
_OF_KERNEL = re.compile(
    r"invoked oom-killer|^Out of memory: Killed process|oom-kill:constraint=CONSTRAINT_NONE|: page allocation failure: "
)
_OF_SYSTEMD = re.compile(r"Under memory pressure|Killed \S+ due to memory pressure|memory pressure for \S+ is")
_DENIED = re.compile(
    r"Cannot allocate memory|\bENOMEM\b|fatal error: runtime: (?:out of memory|cannot allocate memory)|std::bad_alloc"
)
"""What programs say that got no memory: one alone may have reached a limit of its own."""
_LIMITED = re.compile(r"Memory cgroup out of memory|constraint=CONSTRAINT_MEMCG")
"""A service that has reached its own limit: the machine has memory left."""


def find(scene: Scene) -> Iterator[Finding]:
    """Yield each shortage of memory, from the first complaint to the last."""
    for every in scene.lives.values():
        for life in every:
            yield from _shortages(life)


def _shortages(life: Life) -> Iterator[Finding]:
    limited = any(_LIMITED.search(line.entry.message) for line in life.lines)
    complaints = [
        line for line in life.lines if _complains(line) and not (limited and "invoked oom-killer" in line.entry.message)
    ]
    for group in bursts(complaints, lambda line: line.time, NEAR):
        yield _shortage(life.machine, group)


def _complains(line: Logged) -> bool:
    entry = line.entry
    if entry.identifier == "kernel":
        return bool(_OF_KERNEL.search(entry.message))
    of_systemd = entry.identifier.startswith("systemd") and _OF_SYSTEMD.search(entry.message)
    return bool(of_systemd or _DENIED.search(entry.message))


def _shortage(machine: str, lines: list[Logged]) -> Finding:
    evidence = tuple(said(line) for line in lines[:5])
    return Finding(MemoryPressure((machine,)), lines[0].time, lines[-1].time, evidence, _sure(lines))


def _sure(lines: list[Logged]) -> float:
    """Return how sure a shortage is: who is killed for it tells more than who got nothing, and one alone the least."""
    if any("Killed" in line.entry.message for line in lines):
        return KILLED
    denied = [line.entry.identifier for line in lines if _DENIED.search(line.entry.message)]
    return ALONE if len(denied) == len(lines) and len(set(denied)) == 1 else SHORT
