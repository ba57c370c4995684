"""From a history without a legal order to the few operations of it that have none by themselves.

What is taken away has to leave no order behind that the whole had not. Three things can be taken from a history that
has a legal order so that the rest still has one, and therefore, the other way round, from one that has none and still
has none without them:

- what was called after the moment at which the search got stuck, and everything before a window, if the window is
  impossible whatever the value was when it began, and whatever part of what was open then had happened;
- any read, and any plain write whose value nothing sees;
- a value altogether: what writes it, reads it or expects it, and what the swaps among those wrote in turn.
"""

from __future__ import annotations

from functools import partial
from operator import attrgetter, is_not
from typing import TYPE_CHECKING, NamedTuple

from harness.checks.operation import CAS, OK, READ, UNKNOWN, WRITE, identity
from harness.checks.registers.blocks import ALWAYS, NEVER
from harness.checks.registers.moments import Moments
from harness.checks.registers.search import Budget, search

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from harness.checks.operation import Operation

FIRST_WINDOW = 4
WORTH_SHRINKING = 200
"""Windows of more operations than this are told as they are: taking them apart one by one takes too long."""
ATTEMPT = 50_000
"""How many configurations one attempt may cost; what can't be decided with them is not taken away."""
SECONDS = 2.0
"""How long may be spent altogether."""


class Window(NamedTuple):
    """Operations of one key between two moments; `start` is None where it reaches back to the key's first state.

    What spans one of the moments may have taken effect outside: a write may return without one, a read says nothing.
    """

    operations: tuple[Operation, ...]
    start: int | None
    until: int

    def keeping(self, which: Callable[[Operation], bool]) -> Window:
        """Return it with fewer operations."""
        return self._replace(operations=tuple(one for one in self.operations if which(one)))

    def impossible(self, patience: Budget) -> bool:
        """Return whether it surely has no legal order. What an attempt costs is taken from `patience`."""
        attempt = Budget(configurations=min(ATTEMPT, patience.configurations), seconds=SECONDS)
        allowed = attempt.configurations
        start = ALWAYS if self.start is None else self.start
        moments = Moments((one if _end(one) <= self.until else _optional(one) for one in self.operations), start)
        another = len(moments.numbers)
        values = [0] if self.start is None else range(another + 1)
        outcome = search(moments.list, attempt, values=values, hidden=moments.spanning)
        patience.configurations -= allowed - attempt.configurations
        return outcome.legal is False


def narrowed(operations: Iterable[Operation], stuck: Operation) -> list[Operation]:
    """Return few of one key's operations that have no legal order, in the order of their calls.

    `stuck` is the one at whose return no order was left.
    """
    patience = Budget(configurations=100 * ATTEMPT, seconds=SECONDS)
    window = _last(sorted(operations, key=attrgetter("call", "line")), int(_end(stuck)), patience)
    if len(window.operations) <= WORTH_SHRINKING:
        window = _later(window, patience)
        window = _without_values(window, patience)
        window = _without_single(window, patience)
    return list(window.operations)


def _last(ordered: list[Operation], until: int, patience: Budget) -> Window:
    """Return the shortest of a few windows before a moment that is impossible from any value; else all before it."""
    whole = Window(tuple(ordered), None, until).keeping(partial(_says, start=ALWAYS, until=until))
    count = len(whole.operations)
    size = FIRST_WINDOW
    while size < count and not patience.spent:
        start = whole.operations[-size].call
        window = whole._replace(start=start).keeping(partial(_says, start=start, until=until))
        if window.impossible(patience):
            return window
        size *= 2
    return whole


def _later(window: Window, patience: Budget) -> Window:
    """Let a window start as late as it can."""
    for one in reversed(window.operations):
        shorter = window._replace(start=one.call).keeping(partial(_says, start=one.call, until=window.until))
        if len(shorter.operations) < len(window.operations) and not patience.spent and shorter.impossible(patience):
            return shorter
    return window


def _says(one: Operation, start: float, until: float) -> bool:
    """Return whether an operation matters in a window: a write that touches it, or a read that is whole in it."""
    if one.call > until:
        return False
    if one.op == READ:
        return one.call >= start and _end(one) <= until
    return _end(one) >= start


def _optional(one: Operation) -> Operation:
    return one._replace(outcome=UNKNOWN)


def _end(one: Operation) -> float:
    return NEVER if one.outcome != OK or one.returned is None else one.returned


def _without_values(window: Window, patience: Budget) -> Window:
    """Take away every value that can be."""
    for value in sorted({identity(one.value) for one in window.operations}, key=repr):
        gone = _closure(window, value)
        fewer = window.keeping(partial(_spares, gone))
        if not patience.spent and fewer.impossible(patience):
            window = fewer
    return window


def _without_single(window: Window, patience: Budget) -> Window:
    """Take away every read that can be, and every write whose value nothing in the window sees."""
    for gone in window.operations:
        if gone.writes and any(_sees(one, identity(gone.value)) for one in window.operations):
            continue
        fewer = window.keeping(partial(is_not, gone))
        if not patience.spent and fewer.impossible(patience):
            window = fewer
    return window


def _closure(window: Window, value: Hashable) -> set[Hashable]:
    """Return the value and all that was made of it by swaps."""
    gone: set[Hashable] = set()
    pending = [value]
    while pending:
        gone.add(expected := pending.pop())
        swaps = (one for one in window.operations if one.op == CAS and identity(one.expected) == expected)
        pending += [made for made in (identity(one.value) for one in swaps) if made not in gone]
    return gone


def _spares(values: set[Hashable], one: Operation) -> bool:
    return identity(one.value) not in values and not (one.op == CAS and identity(one.expected) in values)


def _sees(one: Operation, value: Hashable) -> bool:
    return identity(one.expected if one.op == CAS else one.value) == value and one.op != WRITE
