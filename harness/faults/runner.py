"""Runs a schedule beside a scenario: injects and heals at its times, and keeps what was really done."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Self

from harness.errors import Inconclusive, LabError
from harness.faults.in_force import InForce
from harness.faults.words import describe
from harness.units import format_duration, minutes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from harness.faults.fault import Fault, Injected, Proof, Rig
    from harness.faults.schedule import Schedule, Step

    Note = Callable[[str, Fault, "Proof | None"], None]

OVERRUN = 5 * minutes
"""How long a schedule may take beyond its own length: a machine that is switched on again takes its time."""


@dataclass(frozen=True)
class Executed:
    """A step as it was executed: when it was in force (nanoseconds since 1970), and whether it bit.

    From `injected_ns` to `in_force_ns` it was being injected, from `healing_ns` to `healed_ns` it was being healed.
    """

    step: Step
    injected_ns: int
    in_force_ns: int
    healed_ns: int | None = None
    proof: Proof | None = None
    error: str = ""
    healing_ns: int | None = None


class Run:
    """A schedule that is being run in a thread of its own. Leaving the block waits for its end, and heals everything.

    Where the block ends by an exception, the rest of the schedule is left out. Leaving raises `LabError` for what could
    not be injected or healed, and `Inconclusive` where a fault did not bite: what the scenario saw says nothing then.
    """

    def __init__(self, rig: Rig, schedule: Schedule, note: Note | None = None, in_force: InForce | None = None) -> None:
        self.schedule = schedule
        self.executed: list[Executed] = []
        self._rig = rig
        self._note = note or (lambda _what, _fault, _proof: None)
        self._in_force = in_force or InForce(rig)
        self._active: dict[int, tuple[int, Injected]] = {}
        """By the number of its step: its place among what was executed, and what heals it."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="harness-schedule", daemon=True)

    def __enter__(self) -> Self:
        """Begin. Raises `LabError` with everything that can't be injected here, before anything is."""
        if problems := self._problems() or self._clashes():
            raise LabError("\n".join(["the schedule can't be run here:", *problems]))
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._stop.set()
        self.wait()
        if kind is None:
            self._judge()

    def wait(self) -> None:
        """Wait until the schedule has run to its end and everything is healed."""
        self._thread.join((self.schedule.length + OVERRUN).total_seconds())
        if self._thread.is_alive():
            raise LabError(f"the schedule did not end within {format_duration(OVERRUN)} of its time")

    def _problems(self) -> list[str]:
        return [
            f"{describe(step.fault)}: {problem}" for step in self.schedule for problem in step.fault.problems(self._rig)
        ]

    def _clashes(self) -> list[str]:
        """Return which faults would hold the same thing at the same time."""
        return [
            f"{describe(other.fault)}: {name} is held by {describe(one.fault)!r} then"
            for one, other in combinations(self.schedule, 2)
            if one.until is None or other.at < one.until
            for name in sorted(one.fault.holds(self._rig) & other.fault.holds(self._rig))
        ]

    def _judge(self) -> None:
        if errors := [f"{describe(one.step.fault)}: {one.error}" for one in self.executed if one.error]:
            raise LabError("\n".join(errors))
        doubtful = [one for one in self.executed if one.proof is None or one.proof.bit is not True]
        if doubtful:
            reasons = [f"{describe(one.step.fault)}: {one.proof or 'no proof'}" for one in doubtful]
            raise Inconclusive("every fault of the schedule bites", reasons)

    def _run(self) -> None:
        started = time.monotonic()
        try:
            for when, number, heals in _moments(self.schedule):
                if not self._until(started, when):
                    break
                if heals:
                    self._heal(number)
                else:
                    self._inject(number)
        finally:
            for number in reversed(list(self._active)):
                self._heal(number)

    def _until(self, started: float, when: timedelta) -> bool:
        """Wait for a moment of the schedule; returns whether to go on."""
        left = when.total_seconds() - (time.monotonic() - started)
        return not self._stop.wait(max(left, 0.0))

    def _inject(self, number: int) -> None:
        step = self.schedule.steps[number]
        executed = Executed(step, time.time_ns(), 0)
        try:
            injected = self._in_force.inject(step.fault)
        except Exception as error:  # noqa: BLE001 - told when the run ends; the others go on
            self.executed.append(replace(executed, error=f"could not be injected: {error}"))
            return
        self._active[number] = len(self.executed), injected
        self.executed.append(replace(executed, in_force_ns=time.time_ns()))
        self._note("injected", step.fault, None)

    def _heal(self, number: int) -> None:
        if number not in self._active:
            return
        place, injected = self._active.pop(number)
        step = self.schedule.steps[number]
        healing = time.time_ns()
        try:
            proof = injected.last_proof()
            self._in_force.heal(step.fault, injected)
        except Exception as error:  # noqa: BLE001 - told when the run ends; the others go on
            self.executed[place] = replace(self.executed[place], error=f"could not be healed: {error}")
            return
        self.executed[place] = replace(self.executed[place], healing_ns=healing, healed_ns=time.time_ns(), proof=proof)
        self._note("healed", step.fault, proof)


def _moments(schedule: Schedule) -> Iterator[tuple[timedelta, int, bool]]:
    """Yield what is done when: each step's number, and whether it is healed then, in order of time."""
    moments = [(step.at, number, False) for number, step in enumerate(schedule)]
    moments += [(step.until, number, True) for number, step in enumerate(schedule) if step.until is not None]
    yield from sorted(moments)
