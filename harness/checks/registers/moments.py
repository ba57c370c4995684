"""One key's operations as a search sees them: at each return, what is open, and what it would do to the value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from harness.checks.operation import CAS, OK, READ, identity
from harness.checks.registers.blocks import ALWAYS, NEVER

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

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
    """The return of `over`.

    `choices` are the open operations that change the value, in the order of their returns, those that may never happen
    last. `reads` has the mask of the open reads by value. `wanted` are the values that something open needs. The masks
    are of what is open: reads, plain writes, swaps, and whatever is optional.
    """

    over: Open
    choices: tuple[Open, ...]
    reads: dict[int, int]
    wanted: frozenset[int]
    read_mask: int
    write_mask: int
    swap_mask: int
    optional_mask: int

    @classmethod
    def of(cls, over: Open, now: Iterable[Open]) -> Moment:
        """Return the moment at which `over` returns while all of `now` are open."""
        reads: dict[int, int] = {}
        masks = {"read": 0, "write": 0, "swap": 0, "optional": 0}
        wanted: set[int] = set()
        choices: list[Open] = []
        for one in now:
            if one.needs is not None:
                wanted.add(one.needs)
            if one.makes is None and one.needs is not None:
                reads[one.needs] = reads.get(one.needs, 0) | one.bit
            else:
                choices.append(one)
            masks[_sort(one)] |= one.bit
        choices.sort(key=_deadline)
        return cls(
            over,
            tuple(choices),
            reads,
            frozenset(wanted),
            masks["read"],
            masks["write"],
            masks["swap"],
            masks["optional"],
        )


def _sort(one: Open) -> str:
    if one.makes is None:
        return "read"
    if one.optional:
        return "optional"
    return "write" if one.needs is None else "swap"


def _deadline(one: Open) -> float:
    return NEVER if one.optional or one.operation.returned is None else one.operation.returned


class Moments:
    """The moments of one key, in order, with the numbers of its values.

    `spanning` is the mask of the operations that were called before `start`.
    """

    def __init__(self, operations: Iterable[Operation], start: float = ALWAYS) -> None:
        self.spanning = 0
        self._start = start
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
            self.list.append(Moment.of(over, now.values()))
            del now[number]
            self._free.append(over.bit)

    def _open(self, one: Operation) -> Open:
        """Give an operation a bit; a bit is used again once its operation is over."""
        if self._free:
            bit = self._free.pop()
        else:
            bit = 1 << self._slots
            self._slots += 1
        if one.call < self._start:
            self.spanning |= bit
        value = self._number(identity(one.value))
        if one.op == READ:
            return Open(bit, value, None, False, one)
        needs = self._number(identity(one.expected)) if one.op == CAS else None
        return Open(bit, needs, value, one.outcome != OK, one)

    def _number(self, value: Hashable) -> int:
        return self.numbers.setdefault(value, len(self.numbers))
