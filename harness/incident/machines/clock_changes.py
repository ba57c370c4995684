"""Clocks that were set, by the two clocks of each line of a journal: one is set, the other never is. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.faults.clocks import ClockJump
from harness.incident.citing import said
from harness.incident.finding import Finding
from harness.incident.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.incident.evidence import Evidence
    from harness.incident.machines.lives import Life
    from harness.incident.machines.scene import Scene
    from harness.incident.record import Logged
    from harness.incident.stated_time import Stated

SMALLEST = NANO // 4
"""A step that is told. What synchronization corrects in passing is less."""
SLEW = 0.0006
"""How much a clock that is only slowed or hurried may gain in a second: 500 ppm (adjtimex(2)), and some more."""
LARGE = 3 * NANO
"""A step from which on dates in whole seconds tell before from after."""
SAME = 0.1
"""How much of a jump the way back may differ from it."""
_SYNCHRONIZED = re.compile(
    r"System clock was stepped|System clock wrong by|Initial (?:clock )?synchronization|step(?:ping)? time server"
    r"|Synchronized to time server .* for the first time|adjust(?:ing|ed)? (?:local )?(?:system )?(?:clock|time)"
)
_SUSPENDED = re.compile(r"PM: suspend (?:entry|exit)|Entering sleep state|System returned from sleep")
_TOLD = re.compile(r"Time has been changed|Time jumped backwards|Clock change detected|clock was (?:stepped|set)")
NEAR = 2 * NANO
EARLY = 60 * NANO
"""After a boot, a clock that is set within that time was put right: nobody knew the time before."""


@dataclass(frozen=True)
class Step:
    """A change of the wall clock, `by` nanoseconds, between two lines of one boot."""

    before: Logged
    after: Logged
    by: int
    span: tuple[int, int]
    """Between which moments."""

    @property
    def moment(self) -> int:
        """When it was set: as the next line tells where that is about it, else between the two."""
        began, ended = self.span
        if _TOLD.search(self.after.entry.message):
            return min(max(self.after.time, began), ended)
        return (began + ended) // 2


def find(scene: Scene) -> Iterator[Finding | Observation]:
    """Yield each jump of a clock, until it was set back."""
    for machine, every in scene.lives.items():
        for life in every:
            yield from _told(life, steps(life, scene.dates.get(machine, ())))


def steps(life: Life, dates: Sequence[Stated] = ()) -> list[Step]:
    """Return each change of a machine's wall clock against the one that nobody sets; `dates` tell closer when."""
    lines = [line for line in life.lines if line.entry.monotonic is not None]
    found: list[Step] = []
    for before, after in pairwise(lines):
        passed = _monotonic(after) - _monotonic(before)
        by = after.entry.time - before.entry.time - passed
        if abs(by) > SMALLEST + SLEW * passed:
            ahead = before.entry.time - before.time
            span = _closer((before.time, max(before.time, after.time)), ahead, by, dates)
            found.append(Step(before, after, by, span))
    return found


def _closer(span: tuple[int, int], ahead: int, by: int, dates: Sequence[Stated]) -> tuple[int, int]:
    """Return the part of a span in which a clock was set by so much that was ahead by so much, as it said on the wire.

    What it says is of whole seconds.
    """
    if abs(by) < LARGE:
        return span
    began, ended = span
    said = [(one.time, abs(one.second - one.time - ahead) > abs(by) // 2) for one in dates if began < one.time < ended]
    first = next((place for place, (_, is_set) in enumerate(said) if is_set), len(said))
    if any(not is_set for _, is_set in said[first:]):
        return span
    return said[first - 1][0] if first else began, said[first][0] if first < len(said) else ended


def _told(life: Life, found: Sequence[Step]) -> Iterator[Finding | Observation]:
    left = list(found)
    while left:
        step = left.pop(0)
        back = next((other for other in left if _undoes(other, step)), None)
        if why := harmless(life, step):
            what = f"its clock was set by {step.by / NANO:+.3f} s: {why}"
            yield Observation(what, life.machine, *_span(step), _cited(step))
            continue
        if back is not None:
            left.remove(back)
        by = timedelta(milliseconds=round(abs(step.by) / (NANO // 1000)))
        ended = max(step.moment, back.moment) if back is not None else None
        cited = (*_cited(step), *(_cited(back) if back is not None else ()))
        jump = ClockJump((life.machine,), by, "forward" if step.by > 0 else "back")
        yield Finding(jump, step.moment, ended, cited, 0.95 if back else 0.85)


def _undoes(other: Step, step: Step) -> bool:
    return (other.by > 0) is not (step.by > 0) and abs(other.by + step.by) <= max(SAME * abs(step.by), NANO)


def harmless(life: Life, step: Step) -> str:
    """Return why a step is no fault: the clock was put right, or the machine slept; empty where nothing says so."""
    near = [line for line in life.lines if abs(_monotonic(line) - _monotonic(step.after)) <= NEAR]
    if any(_SUSPENDED.search(line.entry.message) for line in near):
        return "the machine slept"
    if any(_SYNCHRONIZED.search(line.entry.message) for line in near):
        return "it was synchronized"
    if _monotonic(step.after) - _monotonic(life.first) < EARLY and any(
        line.entry.identifier == "kernel" for line in life.lines[:5]
    ):
        return "the machine had just started"
    return ""


def _span(step: Step) -> tuple[int, int]:
    return step.before.time, max(step.before.time, step.after.time)


def _cited(step: Step) -> tuple[Evidence, ...]:
    shows = f"the wall clock went {step.by / NANO:+.3f} s against the monotonic one before this line"
    told = (said(step.after),) if _TOLD.search(step.after.entry.message) else ()
    return (said(step.after, shows), *told)


def _monotonic(line: Logged) -> int:
    return line.entry.monotonic or 0
