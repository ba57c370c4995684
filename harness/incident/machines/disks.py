"""Disks that were full, read-only, stalled or slow, as kernels and services complain of them. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.faults.disks import DiskFull, DiskReadOnly, DiskSlow, DiskStall
from harness.incident.citing import said
from harness.incident.finding import Finding
from harness.incident.machines import disk_waits
from harness.incident.machines.disk_room import room_after, speaks_after
from harness.incident.machines.disk_words import Ail, complaint
from harness.incident.machines.restarts import silence
from harness.incident.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.incident.evidence import Evidence
    from harness.incident.machines.disk_waits import Wait
    from harness.incident.machines.lives import Life
    from harness.incident.machines.scene import Scene
    from harness.incident.record import Logged

STALL = 4 * NANO
"""A single write that took longer than that stood still, unless others ended before it and after it."""
AT_ONE_STRETCH = 0.75
"""The longest wait on a disk that stalls makes up so much of all that was waited; on a slow one, others ended, too."""
SYNC_REQUESTS = 4
"""What one sync of a journalling file system takes: data, journal, commit, flush."""
SLOW_TIMES = 3
"""How often writes have to be slow, so that it is no chance."""
LONG = 2 * NANO
"""A single write that took so long is told, though it may be chance."""
MOST_LINES = 5
NEAR = 15 * NANO
"""Complaints that far apart are about the same trouble."""


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
    for every in scene.lives.values():
        for place, life in enumerate(every):
            for trouble in _troubles(life):
                following = every[place + 1] if place + 1 < len(every) else None
                yield from _told(scene, trouble, life, following)


def _troubles(life: Life) -> Iterator[Trouble]:
    open_: defaultdict[Ail, list[Trouble]] = defaultdict(list)
    for line in life.lines:
        if (found := complaint(line)) is None:
            continue
        known, began = open_[found.ail], line.time - found.took
        if not known or (began - known[-1].ended > NEAR and not _still_full(known[-1], line, life)):
            known.append(Trouble(found.ail, began, line.time))
        known[-1].lines.append(line)
        known[-1].began = min(known[-1].began, began)
        known[-1].ended = max(known[-1].ended, line.time)
        known[-1].longest = max(known[-1].longest, found.took)
    for troubles in open_.values():
        yield from troubles


def _still_full(trouble: Trouble, line: Logged, life: Life) -> bool:
    """Say whether a disk that was full is so at a later complaint: nobody wrote in between."""
    if trouble.ail is not Ail.FULL:
        return False
    room = room_after(trouble.lines[-1], {one.entry.unit for one in trouble.lines}, life.lines)
    return room is None or room.shown.time >= line.time


def _told(scene: Scene, trouble: Trouble, life: Life, following: Life | None) -> Iterator[Finding | Observation]:
    """Yield what a trouble was; `following` is the machine's next boot, if there was one."""
    evidence = _evidence(trouble.lines)
    who = (life.machine,)
    match trouble.ail:
        case Ail.ERROR:
            yield Observation("its disk had errors", life.machine, trouble.began, trouble.ended, evidence)
        case Ail.SLOW:
            yield from _slow(trouble, life)
        case Ail.READ_ONLY:  # only a restart takes it away
            ended = None if following is None else max(_gone(scene, life, following), trouble.ended)
            yield Finding(DiskReadOnly(who), trouble.began, ended, evidence, 0.9)
        case Ail.FULL:
            yield _full(trouble, life)


def _gone(scene: Scene, life: Life, following: Life) -> int:
    """Return when a machine was last heard before its next boot."""
    last = life.last.time
    return silence(scene, life.machine, last, following.started(after=last))[0]


def _full(trouble: Trouble, life: Life) -> Finding:
    """Return that a disk was full: until somebody wrote again, or to the end where who complained never spoke again."""
    last, units = trouble.lines[-1], {line.entry.unit for line in trouble.lines}
    room = room_after(last, units, life.lines)
    evidence = _evidence(trouble.lines)
    if room is None:
        ended = trouble.ended if speaks_after(last, units, life.lines) else None
        return Finding(DiskFull((life.machine,)), trouble.began, ended, evidence, 0.9)
    shows = f"there is room again, maybe since {room.unknown / NANO:.1f} s before: {room.shown.entry.message[:80]}"
    evidence = (*evidence, said(room.full, "the last complaint"), said(room.shown, shows))
    return Finding(DiskFull((life.machine,)), trouble.began, room.shown.time, evidence, 0.9)


def _slow(trouble: Trouble, life: Life) -> Iterator[Finding]:
    """Yield that a disk was slow, or stalled, by how long it was waited for at one stretch."""
    who = (life.machine,)
    found = disk_waits.waits(life.lines, trouble.began, trouble.ended)
    waited = max(disk_waits.waited(found), trouble.longest)
    lasted = min(0.9, 0.4 + 0.05 * waited / NANO)
    if trouble.longest >= max(STALL, AT_ONE_STRETCH * waited):
        yield Finding(DiskStall(who), trouble.began, trouble.ended, _evidence(trouble.lines), lasted)
    elif trouble.longest >= STALL:
        began, ended = min(one.began for one in found), max(one.ended for one in found)
        yield Finding(_slowed(who, found), began, ended, tuple(map(_cited, found[:MOST_LINES])), lasted)
    elif len(trouble.lines) >= SLOW_TIMES or trouble.longest >= LONG:
        sure = min(0.9, 0.3 + 0.05 * len(trouble.lines))
        yield Finding(_slowed(who, found), trouble.began, trouble.ended, _evidence(trouble.lines), sure)


def _slowed(who: tuple[str, ...], found: Sequence[Wait]) -> DiskSlow:
    """Return a disk that ends so few requests a second that syncs wait about as long as they did."""
    if not found:
        return DiskSlow(who)
    usual = median(one.ended - one.began for one in found) / NANO
    return DiskSlow(who, max(1, round(SYNC_REQUESTS / usual)))


def _cited(one: Wait) -> Evidence:
    return said(one.line, f"{one.line.entry.identifier} waited {(one.ended - one.began) / NANO:.2f} s until then")


def _evidence(lines: Sequence[Logged]) -> tuple[Evidence, ...]:
    return tuple(said(line) for line in lines[:MOST_LINES])
