"""From findings to a diagnosis: each cause told once, and the schedule that shows it again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.faults import words
from harness.faults.clocks import ClockJump
from harness.faults.power import Pause
from harness.faults.schedule import Schedule, Step
from harness.incident.boot import faults as boot
from harness.incident.diagnosis import explaining
from harness.incident.diagnosis.reach import MOMENTARY, Places
from harness.incident.diagnosis.settling import Settling
from harness.incident.machines import faults as machines
from harness.incident.network import faults as network
from harness.units import minutes, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.incident.diagnosis.explaining import Explained
    from harness.incident.finding import Finding
    from harness.incident.record import Record

LIKELY = 0.5
"""A finding's confidence from which on it is a part of the schedule."""

LEAD = 3 * seconds
"""How long all is well before the first fault."""

LONGEST = 2 * minutes
"""How long a fault, or the time between two, is in a schedule at most: nobody waits for hours to see it again."""

MOMENT = 2 * 10**9
"""What is doubtful of machines that stood still for so few nanoseconds is not told one by one."""

STEP = timedelta(milliseconds=10)
"""What times are rounded to: less than they are known by."""


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
    suspected: tuple[tuple[Step, Finding], ...] = ()
    """Where there is no schedule: the steps that it would have, were the doubtful findings believed."""

    @property
    def steps(self) -> tuple[tuple[Step, Finding], ...]:
        """Each step of the schedule, with its finding."""
        return tuple(zip(self.schedule, self.findings, strict=True))


def diagnose(record: Record) -> Diagnosis:
    """Return what a record tells."""
    diagnosis = of_findings(record, found_in(record))
    return replace(diagnosis, notes=(*diagnosis.notes, *observed_in(record)))


def found_in(record: Record) -> list[Finding]:
    """Return all that is inferred, from each kind of evidence by itself."""
    return [one for kind in (network, machines, boot) for one in kind.find(record)]


def observed_in(record: Record) -> list[str]:
    """Return what else is worth telling, in words: what happened, and is no fault."""
    return [str(one) for kind in (machines, boot) for one in kind.observe(record)]


def of_findings(record: Record, findings: Iterable[Finding]) -> Diagnosis:
    """Return what findings tell together: equal ones joined, and each cause once."""
    places = Places(record.topology)
    known, notes = _known(places, findings)
    joined = explaining.joined(places, explaining.refuted(record, places, known))
    settling = Settling.of(record)
    unplanned, of_reboots = explaining.apart_from_reboots(places, joined, settling)
    causes, explained = explaining.causes(places, unplanned, settling)
    likely = tuple(sorted((one for one in causes if one.confidence >= LIKELY), key=lambda one: one.began))
    doubtful = tuple(one for one in causes if one.confidence < LIKELY and not _is_moment(one))
    first = min((one.began for one in likely or doubtful), default=None)
    start = first - round(LEAD.total_seconds() * 10**9) if first is not None else record.began
    schedule, more = _schedule(record, likely, start)
    by_time = () if likely else tuple(sorted(doubtful, key=lambda one: one.began))
    suspected = tuple(zip(_schedule(record, by_time, start)[0], by_time, strict=True))
    return Diagnosis(likely, doubtful, explained, schedule, start, (*notes, *of_reboots, *more), suspected)


def _is_moment(one: Finding) -> bool:
    """Say whether a machine only stood still for a moment, as on a busy host: it is told how often (`observed_in`)."""
    return isinstance(one.fault, Pause) and one.ended is not None and one.ended - one.began < MOMENT


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
    """Return the steps of findings; a time in which nothing changes is no longer than anybody waits."""
    ends = {one: _end(record, one) for one in likely}
    moments = sorted({start, *(one.began for one in likely), *(end for end in ends.values() if end is not None)})
    longest = round(LONGEST.total_seconds() * 10**9)
    place = {start: timedelta(0)}
    notes: list[str] = []
    for before, moment in pairwise(moments):
        place[moment] = place[before] + _span(min(moment - before, longest))
        if moment - before > longest:
            left_out = (moment - before - longest) / 10**9
            after = (before - start) / 10**9
            notes.append(
                f"the schedule leaves out {left_out:.0f} s in which nothing changed, {after:.0f} s after its start"
            )
    steps = []
    for one in likely:
        at, end = _rounded(place[one.began]), ends[one]
        steps.append(Step(at, one.fault, None if end is None else max(_rounded(place[end]) - at, STEP)))
    return Schedule(tuple(steps)), notes


def _end(record: Record, one: Finding) -> int | None:
    """Return when a fault ended: with the evidence, where it was still in force then; None for what is over at once."""
    if one.fault.word in MOMENTARY:
        return one.ended if isinstance(one.fault, ClockJump) else None
    return one.ended if one.ended is not None else max(record.ended, one.began)


def _span(nanoseconds: int) -> timedelta:
    return timedelta(microseconds=nanoseconds / 1000)


def _rounded(span: timedelta) -> timedelta:
    return round(span / STEP) * STEP
