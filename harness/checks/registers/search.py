"""Linearizability of one key by search, for histories whose values say too little: Wing and Gong's, with memory.

J. M. Wing and C. Gong, "Testing and Verifying Concurrent Objects" (J. Parallel Distrib. Comput. 17, 1993), with the
memory and the just-in-time order of G. Lowe, "Testing for Linearizability" (Concurrency Computat. 29, 2017): an
operation takes effect only when it is about to return, or when another one needs it to. What is specific to registers
keeps the number of configurations near the number of values that are possible at all:

- A read of the current value takes effect at once; it changes nothing, so waiting gains nothing.
- A write that nobody needs is not tried in between. It may *hide*: an order with it just before another write, where
  nobody sees it, is legal whenever it was open at that write. So a configuration remembers which writes could have
  hidden (`hidden`), and such a write may return without a further effect.
- A write of unknown outcome is tried only where somebody waits for its value.
- Of several that would do the same, the one that returns first is tried: the others can wait longer. A swap that could
  have hidden is none of them: it need not be tried at all.
- A configuration from which nothing can be reached that a known one can't is dropped (`Known`).

Sets of operations are masks over those that are open, so that the memory of long histories stays small.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.checks.registers.moments import Moment

LOOK_AT_CLOCK = 4096
"""After so many configurations."""


@dataclass
class Budget:
    """How much may be spent on what needs a search: configurations, and seconds of this process' clock.

    It is for all keys of a history together and is used up as it goes.
    """

    configurations: int = 1_000_000
    seconds: float = 60.0

    def __post_init__(self) -> None:
        self._until = perf_counter() + self.seconds

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.configurations <= 0 or perf_counter() >= self._until


class Configuration(NamedTuple):
    """How far one order got: the next moment, the value, what took effect already, and what could have hidden."""

    moment: int
    value: int
    done: int
    hidden: int


class Outcome(NamedTuple):
    """Whether there is a legal order, None where the budget was spent first; and how far the furthest order got."""

    legal: bool | None
    reached: int


def search(
    moments: Sequence[Moment], budget: Budget, *, values: Iterable[int] = (0,), hidden: int = 0, relaxed: bool = False
) -> Outcome:
    """Look for a legal order of a key's operations, which starts with any of the given values.

    `hidden` are those that may have taken effect before. `relaxed` lets a write of unknown outcome take effect any
    number of times: that is quick, because nothing has to be remembered of them, and where there is no order even so,
    there is none at all.
    """
    if not moments:
        return Outcome(True, 0)
    stack = [_entered(moments[0], Configuration(0, value, 0, hidden)) for value in values]
    known = Known(moments)
    reached = 0
    tried = 0
    while stack:
        tried += 1
        if tried % LOOK_AT_CLOCK == 0:
            budget.configurations -= LOOK_AT_CLOCK
            if budget.spent:
                return Outcome(None, reached)
        now = stack.pop()
        for following in _steps(moments[now.moment], now, relaxed=relaxed):
            place = following.moment
            if place == len(moments):
                return Outcome(True, place)
            reached = max(reached, place)
            entered = _entered(moments[place], following)
            if known.add(entered):
                stack.append(entered)
    budget.configurations -= tried % LOOK_AT_CLOCK
    return Outcome(False, reached)


class Known:
    """The configurations that were seen, without those that another one makes needless."""

    def __init__(self, moments: Sequence[Moment]) -> None:
        self._moments = moments
        self._known: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def add(self, new: Configuration) -> bool:
        """Return whether a configuration is worth following, and remember it.

        It is needless if a known one of the same moment and value can do all that it can: one whose reads that are
        over are more, whose optional writes are spent less, and whose other writes are as far or could have hidden.
        A write that could have hidden is better than any other: it may still take effect, or not.
        """
        place, value, done, hidden = new
        moment = self._moments[place]
        known = self._known.setdefault((place, value), [])
        for other, could_hide in known:
            if hidden & ~could_hide:
                continue
            differ = done ^ other
            if not differ or not differ & (
                (moment.read_mask & done)
                | (moment.optional_mask & other)
                | ((moment.write_mask | moment.swap_mask) & ~could_hide)
            ):
                return False
        known.append((done, hidden))
        return True


def _entered(moment: Moment, configuration: Configuration) -> Configuration:
    """Let the open reads of the current value take effect."""
    place, value, done, hidden = configuration
    return Configuration(place, value, done | moment.reads.get(value, 0), hidden)


def _steps(moment: Moment, now: Configuration, *, relaxed: bool) -> Iterator[Configuration]:
    """Yield what may come next, the most promising last."""
    place, value, done, hidden = now
    bit = moment.over.bit
    if done & bit:
        yield Configuration(place + 1, value, done & ~bit, hidden & ~bit)
        return
    yield from _effects(moment, now, relaxed=relaxed)
    if hidden & bit:
        yield Configuration(place + 1, value, done, hidden & ~bit)


def _effects(moment: Moment, now: Configuration, *, relaxed: bool) -> Iterator[Configuration]:
    """Yield what is left after one of the open operations took effect, that which returns now at last."""
    place, value, done, hidden = now
    over = moment.over.bit
    tried: set[tuple[int | None, int | None, bool]] = set()
    last: Configuration | None = None
    for bit, needs, makes, optional, _ in moment.choices:
        same = (needs, makes, needs is not None and bool(hidden & bit))
        if done & bit or makes is None or (needs is not None and needs != value) or same in tried:
            continue
        if bit != over and (needs is None or optional) and makes not in moment.wanted:
            continue
        tried.add(same)
        after = done if optional and relaxed else done | bit
        hides = (hidden | moment.write_mask if needs is None else hidden) & ~after
        following = Configuration(place, makes, after, hides)
        if bit == over:
            last = following
        else:
            yield following
    if last is not None:
        yield last
