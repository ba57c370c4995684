"""Linearizability of one key by zones, where each observed value was written once: O(n log n).

The zones are those of P. B. Gibbons and E. Korach, "Testing Shared Memories" (SIAM J. Comput. 26, 1997), over blocks
instead of clusters, so that compare-and-swap is decided, too (`harness.checks.registers.blocks`).

A block A must precede B where something in A returns before something in B is called: ``A.low < B.high``. Blocks can
be put in order unless they must precede each other in a circle; and where there is a circle, its block with the lowest
`low` and that block's predecessor P must precede each other already, because P's own predecessor has ``low < P.high``,
and the lowest `low` is no higher. So it is enough to look for pairs.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

from harness.checks.operation import CAS, OK, identity
from harness.checks.registers.blocks import Impossible, blocks, distinct, shortened
from harness.checks.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.checks.operation import Operation
    from harness.checks.registers.blocks import Block
    from harness.checks.registers.register import Register


def check(register: Register) -> Verdict:
    """Decide a key whose observed values were written once each."""
    try:
        pair = conflict(blocks(register))
    except Impossible as impossible:
        return Verdict(False, impossible.because, _proven(impossible.witness, register))
    if pair is None:
        return Verdict(True, "each value's reads fit between its write and the next one")
    witness = _proven([*_proof(pair[0]), *_proof(pair[1])], register)
    return Verdict(False, "of two values, each was in use after the other one had been", witness)


def conflict(every: Iterable[Block]) -> tuple[Block, Block] | None:
    """Return two blocks that must precede each other, None where there are none.

    Those whose `low` is before their `high` (forward zones) may not overlap one another, and no other zone may lie
    within one of them.
    """
    forward: list[Block] = []
    backward: list[Block] = []
    for block in every:
        (forward if block.low < block.high else backward).append(block)
    forward.sort(key=attrgetter("low"))
    for one, other in pairwise(forward):
        if other.low < one.high:
            return one, other
    lows = [block.low for block in forward]
    for block in backward:
        before = bisect_left(lows, block.high) - 1
        if before >= 0 and block.low < forward[before].high:
            return forward[before], block
    return None


def _proof(block: Block) -> list[Operation]:
    """Return the operations that give a block its extremes, with the writers that tie them together."""
    ends = [one for one in (block.first, block.last) if one is not None]
    places = [_place(block, one) for one in ends]
    links = block.writers[max(0, min(places)) : max(places) + 1] if places else []
    return [*shortened(links), *ends]


def _place(block: Block, operation: Operation) -> int:
    """Return the place of a block's operation in the chain of its writers; -1 for a read of the first state."""
    values = (i for i, writer in enumerate(block.writers) if writer is operation or _reads(operation, writer))
    return next(values, -1)


def _reads(operation: Operation, writer: Operation) -> bool:
    return not operation.writes and identity(operation.value) == identity(writer.value)


def _proven(witness: Iterable[Operation], register: Register) -> tuple[Operation, ...]:
    """Return a witness with what shows of each write of unknown outcome in it that it did happen."""
    proven = list(witness)
    for one in proven:
        if one.outcome != OK and not any(_observes(other, one) for other in proven):
            proven.append(_observer(one, register))
    return tuple(distinct(proven))


def _observer(writer: Operation, register: Register) -> Operation:
    """Return something that saw a writer's value; there is something, or the writer would have been left out."""
    reads = register.reads.get(identity(writer.value))
    return reads[0] if reads else next(one for one in register.operations if _observes(one, writer))


def _observes(one: Operation, writer: Operation) -> bool:
    return one is not writer and (
        _reads(one, writer) or (one.op == CAS and identity(one.expected) == identity(writer.value))
    )
