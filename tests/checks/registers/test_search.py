from __future__ import annotations

import pytest

from harness.checks.linearizability import linearizable
from harness.checks.operation import OK, READ, UNKNOWN, Operation
from harness.checks.registers.moments import Moments
from harness.checks.registers.search import Budget, search
from tests.checks.make import cas, r, w
from tests.checks.simulated import Simulation


@pytest.mark.parametrize(
    "history,legal",
    [
        ([], True),
        ([w(0, 1, 1), r(2, 3, 1), w(4, 5, 1), r(6, 7, 1)], True),
        ([w(0, 1, 1), w(2, 3, 2), w(4, 5, 1), r(6, 7, 2)], False),
        ([w(0, 9, 1), w(0, 9, 1), r(1, 2, 1), cas(3, 4, 1, 0), r(5, 6, 1)], True),
        ([w(0, 9, 1), r(1, 2, 1), cas(3, 4, 1, 0), r(5, 6, 1)], False),
        ([w(0, None, 1, UNKNOWN), r(1, 2, 1), w(3, 4, 0), r(5, 6, 1)], False),
    ],
)
def test_histories_are_judged(history: list[Operation], *, legal: bool) -> None:
    assert search(Moments(history).list, Budget()).legal is legal


def test_what_is_impossible_with_more_writes_than_there_were_is_impossible() -> None:
    once = [w(0, None, 1, UNKNOWN), r(1, 2, 1), w(3, 4, 0), r(5, 6, 1)]
    assert search(Moments(once).list, Budget(), relaxed=True).legal is True
    assert search(Moments([*once, r(7, 8, 2)]).list, Budget(), relaxed=True).legal is False


def test_a_spent_budget_is_unknown() -> None:
    history = Simulation(1, values=4, swaps=0.4).history(20_000)
    for budget in (Budget(configurations=4096), Budget(seconds=0)):
        assert linearizable(history, budget).valid is None


@pytest.mark.parametrize("lost", [0, 0.01])
@pytest.mark.parametrize("swaps", [0, 0.3, 0.7])
@pytest.mark.parametrize("values", [None, 4, 20])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_a_register_did_is_legal(seed: int, values: int | None, swaps: float, lost: float) -> None:
    history = Simulation(seed, keys=3, values=values, swaps=swaps, lost=lost).history(3000)
    assert linearizable(history).valid is True


@pytest.mark.parametrize("values", [None, 50])
@pytest.mark.parametrize("seed", range(3))
def test_a_value_that_was_long_replaced_is_found(seed: int, values: int | None) -> None:
    history = Simulation(seed, values=values, swaps=0.2).history(3000)
    reads = [i for i, one in enumerate(history) if one.op == READ and one.outcome == OK]
    late = reads[-20]
    old = history[reads[5 + seed]]
    if values is None:
        planted = history[late]._replace(value=old.value)
    else:
        planted = history[late]._replace(value="never written")
    verdict = linearizable([*history[:late], planted, *history[late + 1 :]])
    assert verdict.valid is False
    assert len(verdict.witness) <= 30
