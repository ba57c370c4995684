"""One client: what it asks next, and what its answer, or the lack of one, means for a history."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.checks.operation import CAS, FAIL, OK, READ, UNKNOWN, WRITE, Operation
from harness.stacks.powers import CompareAndSwap
from harness.stacks.protocol import MaybeHappened, Unavailable
from harness.units import seconds

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    from harness.stacks.protocol import KeyValue

MIX: Mapping[str, int] = {READ: 4, WRITE: 4, CAS: 2}
"""How often each kind of operation is drawn, in relation to the others."""

REQUEST_WITHIN = 3 * seconds
"""How long a client waits for an answer: longer than an election takes as a rule, so that some requests span one."""


@dataclass
class Client:
    """A process of a history, which asks one machine, one thing at a time.

    Every value that it writes is written by nobody else and never again. A swap expects what the client itself saw
    last, so that it succeeds where nobody else wrote meanwhile.
    """

    process: int
    cluster: KeyValue
    via: str
    keys: Sequence[str]
    rng: random.Random
    within: timedelta = REQUEST_WITHIN
    clock: Callable[[], int] = time.monotonic_ns
    mix: Mapping[str, int] = field(default_factory=lambda: MIX)
    _written: int = 0
    _seen: dict[str, str | None] = field(default_factory=dict)

    def step(self) -> Operation:
        """Ask one thing, wait for the answer, and return what became of it."""
        op, key = self._draw(), self.rng.choice(self.keys)
        expected = self._seen.get(key) if op == CAS else None
        value = None if op == READ else self._unique()
        call = self.clock()
        try:
            outcome, found = self._ask(op, key, expected, value)
        except Unavailable:
            outcome, found = FAIL, value
        except MaybeHappened:
            outcome, found = UNKNOWN, value
        if outcome == OK:
            self._seen[key] = found
        return Operation(self.process, key, op, found, expected, call, self.clock(), outcome)

    def _ask(self, op: str, key: str, expected: str | None, value: str | None) -> tuple[str, str | None]:
        """Return the outcome, and what was read or written."""
        if value is None:
            return OK, self.cluster.get(key, via=self.via, within=self.within)
        if op == WRITE:
            self.cluster.put(key, value, via=self.via, within=self.within)
            return OK, value
        assert isinstance(self.cluster, CompareAndSwap)  # noqa: S101 - nothing else draws a swap
        done = self.cluster.compare_and_swap(key, expected, value, via=self.via, within=self.within)
        return (FAIL if done is None else OK), value

    def _draw(self) -> str:
        kinds = [kind for kind in self.mix if kind != CAS or isinstance(self.cluster, CompareAndSwap)]
        return self.rng.choices(kinds, [self.mix[kind] for kind in kinds])[0]

    def _unique(self) -> str:
        self._written += 1
        return f"{self.process}-{self._written}"
