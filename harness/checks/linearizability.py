"""Linearizability of a history of registers (Herlihy and Wing, 1990), key by key, because it is a local property.

Where each observed value of a key was written once, zones decide (`harness.checks.registers.zones`). Else a search does
(`harness.checks.registers.search`), within a budget, and says unknown when that is spent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.checks.operation import OK
from harness.checks.registers import zones
from harness.checks.registers.moments import Moments
from harness.checks.registers.register import from_nowhere, register
from harness.checks.registers.search import Budget, search
from harness.checks.registers.windows import narrowed
from harness.checks.verdict import Verdict, combine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.checks.operation import Operation
    from harness.checks.registers.register import Register

NAME = "linearizable"


def linearizable(history: Iterable[Operation], budget: Budget | None = None) -> Verdict:
    """Return whether one order explains everything that the clients of a store saw.

    In that order each operation takes effect at one instant between its call and its return, each read returns what the
    last write before it wrote (at first a key is absent), and each swap finds what it expected. Operations that failed
    did not happen. A write of unknown outcome takes effect at any time after its call, or never; a read of unknown
    outcome says nothing.

    The witness of a violation is operations of one key that have no such order by themselves, in the order of their
    calls. `budget` bounds the search that keys need whose values were written several times.
    """
    keys = by_key(history)
    budget = budget or Budget()
    registers = [register(key, operations) for key, operations in keys.items()]
    registers.sort(key=lambda one: not one.unique)
    verdicts = [_named(one.key, _decide(one, budget)) for one in registers]
    count = f"{sum(map(len, keys.values()))} operations on {len(keys)} key{'' if len(keys) == 1 else 's'}"
    return combine(verdicts, name=NAME, holds=f"{count} have a legal order")


def by_key(history: Iterable[Operation]) -> dict[str, list[Operation]]:
    """Return the operations of each key."""
    keys: dict[str, list[Operation]] = {}
    for operation in history:
        keys.setdefault(operation.key, []).append(operation)
    return keys


def _decide(one: Register, budget: Budget) -> Verdict:
    if one.unique:
        return zones.check(one)
    if unwritten := from_nowhere(one):
        return Verdict(False, "a value was read that nobody had written", unwritten)
    if budget.spent:
        return Verdict(None, "the budget was spent on other keys")
    operations = one.operations
    moments = Moments(operations)
    maybe = any(operation.outcome != OK for operation in operations)
    outcome = search(moments.list, budget, relaxed=maybe)
    if maybe and outcome.legal:
        outcome = search(moments.list, budget)
    if outcome.legal is None:
        return Verdict(None, f"the budget was spent at return {outcome.reached + 1} of {len(moments.list)}")
    if outcome.legal:
        return Verdict(True, "a search found a legal order")
    witness = narrowed(operations, moments.list[outcome.reached].over.operation)
    return Verdict(False, "these operations have no legal order, whichever way they are put", tuple(witness))


def _named(key: str, verdict: Verdict) -> Verdict:
    return Verdict(verdict.valid, verdict.because, verdict.witness, f"key {key!r}")
