"""A process does one thing at a time: what would contradict that in a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.checks.operation import Operation


def overlaps(operations: Sequence[Operation], name: str) -> Iterator[Problem]:
    """Yield a problem for each operation that its process called before an earlier one returned.

    One that never returned ends, as far as its process is concerned, with the next call: a client that gave up goes on.
    Two may meet in one instant, because clocks are only so fine.
    """
    if not _in_order(operations):
        yield from _sorted_overlaps(operations, name)


def _in_order(operations: Sequence[Operation]) -> bool:
    """Return whether each process' operations stand one after another, as a client writes them: nothing to sort."""
    last: dict[int, int] = {}
    for operation in operations:
        process, call, returned = operation.process, operation.call, operation.returned
        if call < last.get(process, call):
            return False
        last[process] = call if returned is None else returned
    return True


def _sorted_overlaps(operations: Sequence[Operation], name: str) -> Iterator[Problem]:
    busy: dict[int, tuple[int, int]] = {}
    for operation in sorted(operations, key=_times):
        process, call = operation.process, operation.call
        until, line = busy.get(process, (call, 0))
        if call < until:
            message = f"process {process} calls at {call}, while its operation of line {line} returns at {until}"
            yield Problem(name, operation.line, message, "one operation at a time")
        if operation.returned is not None:
            busy[process] = max((until, line), (operation.returned, operation.line))


def _times(operation: Operation) -> tuple[int, int, int]:
    returned = operation.call if operation.returned is None else operation.returned
    return (operation.call, returned, operation.line)
