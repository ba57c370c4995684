"""What was inferred beside what was injected: which faults are right, which are invented, how far off times are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.faults import words
from harness.faults.words import fault_of
from harness.incident.reach import IMPAIRED, Places

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.faults.links import Impair
    from harness.incident.finding import Finding
    from harness.incident.reach import Reach
    from harness.incident.record import Record
    from harness.topology.model import Topology

NEAR = 3 * 10**9
"""Nanoseconds within which a finding may be about a step at all."""

ALIKE = 0.5
"""How far off the conditions of a link may be, as a part of what they were."""


@dataclass(frozen=True)
class Step:
    """What was done: when it was being injected, and when it was being healed, in nanoseconds on the host's clock."""

    fault: str
    reach: Reach
    began: tuple[int, int]
    ended: tuple[int, int] | None


@dataclass(frozen=True)
class Compared:
    """The steps with what was found of each, and what was found besides. Errors are in milliseconds."""

    pairs: Sequence[tuple[Step, Finding | None]]
    invented: Sequence[Finding]
    began: Sequence[float]
    ended: Sequence[float]

    @property
    def right(self) -> int:
        """How many steps were found, with their kind and their target."""
        return sum(found is not None for _, found in self.pairs)


def steps_of(truth: Path, topology: Topology) -> list[Step]:
    """Return the steps of a lab as they were executed."""
    places = Places(topology)
    return [
        Step(
            one["fault"],
            places.reach(fault_of(one["fault"].split())),
            (one["injected"], one["began"]),
            (one["healing"], one["ended"]) if one["healing"] and " for " in one["line"] else None,
        )
        for one in json.loads(truth.read_text())["steps"]
    ]


def compare(steps: Sequence[Step], record: Record, findings: Sequence[Finding]) -> Compared:
    """Return steps and findings side by side. The record's clock is that of the journals, which is the host's here."""
    places = Places(record.topology)
    left = list(findings)
    pairs: list[tuple[Step, Finding | None]] = []
    for step in steps:
        same = [one for one in left if _same(step, one, places) and abs(one.began - step.began[1]) <= NEAR]
        found = min(same, key=lambda one: abs(one.began - step.began[1]), default=None)
        if found is not None:
            left.remove(found)
        pairs.append((step, found))
    began = [_off(found.began, step.began) for step, found in pairs if found is not None]
    ended = [
        _off(found.ended, step.ended)
        for step, found in pairs
        if found is not None and step.ended is not None and found.ended is not None
    ]
    return Compared(pairs, left, began, ended)


def _same(step: Step, one: Finding, places: Places) -> bool:
    reach = places.reach(one.fault)
    if reach != step.reach:
        return False
    return reach.family != IMPAIRED or _alike(fault_of(step.fault.split()), one.fault)  # type: ignore[arg-type]  # both impair


def _alike(injected: Impair, found: Impair) -> bool:
    """Say whether a link's conditions are the same kind, and about as bad: delay and loss are what tells."""
    for name in ("delay", "loss"):
        was, now = getattr(injected, name, None), getattr(found, name, None)
        if bool(was) != bool(now) or (was and now and not ALIKE <= now / was <= 1 / ALIKE):
            return False
    return True


def _off(moment: int, span: tuple[int, int]) -> float:
    """Return how far a moment is from a span, in milliseconds."""
    return max(span[0] - moment, moment - span[1], 0) / 10**6


def told(one: Finding) -> str:
    """Return a finding in a few words."""
    return f"{words.describe(one.fault)} ({one.confidence:.2f})"
