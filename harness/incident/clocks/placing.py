"""Where the lines of journals stand beside captures, whose machines' clocks were set, or stood still, meanwhile. Pure.

A wall clock that was set was right before, or was set right: a fault does the one, NTP and whoever wakes a virtual
machine the other. What journals and captures both tell decides; else whether the lines are of the captures' time then.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from harness.incident.clocks.machine_clocks import WINDOW, agreed, matches, weight
from harness.incident.clocks.walls import STEP

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.incident.clocks.marks import Key
    from harness.incident.entry import Entry

    Line: TypeAlias = tuple[int, Entry]
    """A line of a journal with its time: as its clock was before it was set, as its clock was, or where it stands."""

SHORTEST_PAUSE = 10**9
"""Nanoseconds; what is shorter may be a line that was written late."""
MOST_PAUSES = 8
"""That are looked for in one boot."""
SURE = 2.0
"""What has to speak for a pause: two moments that have no other frame."""

MARGIN = 60 * 10**9
"""Nanoseconds by which lines may be before or after the captures and still be of their time."""


def as_said(lines: Iterable[Line]) -> list[Line]:
    """Return lines with the times that their machines' clocks said."""
    return [(entry.time, entry) for _, entry in lines]


def placed(lines: Sequence[Line], marks: Mapping[Key, Sequence[int]], span: tuple[int, int] | None) -> list[Line]:
    """Return lines that have the times of unset clocks where they stand on the reference clock.

    `marks` are the captures' moments and `span` their time, on that clock, None without captures.
    """
    boots: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for spell in _spells(lines):
        said = as_said(spell)
        entry = spell[0][1]
        boots[entry.host, entry.boot] += said if _rather(said, spell, marks, span) else spell
    return [line for boot in boots.values() for line in _caught_up(boot, marks)]


def _caught_up(lines: Sequence[Line], marks: Mapping[Key, Sequence[int]]) -> Sequence[Line]:
    """Return a machine's lines without what its clock lost while it stood still.

    A virtual machine that is paused knows nothing of the time that passes. From a line on, all that fits then fits as
    much later; what fits as it is stands before that.
    """
    for _ in range(MOST_PAUSES):
        told = matches(lines, marks)
        last = max((one.time for one in told if abs(one.ahead) <= WINDOW), default=None)
        after = [one for one in told if one.ahead > SHORTEST_PAUSE and (last is None or one.time > last)]
        vote = agreed(after)
        if vote is None or vote.weight < SURE:
            break
        first = min(one.time for one in after if abs(one.ahead - vote.ahead) <= WINDOW)
        lines = [(time + vote.ahead if time >= first else time, entry) for time, entry in lines]
    return lines


def _spells(lines: Iterable[Line]) -> Iterable[list[Line]]:
    """Return the lines of each machine between two settings of its clock."""
    spells: dict[tuple[str, str, int], list[Line]] = defaultdict(list)
    for time, entry in lines:
        spells[entry.host, entry.boot, round((entry.time - time) / STEP)].append((time, entry))
    return spells.values()


def _rather(
    said: Sequence[Line], unset: Sequence[Line], marks: Mapping[Key, Sequence[int]], span: tuple[int, int] | None
) -> bool:
    """Whether lines stand where their clock said, rather than where it would have, had nobody set it."""
    if said[0][0] == unset[0][0]:
        return False
    here, there = _fits(said, marks), _fits(unset, marks)
    if here != there or span is None:
        return here > there
    return _within(said, span) > _within(unset, span)


def _fits(lines: Sequence[Line], marks: Mapping[Key, Sequence[int]]) -> float:
    return weight([one for one in matches(lines, marks) if abs(one.ahead) <= WINDOW])


def _within(lines: Iterable[Line], span: tuple[int, int]) -> int:
    return sum(span[0] - MARGIN <= time <= span[1] + MARGIN for time, _ in lines)
