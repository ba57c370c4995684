"""The phases that each machine goes through, and when it reached them.

A phase is named by what has been reached at its end, and lasts from the phase that the machine reached before it.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

POWERED_ON = "powered on"


@dataclass(frozen=True)
class Reached:
    """A machine has reached a phase: `at` after the log began, `took` after the phase before.

    `time` is the same moment in nanoseconds since 1970 (UTC), as frames and console lines have it.
    """

    machine: str
    phase: str
    at: timedelta
    took: timedelta
    time: int

    def __str__(self) -> str:
        return f"{self.machine}: {self.phase} at {format_duration(self.at)} (+{format_duration(self.took)})"


class PhaseLog:
    """Collects phases from the threads that provision machines. Each phase of a machine counts once."""

    def __init__(self, machines: Sequence[str], *, clock: Callable[[], float] = time.monotonic) -> None:
        self.machines = tuple(machines)
        self._clock = clock
        self._began = clock()
        self._lock = threading.Lock()
        self._reached: dict[str, list[Reached]] = {machine: [] for machine in machines}
        self._listeners: list[Callable[[Reached], None]] = []

    def on_phase(self, listener: Callable[[Reached], None]) -> Callable[[], None]:
        """Have a function called with each phase from now on, one at a time; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def reach(self, machine: str, phase: str) -> None:
        """Record that a machine has reached a phase. A phase that it has reached already is passed over."""
        with self._lock:
            before = self._reached[machine]
            if any(reached.phase == phase for reached in before):
                return
            at = timedelta(seconds=self._clock() - self._began)
            reached = Reached(machine, phase, at, at - before[-1].at if before else at, time.time_ns())
            before.append(reached)
            for listener in self._listeners:
                listener(reached)

    def of(self, machine: str) -> tuple[Reached, ...]:
        """Return the phases of a machine, in the order in which it reached them."""
        with self._lock:
            return tuple(self._reached[machine])

    def last(self, machine: str) -> str:
        """Return the phase that a machine reached last, or ``off``."""
        reached = self.of(machine)
        return reached[-1].phase if reached else "off"

    def when(self, machine: str, phase: str) -> Reached:
        """Return when a machine reached a phase. Raises `KeyError` where it has not."""
        for reached in self.of(machine):
            if reached.phase == phase:
                return reached
        raise KeyError(f"{machine} has not reached the phase {phase!r}")

    def phases(self) -> list[str]:
        """Return every phase that some machine has reached, in the order in which the first one did."""
        everything = [reached for machine in self.machines for reached in self.of(machine)]
        return list(dict.fromkeys(reached.phase for reached in sorted(everything, key=lambda reached: reached.at)))

    def to_json(self) -> str:
        """Return the log as JSON: for each machine its phases, with seconds."""
        log = {
            machine: [
                {"phase": one.phase, "at": one.at.total_seconds(), "took": one.took.total_seconds()}
                for one in self.of(machine)
            ]
            for machine in self.machines
        }
        return json.dumps({"unit": "seconds", "machines": log}, indent=2) + "\n"


def table(log: PhaseLog) -> str:
    """Return the durations as a table of text: a row for each phase, a column for each machine, the totals below."""
    took = {machine: {one.phase: one.took for one in log.of(machine)} for machine in log.machines}
    rows = [["phase", *log.machines]]
    rows += [[phase, *(_cell(took[machine].get(phase)) for machine in log.machines)] for phase in log.phases()]
    totals = [log.of(machine)[-1].at if log.of(machine) else None for machine in log.machines]
    rows.append(["in all", *(_cell(total) for total in totals)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(_line(row, widths) for row in rows)


def _cell(duration: timedelta | None) -> str:
    return "-" if duration is None else format_duration(duration)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()
