"""What was inferred beside what was injected: which faults are right, which are invented, how far off times are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from harness.faults import words
from harness.faults.intermittent import Flap
from harness.faults.words import fault_of
from harness.incident.diagnosis.reach import IMPAIRED, Places

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.faults.links import Impair
    from harness.incident.diagnosis.reach import Reach
    from harness.incident.finding import Finding
    from harness.incident.record import Record
    from harness.topology.model import Topology

NEAR = 3 * 10**3
"""Milliseconds within which a finding may be about a step at all."""

ALIKE = 0.5
"""How far off the conditions of a link may be, as a part of what they were."""


@dataclass(frozen=True)
class Step:
    """What was done: when it was being injected, and when healed, in nanoseconds on the machines' clock."""

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
    """Return the steps of a lab as they were executed, on its machines' clock."""
    places, known = Places(topology), json.loads(truth.read_text())
    return [_step(one, places, known.get("ahead", 0)) for one in known["steps"]]


def _step(one: dict[str, Any], places: Places, ahead: int) -> Step:
    fault = fault_of(one["fault"].split())
    ended = None
    if one["healing"] and " for " in one["line"]:
        # What flaps is open for the second half of each period: nobody can see whether it flaps still.
        open_for = fault.every / 2 if isinstance(fault, Flap) else timedelta(0)
        ended = (one["healing"] + ahead - round(open_for.total_seconds() * 10**9), one["ended"] + ahead)
    return Step(one["fault"], places.reach(fault), (one["injected"] + ahead, one["began"] + ahead), ended)


def compare(steps: Sequence[Step], record: Record, findings: Sequence[Finding]) -> Compared:
    """Return steps and findings side by side. The record's clock is that of the journals."""
    places = Places(record.topology)
    left = list(findings)
    pairs: list[tuple[Step, Finding | None]] = []
    for step in steps:
        same = [one for one in left if _same(step, one, places) and _off(one.began, step.began) <= NEAR]
        found = min(same, key=lambda one: _off(one.began, step.began), default=None)
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
    """Say whether a finding is of the kind and about the target of a step.

    Of a link that is worse, one direction of two is enough: delays on the far side of where a cable is captured look
    like a slow machine.
    """
    reach = places.reach(one.fault)
    if reach.family == step.reach.family == IMPAIRED:
        right = reach.concerned == step.reach.concerned and reach.deaf <= step.reach.deaf
        return right and _alike(fault_of(step.fault.split()), one.fault)  # type: ignore[arg-type]  # both impair
    return reach == step.reach


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
