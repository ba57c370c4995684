"""From findings to a diagnosis: each cause told once, and the schedule that shows it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.faults import words
from harness.faults.schedule import Schedule, Step
from harness.incident import explaining
from harness.incident.reach import Places
from harness.units import minutes, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.incident.explaining import Explained
    from harness.incident.finding import Finding
    from harness.incident.record import Record

KINDS = ("network_faults", "machine_faults", "boot_faults")
"""The modules that infer faults; each has a `find`."""

LIKELY = 0.5
"""A finding's confidence from which on it is a part of the schedule."""

LEAD = 3 * seconds
"""How long all is well before the first fault."""

LONGEST = 2 * minutes
"""How long a fault, or the time between two, is in a schedule at most: nobody waits for hours to see it again."""

STEP = timedelta(milliseconds=10)
"""What times are rounded to: less than they are known by."""

MOMENTARY = ("kill", "restart", "reset", "clock-jump", "add-member", "remove-member")
"""Faults that are over when they are done."""


@dataclass(frozen=True)
class Diagnosis:
    """What an incident's evidence tells: what went wrong, in the order of time.

    `findings` are the causes, `doubtful` are findings that are too uncertain for the schedule, `explained` those that
    follow from others. `schedule` starts at `start` (nanoseconds since 1970 on the reference clock). `steps` has the
    finding of each step of the schedule. `notes` say what else a reader should know.
    """

    findings: tuple[Finding, ...]
    doubtful: tuple[Finding, ...]
    explained: tuple[Explained, ...]
    schedule: Schedule
    start: int
    notes: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[tuple[Step, Finding], ...]:
        """Each step of the schedule, with its finding."""
        return tuple(zip(self.schedule, self.findings, strict=True))


def diagnose(record: Record) -> Diagnosis:
    """Return what a record tells."""
    return of_findings(record, found_in(record))


def found_in(record: Record) -> list[Finding]:
    """Return all that is inferred, from each kind of evidence by itself."""
    return [one for kind in KINDS for one in import_module(f"harness.incident.{kind}").find(record)]


def of_findings(record: Record, findings: Iterable[Finding]) -> Diagnosis:
    """Return what findings tell together: equal ones joined, and each cause once."""
    places = Places(record.topology)
    known, notes = _known(places, findings)
    joined = explaining.joined(places, explaining.refuted(record, places, known))
    causes, explained = explaining.causes(places, joined)
    likely = tuple(sorted((one for one in causes if one.confidence >= LIKELY), key=lambda one: one.began))
    doubtful = tuple(one for one in causes if one.confidence < LIKELY)
    start = likely[0].began - round(LEAD.total_seconds() * 10**9) if likely else record.began
    schedule, more = _schedule(record, likely, start)
    return Diagnosis(likely, doubtful, explained, schedule, start, (*notes, *more))


def _known(places: Places, findings: Iterable[Finding]) -> tuple[list[Finding], list[str]]:
    """Return the findings whose names mean something, and words about the others."""
    known, notes = [], []
    for one in findings:
        try:
            places.reach(one.fault)
        except LabError as error:
            notes.append(f"{words.describe(one.fault)!r} is left out: {error}")
        else:
            known.append(one)
    return known, notes


def _schedule(record: Record, likely: tuple[Finding, ...], start: int) -> tuple[Schedule, list[str]]:
    """Return the steps of findings, which are in order; what is longer than anybody waits for is made shorter."""
    steps: list[Step] = []
    notes: list[str] = []
    skipped = timedelta(0)
    quiet_since = start
    for one in likely:
        gap = _span(one.began - quiet_since) - LONGEST
        if gap > timedelta(0):
            notes.append(f"{_told(gap)} before {words.describe(one.fault)!r}, in which nothing happened, are left out")
            skipped += gap
        at = _rounded(max(_span(one.began - start) - skipped, timedelta(0)))
        lasts = _lasts(record, one)
        if lasts is not None and lasts > LONGEST:
            notes.append(f"{words.describe(one.fault)!r} lasted {_told(lasts)}; the schedule has {_told(LONGEST)}")
            skipped += lasts - LONGEST
            lasts = LONGEST
        steps.append(Step(at, one.fault, lasts))
        quiet_since = max(quiet_since, one.ended or one.began)
    return Schedule(tuple(steps)), notes


def _lasts(record: Record, one: Finding) -> timedelta | None:
    """Return how long a fault was in force: to the end of the evidence, where it was still in force then."""
    if one.fault.word in MOMENTARY:
        return None
    ended = one.ended if one.ended is not None else max(record.ended, one.began)
    return max(_rounded(_span(ended - one.began)), STEP)


def _span(nanoseconds: int) -> timedelta:
    return timedelta(microseconds=nanoseconds / 1000)


def _rounded(span: timedelta) -> timedelta:
    return round(span / STEP) * STEP


def _told(span: timedelta) -> str:
    return f"{span.total_seconds():.0f} s"
