"""Cables that flap: several short cuts of one thing, at one pace."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from harness.faults.intermittent import Flap
from harness.faults.words import describe
from harness.incident.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.faults.fault import Fault

FEWEST = 3
LONGEST = 10_000_000_000
"""A flap's period, at most, in nanoseconds."""
UNEVEN = 0.25
"""So far may a cut begin from where its period has it, in periods: TCP takes some time to notice one."""
HALF = 0.3, 0.7
"""What part of each period a flap is cut for: one half, as far as that can be seen."""
FINEST = 100_000_000
"""Periods are told in whole tenths of a second, since they are not known better."""


def fold(findings: Sequence[Finding], links: Callable[[Fault], str | None]) -> list[Finding]:
    """Return findings with one `flap` in the place of several short cuts of the same link.

    `links` says which link a fault cuts, None for one that is no cut of one link.
    """
    by_link: dict[str, list[Finding]] = {}
    for one in findings:
        link = links(one.fault)
        if link is not None and one.ended is not None and one.ended - one.began < LONGEST:
            by_link.setdefault(link, []).append(one)
    kept = list(findings)
    for link, cuts in by_link.items():
        for run in _runs(sorted(cuts, key=lambda one: one.began)):
            kept = [one for one in kept if one not in run]
            kept.append(_flap(link, run))
    return sorted(kept, key=lambda one: (one.began, describe(one.fault)))


def _runs(cuts: Sequence[Finding]) -> list[list[Finding]]:
    """Return the runs of cuts at one pace that are long enough; one may be missing where too little was said."""
    found: list[list[Finding]] = []
    run: list[Finding] = []
    for one in cuts:
        if run and not _is_next(run, one):
            found.append(run)
            run = []
        run.append(one)
    found.append(run)
    return [run for run in found if len(run) >= FEWEST and HALF[0] <= _share(run) <= HALF[1]]


def _is_next(run: Sequence[Finding], one: Finding) -> bool:
    """Return whether a cut goes on with a run: all gaps are one period, or two where a cut went unseen."""
    gaps = [later.began - sooner.began for sooner, later in pairwise([*run, one])]
    return max(gaps) <= LONGEST and any(_is_pace(period, gaps) for gap in gaps for period in (gap, gap / 2))


def _is_pace(period: float, gaps: Sequence[int]) -> bool:
    times = [round(gap / period) for gap in gaps]
    return all(1 <= n <= 2 and abs(gap - n * period) <= UNEVEN * period for gap, n in zip(gaps, times, strict=True))  # noqa: PLR2004 - one may be missing


def _period(run: Sequence[Finding]) -> float:
    """Return the period: the whole time by the number of periods in it, of which some may have gone unseen."""
    gaps = [later.began - one.began for one, later in pairwise(run)]
    usual = median(gap / max(1, round(gap / min(gaps))) for gap in gaps)
    return (run[-1].began - run[0].began) / sum(max(1, round(gap / usual)) for gap in gaps)


def _share(run: Sequence[Finding]) -> float:
    lengths = [one.ended - one.began for one in run if one.ended is not None]
    return median(lengths) / _period(run)


def _flap(link: str, run: Sequence[Finding]) -> Finding:
    """Return what a run of cuts is. It ended somewhere between the last cut and the one that did not come any more."""
    period = max(round(_period(run) / FINEST), 1) * FINEST
    first, last = run[0], run[-1]
    usual = median(one.ended - one.began for one in run if one.ended is not None)
    ended = last.ended or last.began
    if ended - last.began >= usual * (1 - UNEVEN):
        ended += round((period - usual) / 2)
    evidence = tuple(one.evidence[0] for one in run)
    every = timedelta(microseconds=period // 1000)
    return Finding(Flap((link,), every), first.began, ended, evidence, median(one.confidence for one in run))
