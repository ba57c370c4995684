from __future__ import annotations

import pytest

from harness.checks.operation import UNKNOWN, Operation
from harness.checks.registers.register import register
from harness.checks.registers.zones import check
from tests.checks.make import cas, r, w


@pytest.mark.parametrize(
    "history,valid",
    [
        ([], True),
        ([w(0, 5, 1), w(0, 5, 2), r(6, 7, 1)], True),
        ([w(0, 1, 1), w(2, 3, 2), r(4, 5, 1)], False),
        ([w(0, 1, 1), r(2, 3, None)], False),
        ([w(0, 2, 1), r(2, 3, None)], True),
        ([w(0, 9, 1), w(0, 9, 2), r(1, 2, 1), r(3, 4, 2), r(5, 6, 1)], False),
        ([w(0, None, 1, UNKNOWN), w(2, 3, 2), r(4, 5, 2), r(6, 7, 1)], True),
        ([w(0, None, 1, UNKNOWN), r(4, 5, 1), w(6, 7, 2), r(8, 9, 1)], False),
        ([w(0, 1, 1), cas(2, 3, 1, 2), r(4, 5, 2)], True),
        ([w(0, 1, 1), w(2, 3, 2), cas(4, 5, 1, 3)], False),
    ],
)
def test_histories_are_judged(history: list[Operation], *, valid: bool) -> None:
    assert check(register("x", history)).valid is valid


def test_the_witness_is_a_history_that_is_impossible_by_itself() -> None:
    noise = [w(100 + 10 * number, 105 + 10 * number, number) for number in range(10, 500)]
    bad = [w(0, None, "a", UNKNOWN), r(4, 5, "a"), w(6, 7, "b"), r(8, 9, "a")]
    verdict = check(register("x", [*noise, *bad]))
    assert set(verdict.witness) == set(bad)
    assert check(register("x", verdict.witness)).valid is False  # type: ignore[arg-type]


def test_swaps_in_a_circle_that_nobody_confirmed_are_shown_with_what_was_seen_of_them() -> None:
    seen = r(3, 4, 1)
    circle = [cas(2, None, 1, 2, UNKNOWN), cas(2, 2, 2, 1, UNKNOWN)]
    apart = [cas(5, 6, 8, 9), cas(5, 6, 9, 8)]
    assert set(check(register("x", [r(0, 1, None), *circle, seen])).witness) == {*circle, seen}
    assert set(check(register("x", [*apart, *circle, seen])).witness) in ({*apart}, {*circle, seen})
