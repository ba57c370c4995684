"""How long the checker takes for long histories: legal ones, and ones with a violation near the end."""

from __future__ import annotations

import random
import time

from harness.checks.linearizability import linearizable
from harness.checks.operation import CAS, FAIL, OK, READ, WRITE, Json, Operation
from measure.report import Figure, emit

PROCESSES = 10
VALUES = 5
SPAN = 2000


def measure() -> int:
    """Measure both kinds of histories; fail where a verdict is not the true one."""
    plain = _history(100_000, values=None, kinds=(READ, WRITE))
    swaps = _history(10_000, values=VALUES, kinds=(READ, WRITE, CAS))
    right = [
        _figure("100,000 reads and writes of unique values", plain, at_most=1, valid=True),
        _figure("the same with a stale read at the end", _with_a_stale_read(plain), at_most=1, valid=False),
        _figure("10,000 with compare-and-swap, concurrency 10, 5 values", swaps, at_most=5, valid=True),
        _figure("the same with a stale read at the end", _with_a_stale_read(swaps), at_most=5, valid=False),
    ]
    return 0 if all(right) else 1


def _figure(name: str, history: list[Operation], *, at_most: float, valid: bool) -> bool:
    started = time.perf_counter()
    verdict = linearizable(history)
    spent = time.perf_counter() - started
    notes = {"operations": len(history), "valid": verdict.valid, "witness": len(verdict.witness)}
    emit(Figure(f"check: {name}", spent, "s", at_most=at_most, smaller_is_better=True, notes=notes))
    return verdict.valid is valid


def _history(count: int, *, values: int | None, kinds: tuple[str, ...]) -> list[Operation]:
    """Return what ten clients of one real register saw: each operation takes effect at an instant within its span."""
    rng = random.Random(count)  # noqa: S311 - a history, not a secret
    clocks = [0] * PROCESSES
    spans: list[tuple[int, int, int, int]] = []
    for number in range(count):
        process = number % PROCESSES
        call = clocks[process] + rng.randrange(1, SPAN // PROCESSES)
        over = clocks[process] = call + rng.randrange(SPAN)
        spans.append((rng.randint(call, over), call, over, process))
    state: Json = None
    made: list[Operation] = []
    for number, (_, call, over, process) in enumerate(sorted(spans)):
        op, outcome, expected = rng.choice(kinds), OK, None
        value: Json = number if values is None else rng.randrange(values)
        if op == READ:
            value = state
        elif op == CAS:
            expected = rng.choice((state, 0))
            outcome = OK if expected == state else FAIL
        if op != READ and outcome == OK:
            state = value
        made.append(Operation(process, "x", op, value, expected, call, over, outcome))
    return made


def _with_a_stale_read(history: list[Operation]) -> list[Operation]:
    """Return it with two more writes, one after the other, and a read of the first: every order has to be ruled out."""
    end = max(one.call + SPAN for one in history)
    more = ((WRITE, 0), (WRITE, 1), (READ, 0)) if _repeats(history) else ((WRITE, -1), (WRITE, -2), (READ, -1))
    late = [Operation(0, "x", op, value, None, end + 2 * n, end + 2 * n + 1, OK) for n, (op, value) in enumerate(more)]
    return [*history, *late]


def _repeats(history: list[Operation]) -> bool:
    return len({one.value for one in history if isinstance(one.value, int)}) <= VALUES
