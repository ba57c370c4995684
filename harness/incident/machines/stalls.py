"""Machines and services that stood still and went on: a stall is not a stop. Pure.

What decides: the timestamps of a machine that stands still do so, too; one that is cut off goes on, and says so in its
journal. Of a service that stands still, the machine's kernel still acknowledges what comes, and nothing is answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.capture.describe import NANO
from harness.faults.power import Pause
from harness.faults.processes import PauseProcess
from harness.incident.citing import seen
from harness.incident.finding import Finding
from harness.incident.machines.quiet import Quiet, quiets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.incident.machines.pulses import Beat
    from harness.incident.machines.scene import Scene
    from harness.incident.packet import Packet

SHORTEST = NANO // 2
"""A clock that lost less than that may have been read late."""
TOGETHER = 1.5
"""Seconds within which the services of a machine that is paused fall silent, and speak again."""
SURE = 0.9
HALTING = 0.3
"""The part of a silence for which others on the machine may be silent, too, though nothing ails them."""


class Still(NamedTuple):
    """A span in which a machine's clock did not go."""

    before: Packet
    after: Packet
    lost: int


def find(scene: Scene) -> Iterator[Finding]:
    """Yield each pause of a machine and of a service."""
    own = {machine.name for machine in scene.record.topology.machines}
    for machine in own & scene.voices.keys():
        still = list(_stood_still(scene, machine))
        for one in still:
            yield _pause(machine, one)
        quiet = [one for one in quiets(scene, machine) if not any(_within(one, other) for other in still)]
        yield from _processes(machine, quiet, scene)


def _stood_still(scene: Scene, machine: str) -> Iterator[Still]:
    """Yield the spans in which a machine's clock stood still: its longest silence within what the timestamps bound."""
    voice = scene.voice(machine)
    last = 0
    every = scene.pulses[machine].beats
    for beat in sorted(_losses(every), key=lambda beat: beat.before.time):
        frames = [beat.before, *voice.between(beat.before.time, beat.after.time), beat.after]
        if beat.after.time <= last:
            continue
        gap = max(range(len(frames) - 1), key=lambda place: frames[place + 1].time - frames[place].time)
        before, after = frames[gap], frames[gap + 1]
        stands = after.time > last and after.time - before.time >= -beat.gained * SURE
        if stands and not _went_on(every, before.time, after.time):
            last = after.time
            yield Still(before, after, -beat.gained)


def _went_on(beats: Sequence[Beat], began: int, ended: int) -> bool:
    """Return whether any connection shows that a clock went on over a time: all that it lost, it had again later."""
    following = {beat.before: beat for beat in beats}
    for first in beats:
        if not (first.before.time <= began and ended <= first.after.time):
            continue
        gained, beat = first.gained, first
        while gained < -SHORTEST and (later := following.get(beat.after)) is not None:
            gained, beat = gained + later.gained, later
        if gained >= -SHORTEST:
            return True
    return False


def _losses(beats: Sequence[Beat]) -> list[Beat]:
    """Return where a clock lost time for good, as the same connection shows later.

    A segment may be late alone: what waits for an address to be resolved was stamped when it was made.
    """
    later = {beat.before: beat.gained for beat in beats}
    return [
        beat
        for beat in beats
        if beat.gained < -SHORTEST and beat.gained + max(later.get(beat.after, -beat.gained), 0) < -SHORTEST
    ]


def _pause(machine: str, one: Still) -> Finding:
    evidence = (
        seen(one.before, f"{machine}'s last frame"),
        seen(one.after, f"{machine}'s next frame; its TCP timestamps went on {one.lost / NANO:.2f} s behind"),
    )
    return Finding(Pause((machine,)), one.before.time, one.after.time, evidence, 0.95)


def _processes(machine: str, quiet: Sequence[Quiet], scene: Scene) -> Iterator[Finding]:
    """Yield what stood still on a machine whose kernel went on: all its services together, or one."""
    left = sorted(quiet, key=lambda one: one.before.time)
    while left:
        first = left[0]
        group = [one for one in left if _together(one, first)]
        left = [one for one in left if one not in group]
        if _is_all(group, scene, machine):
            yield _finding(Pause((machine,)), group)
        else:
            for service in dict.fromkeys(one.service for one in group):
                own = [one for one in group if one.service == service]
                yield _finding(PauseProcess((machine,), service), own)


def _is_all(group: Sequence[Quiet], scene: Scene, machine: str) -> bool:
    """Whether all of a machine fell silent, and its journal, too."""
    began, ended = min(one.before.time for one in group), max(one.after.time for one in group)
    margin = (ended - began) // 5
    wrote = any(began + margin < line.time < ended - margin for line in scene.lines(machine))
    services = {one.service for one in group}
    return not wrote and len(services) > 1 and all(_alone(one) is False for one in group)


def _alone(one: Quiet) -> bool | None:
    """Whether the rest of a machine went on as ever while a service was silent; None where it did so haltingly."""
    span = one.after.time - one.before.time
    if one.others is None or one.others < span * HALTING:
        return True
    return False if one.others > span * (1 - HALTING) else None


def _finding(fault: Pause | PauseProcess, group: Sequence[Quiet]) -> Finding:
    began, ended = max(one.before.time for one in group), min(one.after.time for one in group)
    evidence = [piece for one in group for piece in one.evidence]
    confidence = min(SURE, 0.2 + 0.1 * (ended - began) / NANO)
    if isinstance(fault, PauseProcess) and not all(_alone(one) for one in group):
        confidence /= 2  # a machine that is too busy stalls one service after the other
    return Finding(fault, began, ended, tuple(evidence[:12]), confidence)


def _together(one: Quiet, other: Quiet) -> bool:
    within = TOGETHER * NANO
    return abs(one.before.time - other.before.time) < within and abs(one.after.time - other.after.time) < within


def _within(one: Quiet, still: Still) -> bool:
    return one.before.time < still.after.time and still.before.time < one.after.time
