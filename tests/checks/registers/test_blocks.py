from __future__ import annotations

import pytest

from harness.checks.operation import UNKNOWN, Operation
from harness.checks.registers.blocks import ALWAYS, NEVER, Impossible, blocks, shortened
from harness.checks.registers.register import register
from tests.checks.make import cas, r, w


def extremes(*history: Operation) -> set[tuple[float, float]]:
    return {(block.low, block.high) for block in blocks(register("x", history))}


def test_a_cluster_is_a_write_and_its_reads() -> None:
    assert extremes(w(0, 3, 1), r(2, 5, 1), r(7, 9, 1)) == {(3, 7), (ALWAYS, ALWAYS)}
    assert extremes(r(7, 9, None)) == {(ALWAYS, 7)}
    assert extremes(w(0, 3, 1, UNKNOWN), r(2, 5, 1)) == {(5, 2), (ALWAYS, ALWAYS)}
    assert extremes(w(1, 3, 1)) == {(3, 1), (ALWAYS, ALWAYS)}


def test_swaps_join_clusters() -> None:
    assert extremes(w(0, 3, 1), cas(4, 6, 1, 2), r(5, 8, 2)) == {(3, 5), (ALWAYS, ALWAYS)}
    assert extremes(cas(4, 6, None, 2)) == {(ALWAYS, 4)}


@pytest.mark.parametrize(
    "history,because",
    [
        ([r(0, 1, 1)], "read that nobody wrote"),
        ([r(0, 1, 1), w(2, 3, 1)], "read before it was written"),
        ([cas(0, 1, 7, 1)], "expected a value that nobody wrote"),
        ([w(0, 1, 1), cas(2, 3, 1, 2), cas(2, 3, 1, 3)], "swapped for other values twice"),
        ([w(0, 1, 1), cas(2, 3, 1, 2), r(4, 5, 1)], "used after it had been replaced"),
        ([cas(0, 9, 1, 2), cas(0, 9, 2, 1)], "none was written first"),
    ],
)
def test_what_contradicts_itself_is_said(history: list[Operation], because: str) -> None:
    with pytest.raises(Impossible, match=because) as caught:
        blocks(register("x", history))
    assert set(caught.value.witness) <= set(history)


def test_long_chains_are_shortened() -> None:
    chain = [w(number, number, number) for number in range(1000)]
    assert len(shortened(chain)) == 20
    assert NEVER > max(one.call for one in shortened(chain)) == 999
