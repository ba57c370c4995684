from __future__ import annotations

import pytest

from harness.incident.network.shares import Share, together


@pytest.mark.parametrize(
    "lost, of, low, high",
    [(0, 0, 0, 1), (0, 10, 0, 0.278), (1, 10, 0.018, 0.404), (100, 1000, 0.083, 0.120), (10, 10, 0.722, 1)],
)
def test_a_share_is_known_the_better_the_more_was_sent(lost: int, of: int, low: float, high: float) -> None:
    assert (Share(lost, of).low, Share(lost, of).high) == pytest.approx((low, high), abs=0.001)


def test_few_of_few_are_less_than_nothing() -> None:
    assert Share(0, 100).is_less(Share(10, 100))
    assert not Share(0, 10).is_less(Share(10, 100))
    assert not Share(8, 100).is_less(Share(10, 100))


def test_shares_together_are_of_all_that_was_sent() -> None:
    assert together([Share(1, 10), Share(0, 10)]).value == pytest.approx(0.05)
    assert together([]).value == 0
