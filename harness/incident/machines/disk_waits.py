"""How long a machine waited for its disk: at one stretch, as where it stalls, or again and again, as where it is slow.

A disk that stalls ends nothing: all that waits for it does so at one time. Where one wait ended and the next began, it
had ended some requests in between. Pure.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from harness.capture.describe import NANO
from harness.incident.machines.disk_words import complaint
from harness.incident.machines.spans import duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.incident.record import Logged

SHORTEST = NANO
"""A journal that takes a line so long after it was said waits for its disk; what is less may be a busy machine."""
APART = 2 * NANO
"""Waits with no more between them are about the same trouble."""
_LEADER = re.compile(
    r'failed to send out heartbeat on time.*"expected-duration":"([^"]+)","exceeded-duration":"([^"]+)"'
    r"|failed to send out heartbeat on time \(exceeded the (\S+) timeout for (\S+?)[,)]"
)
"""A leader of etcd's that was held up: it sends heartbeats when it has saved what came before."""


class Wait(NamedTuple):
    """A time in which something waited for a disk, in nanoseconds; it had ended when `line` was said or taken."""

    began: int
    ended: int
    line: Logged


def waits(lines: Sequence[Logged], began: int, ended: int) -> list[Wait]:
    """Return the waits of a trouble from `began` to `ended`, and those that follow one upon another there, by time."""
    every = sorted((*_said(lines), *_journals(lines)))
    while True:
        found = [one for one in every if one.ended >= began - APART and one.began <= ended + APART]
        first, last = min((one.began for one in found), default=began), max((one.ended for one in found), default=ended)
        if first >= began and last <= ended:
            return found
        began, ended = min(first, began), max(last, ended)


def waited(found: Iterable[Wait]) -> int:
    """Return for how long anything waited; what waited at one time counts once."""
    whole, until = 0, 0
    for one in sorted(found):
        whole += max(one.ended - max(one.began, until), 0)
        until = max(until, one.ended)
    return whole


def _said(lines: Iterable[Logged]) -> Iterator[Wait]:
    """Yield the waits that are told when they have ended."""
    for line in lines:
        told = complaint(line)
        if told is not None and told.over:
            yield Wait(line.time - told.took, line.time, line)
        elif match := _LEADER.search(line.entry.message):
            yield Wait(line.time - sum(duration(part) for part in match.groups() if part), line.time, line)


def _journals(lines: Iterable[Logged]) -> Iterator[Wait]:
    """Yield the times in which journald took nothing, though something was said to it."""
    taken = sorted((line for line in lines if line.entry.identifier != "kernel"), key=_taken)
    for before, after in pairwise(taken):
        began = max(_taken(before), after.time)
        if _taken(after) - began >= SHORTEST:
            yield Wait(began, _taken(after), after)


def _taken(line: Logged) -> int:
    return line.time + line.entry.delay
