"""What many nights show together: new failures, flaky scenarios, phases that got slower, hit rates. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from night.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import timedelta

    from night.outcome import CellRun, Hits, Outcome

FEW = 3
"""Nights before the last one from which on a duration has something to be compared with."""
SLOWER = 1.5
MARGIN = 1.0
"""A phase has got slower where it takes that many times its median, and so many seconds more."""

RARER = 0.25
"""A signature comes back less often where its rate is so much below the usual one."""

CHANGED = "-dirty"
"""At the end of what is no commit but something on top of one, which may be another thing each time."""


@dataclass(frozen=True)
class Seen:
    """A scenario as it ran last in a cell: in how many runs it was seen before, and had passed in a row at last.

    It is `stale` where the cell was run since, and the scenario was not.
    """

    cell: str
    outcome: Outcome
    commit: str
    before: int
    passed_before: int
    stale: bool = False

    @property
    def new(self) -> bool:
        """Whether it failed now, and passed when it ran before, or never ran before."""
        return self.outcome.verdict.red and not self.stale and (self.passed_before > 0 or not self.before)


@dataclass(frozen=True)
class Flaky:
    """A scenario that both passed and failed in a cell on one commit: how often each."""

    cell: str
    scenario: str
    commit: str
    passed: int
    failed: int


@dataclass(frozen=True)
class Series:
    """How long a phase took in a cell, in seconds: of each run the slowest scenario, the oldest first."""

    phase: str
    seconds: tuple[float, ...]

    @property
    def usual(self) -> float | None:
        """The median of all but the last; None where there are too few."""
        before = self.seconds[:-1]
        return median(before) if len(before) >= FEW else None

    @property
    def slower(self) -> bool:
        """Whether the last one took much longer than usual."""
        last, usual = self.seconds[-1], self.usual
        return usual is not None and last > usual * SLOWER and last > usual + MARGIN


@dataclass(frozen=True)
class Rates:
    """How often a scenario's signature came back in a cell, the oldest run first."""

    scenario: str
    hits: tuple[Hits, ...]

    @property
    def usual(self) -> float | None:
        """The median rate of all runs but the last; None where there are too few."""
        before = [hits.rate for hits in self.hits[:-1]]
        return median(before) if len(before) >= FEW else None

    @property
    def rarer(self) -> bool:
        """Whether it came back much less often in the last run."""
        return self.usual is not None and self.hits[-1].rate < self.usual - RARER


def begun(runs: Sequence[CellRun]) -> list[CellRun]:
    """Return the runs that were begun; of a cell that never was, those that were not.

    A host that can't run a cell, or a night that was too short, says nothing about what was seen of it elsewhere.
    """
    known = {run.cell for run in runs if not run.not_run}
    return [run for run in runs if not run.not_run or run.cell not in known]


def last_runs(runs: Iterable[CellRun]) -> dict[str, CellRun]:
    """Return the newest run of each cell, by its name, in the order in which cells first come."""
    newest: dict[str, CellRun] = {}
    for run in runs:
        if run.cell not in newest or run.started >= newest[run.cell].started:
            newest[run.cell] = run
    return newest


def seen_last(runs: Sequence[CellRun]) -> list[Seen]:
    """Return every scenario of the newest run of each cell, with what was seen of it before.

    What did not pass when it ran last, and did not run since, is among them: runs may have been of chosen scenarios.
    """
    before: dict[tuple[str, str], list[Verdict]] = {}
    found: dict[tuple[str, str], Seen] = {}
    newest = {run.id for run in last_runs(runs).values()}
    for run in sorted(runs, key=lambda one: one.started):
        for outcome in run.outcomes:
            key, is_newest = (run.cell, outcome.scenario), run.id in newest
            verdicts = before.setdefault(key, [])
            if is_newest or outcome.verdict is not Verdict.SKIPPED:
                passed = _passed_in_a_row(verdicts)
                found[key] = Seen(run.cell, outcome, run.conditions.commit, len(verdicts), passed, stale=not is_newest)
                verdicts.append(outcome.verdict)
    return [one for one in found.values() if not (one.stale and one.outcome.verdict is Verdict.PASSED)]


def flaky(runs: Iterable[CellRun]) -> list[Flaky]:
    """Return what both passed and failed on one commit, or passed in a retry only; the most recent first."""
    counts: dict[tuple[str, str, str], list[int]] = {}
    for run in sorted(runs, key=lambda one: one.started):
        commit = run.conditions.commit
        for outcome in run.outcomes if not commit.endswith(CHANGED) else ():
            passed, failed = _counts(outcome)
            if passed or failed:
                count = counts.setdefault((run.cell, outcome.scenario, commit), [0, 0])
                count[0] += passed
                count[1] += failed
    return [Flaky(*key, *count) for key, count in reversed(counts.items()) if all(count)]


def durations(runs: Iterable[CellRun]) -> list[Series]:
    """Return how long each phase took in the runs of one cell, in the order in which phases first come."""
    series: dict[str, list[float]] = {}
    for run in runs:
        for phase, seconds in _slowest(run.outcomes).items():
            series.setdefault(phase, []).append(seconds)
    return [Series(phase, tuple(seconds)) for phase, seconds in series.items()]


def rates(runs: Iterable[CellRun]) -> list[Rates]:
    """Return how often signatures came back in the runs of one cell."""
    found: dict[str, list[Hits]] = {}
    for run in runs:
        for outcome in run.outcomes:
            if outcome.hits is not None:
                found.setdefault(outcome.scenario, []).append(outcome.hits)
    return [Rates(scenario, tuple(hits)) for scenario, hits in found.items()]


def by_cell(runs: Iterable[CellRun], cells: Sequence[str]) -> dict[str, list[CellRun]]:
    """Return the runs of each cell, the oldest first: the cells of the matrix in its order, then what once was one."""
    found: dict[str, list[CellRun]] = {cell: [] for cell in cells}
    for run in sorted(runs, key=lambda one: one.started):
        found.setdefault(run.cell, []).append(run)
    return {cell: theirs for cell, theirs in found.items() if theirs}


def _counts(outcome: Outcome) -> tuple[int, int]:
    """Return how often a scenario passed and failed in one run; in one where it was flaky it did both."""
    verdict = outcome.was or outcome.verdict
    if verdict is Verdict.FLAKY:
        return 1, 1
    return int(verdict is Verdict.PASSED), int(verdict is Verdict.FAILED)


def _slowest(outcomes: Iterable[Outcome]) -> Mapping[str, float]:
    slowest: dict[str, float] = {}
    for phase, took in _phases(outcomes):
        slowest[phase] = max(took.total_seconds(), slowest.get(phase, 0.0))
    return slowest


def _phases(outcomes: Iterable[Outcome]) -> Iterator[tuple[str, timedelta]]:
    for outcome in outcomes:
        yield from outcome.phases.items()


def _passed_in_a_row(verdicts: Sequence[Verdict]) -> int:
    number = 0
    for verdict in reversed(verdicts):
        if verdict is not Verdict.PASSED:
            break
        number += 1
    return number
