"""What can be decided about one key at all: the operations that happened, or may have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.checks.operation import CAS, OK, READ, UNKNOWN, identity

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from harness.checks.operation import Operation

ABSENT = None
"""The identity of the value that a key has at first, and again when null is written."""


@dataclass(slots=True)
class Register:
    """One key's operations: those whose values say something.

    `writers` has, by the value's identity, what wrote each value that something observed; `unobserved` the other
    writers, which took their time but whose values nobody saw. `reads` are by the value that they returned.
    """

    key: str
    writers: dict[Hashable, list[Operation]] = field(default_factory=dict)
    unobserved: list[Operation] = field(default_factory=list)
    reads: dict[Hashable, list[Operation]] = field(default_factory=dict)
    swaps: bool = False

    @property
    def unique(self) -> bool:
        """Whether each observed value was written by one operation alone, so that it says which one was seen."""
        return ABSENT not in self.writers and all(len(writers) == 1 for writers in self.writers.values())

    @property
    def operations(self) -> list[Operation]:
        """All of them, in no order."""
        written = [one for writers in self.writers.values() for one in writers]
        return [*written, *self.unobserved, *(one for reads in self.reads.values() for one in reads)]


def register(key: str, operations: Iterable[Operation]) -> Register:
    """Return what is to be decided about a key.

    Operations that failed did not happen, and reads without a result say nothing: they are left out. So are writes of
    unknown outcome whose value nothing that is left observed. That is safe both ways: a legal order without them
    explains the history as if they never happened; and out of a legal order with them they can be taken, since what
    comes between one of them and the next write observes its value, so it is left out, too.
    """
    found = Register(key)
    acknowledged: list[Operation] = []
    maybe: list[Operation] = []
    observed: set[Hashable] = set()
    for operation in operations:
        if operation.outcome == OK:
            if operation.op == READ:
                found.reads.setdefault(identity(operation.value), []).append(operation)
                continue
            acknowledged.append(operation)
            if operation.op == CAS:
                found.swaps = True
                observed.add(identity(operation.expected))
        elif operation.outcome == UNKNOWN and operation.op != READ:
            maybe.append(operation)
    observed.update(found.reads)
    for operation in [*acknowledged, *_seen(maybe, observed)]:
        value = identity(operation.value)
        if value in observed:
            found.writers.setdefault(value, []).append(operation)
        else:
            found.unobserved.append(operation)
        found.swaps = found.swaps or operation.op == CAS
    return found


def _seen(maybe: list[Operation], observed: set[Hashable]) -> list[Operation]:
    """Return the writes of unknown outcome whose value is observed, and add what they in turn observe.

    A swap that may have happened is an observer only if its own value was observed.
    """
    by_value: dict[Hashable, list[Operation]] = {}
    for operation in maybe:
        by_value.setdefault(identity(operation.value), []).append(operation)
    seen: list[Operation] = []
    pending = [value for value in by_value if value in observed]
    while pending:
        writers = by_value.pop(pending.pop(), [])
        seen += writers
        expected = {identity(operation.expected) for operation in writers if operation.op == CAS}
        observed |= expected
        pending += [value for value in expected if value in by_value]
    return seen


def from_nowhere(register: Register) -> tuple[Operation, ...]:
    """Return a read that was over before anybody began to write its value, behind the first such write, if any.

    Nothing is returned where every read has a write that it may come from. It needs no search.
    """
    for value, reads in register.reads.items():
        first = min(register.writers.get(value, ()), key=lambda one: one.call, default=None)
        for read in reads if value is not ABSENT else ():
            if first is None:
                return (read,)
            if read.returned is not None and read.returned < first.call:
                return (read, first)
    return ()
