"""One key's operations as a search sees them: at each return, what is open, and what it would do to the value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from harness.checks.operation import CAS, OK, READ, identity

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from harness.checks.operation import Operation


class Open(NamedTuple):
    """An operation that has been called: its bit in the masks, and what it does to the value.

    `needs` is the value that it takes effect on, None for any; `makes` the value after it, None for a read. Values
    are numbers, 0 for absent. `optional` is for one that may never happen.
    """

    bit: int
    needs: int | None
    makes: int | None
    optional: bool
    operation: Operation


@dataclass(frozen=True, slots=True)
class Moment:
    """The return of `over`. `opened` were called since the moment before; `open` are all that may take effect now."""

    over: Open
    open: tuple[Open, ...]
    reads: dict[int, int]
    wanted: frozenset[int]
    blind: int

    @classmethod
    def of(cls, over: Open, now: Sequence[Open]) -> Moment:
        """Return a moment: the masks of the open reads by value, and of the open plain writes; what is wanted by any."""
        reads: dict[int, int] = {}
        wanted: set[int] = set()
        blind = 0
        for one in now:
            if one.makes is None and one.needs is not None:
                reads[one.needs] = reads.get(one.needs, 0) | one.bit
            if one.needs is not None:
                wanted.add(one.needs)
            elif not one.optional:
                blind |= one.bit
        return cls(over, tuple(now), reads, frozenset(wanted), blind)


class Moments:
    """The moments of one key, in order, with the numbers of its values."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.numbers: dict[Hashable, int] = {None: 0}
        self.list: list[Moment] = []
        self._free: list[int] = []
        self._slots = 0
        self._build(operations)

    def _build(self, operations: Iterable[Operation]) -> None:
        events: list[tuple[int, int, int, Operation]] = []
        for number, one in enumerate(operations):
            events.append((one.call, 0, number, one))
            if one.outcome == OK and one.returned is not None:
                events.append((one.returned, 1, number, one))
        now: dict[int, Open] = {}
        for _, ends, number, one in sorted(events):
            if not ends:
                now[number] = self._open(one)
                continue
            over = now[number]
            self.list.append(Moment.of(over, list(now.values())))
            del now[number]
            self._free.append(over.bit)

    def _open(self, one: Operation) -> Open:
        """Give an operation a bit; a bit is used again once its operation is over."""
        if self._free:
            bit = self._free.pop()
        else:
            bit = 1 << self._slots
            self._slots += 1
        value = self._number(identity(one.value))
        if one.op == READ:
            return Open(bit, value, None, False, one)
        needs = self._number(identity(one.expected)) if one.op == CAS else None
        return Open(bit, needs, value, one.outcome != OK, one)

    def _number(self, value: Hashable) -> int:
        return self.numbers.setdefault(value, len(self.numbers))
