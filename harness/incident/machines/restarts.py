"""Boots that followed no goodbye: power that was cut, a reset; and those in good order, which are no fault. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.faults.power import PowerCut, Reset
from harness.faults.sites import SiteLoss
from harness.incident.citing import said, seen
from harness.incident.finding import Finding
from harness.incident.machines.power_or_reset import decide, has_firmware, usual_start
from harness.incident.machines.scene import looks_for_an_address
from harness.incident.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.incident.evidence import Evidence
    from harness.incident.machines.lives import Life
    from harness.incident.machines.scene import Scene
    from harness.incident.record import Logged
    from harness.topology.model import Topology

UNCLEAN = (
    "uncleanly shut down",
    "recovery complete",
    "recovering journal",
    "orphan cleanup",
    "was not properly unmounted",
)
FIN, RST = 0x01, 0x04
LATELY = 2 * NANO
"""A machine that shuts down in good order ends its connections within that time before it falls silent."""
TOGETHER = NANO
"""How far apart machines go dark that lose their power by one cause."""


@dataclass(frozen=True)
class Loss:
    """A machine that was lost without a word: when it was last heard, and when it began anew."""

    machine: str
    began: int
    ended: int
    reset: bool
    evidence: tuple[Evidence, ...]
    confidence: float


def find(scene: Scene) -> Iterator[Finding | Observation]:
    """Yield each loss of power, each reset, and each reboot in good order."""
    losses: list[Loss] = []
    every_start = usual_start(scene.lives.values())
    for machine, every in scene.lives.items():
        own = usual_start([every])
        usual = every_start if own is None else own
        if _began_meanwhile(scene, every[0]):
            losses.append(_loss(scene, None, every[0], usual))
        for old, new in pairwise(every):
            if old.goodbye is not None:
                yield _in_good_order(machine, old, new)
            else:
                losses.append(_loss(scene, old, new, usual))
    yield from findings(losses, scene.record.topology)


def findings(losses: Sequence[Loss], topology: Topology) -> Iterator[Finding]:
    """Yield what was lost, machines of a site that were lost together as that site's loss."""
    left = sorted(losses, key=lambda loss: loss.began)
    for site, members in _sites(topology).items():
        lost = _together(left, members)
        if lost:
            left = [loss for loss in left if loss not in lost]
            yield _finding(SiteLoss((site,)), lost)
    while left:
        group = [loss for loss in left if loss.reset is left[0].reset and loss.began - left[0].began <= TOGETHER]
        left = [loss for loss in left if loss not in group]
        names = tuple(sorted({loss.machine for loss in group}))
        yield _finding(Reset(names) if group[0].reset else PowerCut(names), group)


def _began_meanwhile(scene: Scene, first: Life) -> bool:
    """Whether a machine booted in the incident, though no line of its boot before is there: it was heard until then.

    What journald had not synced yet is lost with the power: up to five minutes (journald.conf(5)), maybe all there was.
    """
    began = scene.record.began
    if not has_firmware(first) or first.powered <= began:
        return False
    heard = [one for one in scene.voice(first.machine).between(began - 1, first.powered) if one.carries == "tcp"]
    lately = [one for one in heard if one.time > heard[-1].time - LATELY]
    flows = {one[7:9] + one[10:12] for one in lately}
    ended = {one[7:9] + one[10:12] for one in lately if one.flags & (FIN | RST)}
    return bool(flows) and 2 * len(ended) <= len(flows)


def _loss(scene: Scene, old: Life | None, new: Life, usual: int | None) -> Loss:
    """Return how a machine was lost; nothing may be left of the boot before."""
    machine = new.machine
    last = old.last.time if old is not None else scene.record.began
    began, ended, wire = silence(scene, machine, last, new.started(after=last))
    on = max(began, new.started(after=began) - new.before_kernel) if new.before_kernel else None
    ended = min(ended, on) if on is not None else ended
    decided = decide(old, new, ended - began, usual=usual)
    evidence = (
        *([said(old.last, f"the last line of boot {old.boot[:8]}: {old.last.entry.message[:80]}")] if old else []),
        said(new.first, f"the first line of boot {new.boot[:8]}: {decided.why}"),
        *([said(decided.line)] if decided.line is not None else []),
        *wire,
        *(said(line) for line in new.lines if _unclean(line)),
    )
    return Loss(machine, began, ended, decided.reset, evidence[:8], decided.confidence)


def silence(scene: Scene, machine: str, last: int, start: int) -> tuple[int, int, tuple[Evidence, ...]]:
    """Return when a machine was last heard before a new boot, when first after it, and the frames that show that.

    Frames are nearer to the truth than lines: a journal's last lines are lost with the power.
    """
    frames = scene.voice(machine).between(last, start)
    fresh = next((place for place, frame in enumerate(frames) if looks_for_an_address(frame)), None)
    if fresh is None:
        moments = [last, *(frame.time for frame in frames), start]
        fresh = max(range(len(moments) - 1), key=lambda place: moments[place + 1] - moments[place])
    before, after = frames[:fresh], frames[fresh:]
    wire = [seen(before[-1], f"{machine}'s last frame")] if before else []
    wire += [seen(after[0], f"{machine}'s first frame after that")] if after else []
    return (before[-1].time if before else last), (after[0].time if after else start), tuple(wire)


def _in_good_order(machine: str, old: Life, new: Life) -> Observation:
    began = old.goodbye or old.last
    evidence = (said(began), said(new.first))
    ended = max(began.time, new.started(after=old.last.time))
    return Observation("it was restarted in good order", machine, began.time, ended, evidence)


def _unclean(line: Logged) -> bool:
    return any(words in line.entry.message for words in UNCLEAN)


def _sites(topology: Topology) -> dict[str, set[str]]:
    members: defaultdict[str, set[str]] = defaultdict(set)
    for machine in topology.machines:
        if machine.site is not None:
            members[machine.site].add(machine.name)
    return {site: names for site, names in members.items() if len(names) > 1 and len(members) > 1}


def _together(losses: Iterable[Loss], members: set[str]) -> list[Loss]:
    """Return the losses of all of some machines at one time, none where they were not lost together."""
    own = [loss for loss in losses if loss.machine in members]
    for first in own:
        lost = {loss.machine: loss for loss in own if 0 <= loss.began - first.began <= TOGETHER}
        if lost.keys() == members:
            return list(lost.values())
    return []


def _finding(fault: SiteLoss | PowerCut | Reset, losses: Sequence[Loss]) -> Finding:
    began = min(loss.began for loss in losses)
    ended = None if isinstance(fault, Reset) else min(loss.ended for loss in losses)
    evidence = tuple(one for loss in losses for one in loss.evidence)
    return Finding(fault, began, ended, evidence, min(loss.confidence for loss in losses))
