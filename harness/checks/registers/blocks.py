"""Blocks: what has to stand together in every legal order of operations on one key.

Where each observed value was written once, a write and the reads of its value stand together: no other write can come
between them (a *cluster* in P. B. Gibbons and E. Korach, "Testing Shared Memories", SIAM J. Comput. 26, 1997). A
compare-and-swap follows the cluster of the value that it expects at once, so it joins that cluster and its own. A block
is such a chain of clusters; a plain write starts it, or the key's first state.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harness.checks.operation import CAS, OK, identity, shown
from harness.checks.registers.register import ABSENT

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from harness.checks.operation import Operation
    from harness.checks.registers.register import Register

NEVER = float("inf")
ALWAYS = float("-inf")
LONGEST = 20
"""How many links of a chain a witness shows at most."""


class Impossible(Exception):  # noqa: N818 - not an error of anybody: the history has no legal order
    """These operations alone have no legal order, and why."""

    def __init__(self, because: str, witness: Sequence[Operation]) -> None:
        self.because = because
        self.witness = tuple(witness)
        super().__init__(because)


@dataclass(slots=True)
class Block:
    """Operations that stand together, by their two extremes.

    `first` is the one that returns first, at `low`; `last` is the one that is called last, at `high`. All that is in a
    block happens after `low` only if it was called so late, and so on: one block has to precede another exactly if its
    `low` is before the other's `high`. None of both is for the key's first state, before everything.
    """

    low: float
    high: float
    first: Operation | None
    last: Operation | None
    writers: list[Operation] = field(default_factory=list)

    def extend(self, other: Block) -> None:
        """Take the operations of another block, which follows at once."""
        self.writers += other.writers
        if other.low < self.low:
            self.low, self.first = other.low, other.first
        if other.high > self.high:
            self.high, self.last = other.high, other.last


def blocks(register: Register) -> list[Block]:
    """Return a key's blocks. Each observed value has to have one writer.

    Raises `Impossible` where what is in one block contradicts itself already: a value is read that nobody wrote, or
    before anybody wrote it, or after it was swapped for another one.
    """
    clusters = _clusters(register)
    alone = [_written(writer) for writer in register.unobserved if writer.op != CAS]
    if not register.swaps:
        return [*clusters.values(), *alone]
    return [*_chains(clusters, register), *alone]


def returned(operation: Operation) -> float:
    """Return when an operation was over: never, where no answer came, or one that says nothing."""
    if operation.outcome != OK or operation.returned is None:
        return NEVER
    return operation.returned


def _written(writer: Operation) -> Block:
    return Block(returned(writer), writer.call, writer, writer, [writer])


def _clusters(register: Register) -> dict[Hashable, Block]:
    """Return the cluster of each value that was observed, with that of the first state."""
    clusters: dict[Hashable, Block] = {ABSENT: Block(ALWAYS, ALWAYS, None, None)}
    for value, (writer,) in register.writers.items():
        clusters[value] = _written(writer)
    for value, reads in register.reads.items():
        cluster = clusters.get(value)
        if cluster is None:
            raise Impossible(f"a value was read that nobody wrote: {_shown(reads[0])}", reads[:1])
        _add(cluster, reads)
    return clusters


def _add(cluster: Block, reads: list[Operation]) -> None:
    low, high = cluster.low, cluster.high
    for read in reads:
        call, over = read.call, read.returned
        if call > high:
            high = call
            cluster.last = read
        if over is not None and over < low:
            low = over
            cluster.first = read
    if cluster.writers and low < cluster.writers[0].call:
        because = f"a value was read before it was written: {_shown(cluster.writers[0])}"
        raise Impossible(because, distinct([cluster.first, cluster.writers[0]]))
    cluster.low, cluster.high = low, high


def _chains(clusters: dict[Hashable, Block], register: Register) -> list[Block]:
    """Return the clusters joined by swaps."""
    follows = _successors(clusters, register)
    starts = [value for value, one in clusters.items() if not one.writers or one.writers[0].op != CAS]
    chains = [_chain(start, clusters, follows) for start in starts]
    if clusters:
        because = "each of these values was swapped for another one of them, and none was written first"
        raise Impossible(because, _circle(clusters, register))
    return chains


def _circle(clusters: dict[Hashable, Block], register: Register) -> list[Operation]:
    """Return swaps that each expect what another one of them writes, and a read where nobody confirmed any of them.

    No `clusters` but those that no plain write and no first state leads to are left.
    """
    followed: dict[Hashable, Operation] = {}
    value = next(iter(clusters))
    while value not in followed:
        followed[value] = clusters[value].writers[0]
        value = identity(followed[value].expected)
    values = list(followed)[list(followed).index(value) :]
    swaps = [followed[one] for one in values]
    seen = [register.reads[one][0] for one in values if one in register.reads]
    return swaps if any(one.outcome == OK for one in swaps) else [*swaps, *seen[:1]]


def _chain(value: Hashable, clusters: dict[Hashable, Block], follows: dict[Hashable, Operation]) -> Block:
    """Take the clusters that follow from a value, and return them as one block."""
    parts = [clusters.pop(value)]
    chain = replace(parts[0], writers=list(parts[0].writers))
    while (swap := follows.pop(value, None)) is not None:
        value = identity(swap.value)
        part = clusters.pop(value, None) or _written(swap)
        if part.low < chain.high:
            raise Impossible("a value was used after it had been replaced", _between(parts, part))
        parts.append(part)
        chain.extend(part)
    return chain


def _successors(clusters: dict[Hashable, Block], register: Register) -> dict[Hashable, Operation]:
    """Return the swap that replaced each value."""
    written = [writer for (writer,) in register.writers.values()]
    follows: dict[Hashable, Operation] = {}
    for swap in (one for one in [*written, *register.unobserved] if one.op == CAS):
        expected = identity(swap.expected)
        if expected not in clusters:
            raise Impossible(f"a swap expected a value that nobody wrote: {shown(swap.expected)}", [swap])
        other = follows.setdefault(expected, swap)
        if other is not swap:
            source = clusters[expected].writers
            because = f"{shown(swap.expected)} was written once and swapped for other values twice"
            raise Impossible(because, distinct([*source, other, swap]))
    return follows


def _between(parts: list[Block], part: Block) -> list[Operation]:
    """Return what is nearest of a chain and called after a later part's first operation returned, with the links."""
    near = next(i for i in reversed(range(len(parts))) if parts[i].high > part.low)
    links = shortened([writer for one in parts[near:] for writer in one.writers])
    return distinct([*links, part.writers[0], part.first, parts[near].last])


def shortened(links: list[Operation]) -> list[Operation]:
    """Return a chain's writers without the middle where it is too long to be read."""
    return links if len(links) <= LONGEST else [*links[: LONGEST // 2], *links[-LONGEST // 2 :]]


def _shown(operation: Operation) -> str:
    return shown(operation.value)


def distinct(operations: Sequence[Operation | None]) -> list[Operation]:
    """Return the operations in the order of their calls, each once; None stands for none."""
    there = {id(one): one for one in operations if one is not None}
    return sorted(there.values(), key=lambda one: (one.call, one.returned or one.call))
