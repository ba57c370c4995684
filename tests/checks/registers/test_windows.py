from __future__ import annotations

from harness.checks.linearizability import linearizable
from harness.checks.operation import OK, READ, Operation
from harness.checks.registers.windows import narrowed
from tests.checks.make import cas, r, w
from tests.checks.simulated import Simulation


def test_only_what_contradicts_is_left() -> None:
    before = [one for t in range(0, 3000, 10) for one in (w(t, t + 1, t % 3), r(t + 2, t + 3, t % 3))]
    bad = [w(5000, 5001, 0), w(5002, 5003, 1), r(5004, 5005, 0)]
    assert narrowed([*before, *bad, w(6000, 6001, 2)], bad[-1]) == bad[1:]


def test_a_swap_that_should_have_failed_is_left_with_what_it_missed() -> None:
    before = [w(t, t + 1, t % 3) for t in range(0, 3000, 10)]
    bad = [w(5000, 5001, 0), cas(5004, 5005, 1, 2)]
    assert set(narrowed([*before, *bad], bad[-1])) <= set(bad)


def test_a_swap_that_was_called_before_a_window_is_not_taken_for_one_within() -> None:
    before = [cas(1, 5, None, "a"), cas(0, 1, "a", None), cas(0, 6, "a", "b"), cas(1, 7, "b", "a")]
    stuck = r(9, 15, "b")
    witness = narrowed([*before, w(2, 2, None), cas(2, 7, None, "a"), r(3, 3, "a"), stuck], stuck)
    assert linearizable(witness).valid is False


def test_a_violation_in_the_midst_of_others_is_small() -> None:
    history = Simulation(4, values=3, swaps=0.3).history(2000)
    for i, one in enumerate(history[1500:], 1500):
        if one.op == READ and one.outcome == OK:
            planted = [*history[:i], one._replace(value=(int(str(one.value or 0)) + 1) % 3), *history[i + 1 :]]
            verdict = linearizable(planted)
            if verdict.valid is False:
                break
    ops = [one for one in verdict.witness if isinstance(one, Operation)]
    assert 1 <= len(ops) <= 40
    assert linearizable(ops).valid is False
