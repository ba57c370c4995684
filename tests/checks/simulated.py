"""Histories whose truth is known: clients of one real register, each operation at a random instant within its span."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.checks.operation import CAS, FAIL, OK, READ, UNKNOWN, WRITE, Json, Operation


class Span(NamedTuple):
    """When a process does something to a key."""

    call: int
    over: int
    process: int
    key: str


@dataclass
class Simulation:
    """Makes histories that are linearizable by construction.

    `values` is how many different values are written, None for one of its own for each write. Of all operations,
    the part `lost` has no answer.
    """

    seed: int
    processes: int = 10
    keys: int = 1
    values: int | None = None
    swaps: float = 0.0
    lost: float = 0.0
    _states: dict[str, Json] = field(default_factory=dict)

    def history(self, count: int) -> list[Operation]:
        """Return so many operations, in the order of their returns."""
        rng = random.Random(self.seed)  # noqa: S311 - a history, not a secret
        clocks = [rng.randrange(1000) for _ in range(self.processes)]
        planned: list[tuple[int, Span]] = []
        for number in range(count):
            process = number % self.processes
            call = clocks[process] + rng.randrange(1, 200)
            over = call + rng.randrange(0, 2000)
            clocks[process] = over
            planned.append((rng.randint(call, over), Span(call, over, process, f"k{rng.randrange(self.keys)}")))
        made = [self._carry_out(rng, number, span) for number, (_, span) in enumerate(sorted(planned))]
        return sorted(made, key=lambda one: (one.call, one.process))

    def _carry_out(self, rng: random.Random, number: int, span: Span) -> Operation:
        call, over, process, key = span
        state = self._states.get(key)
        kind = rng.random()
        answered = rng.random() >= self.lost
        op = CAS if kind < self.swaps else rng.choice((READ, WRITE))
        value: Json = f"v{number}" if self.values is None else rng.randrange(self.values)
        expected: Json = None
        outcome = OK if answered else UNKNOWN
        if op == READ:
            value = state
        elif op == CAS:
            guess: Json = None if self.values is None else rng.randrange(self.values)
            expected = state if rng.random() < 0.5 else guess
            if expected != state:
                outcome = FAIL if answered else UNKNOWN
            else:
                self._states[key] = value
        elif answered or rng.random() < 0.5:
            self._states[key] = value
        returned = over if answered or rng.random() < 0.5 else None
        return Operation(process, key, op, value, expected, call, returned, outcome)
