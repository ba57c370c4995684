from __future__ import annotations

import pytest

from harness.incident.network.luck import MOMENT, is_chance, moments
from harness.incident.network.soundings import Sounding


def test_moments_are_counted_once() -> None:
    assert moments([Sounding(time, 0) for time in (5 * MOMENT, 5 * MOMENT + 1, 3 * MOMENT)]) == [3, 5]


@pytest.mark.parametrize(
    "length, lost, chance",
    [(3, 0, False), (3, 20, True), (5, 20, False), (4, 60, True), (12, 60, False)],
)
def test_a_run_is_chance_where_single_losses_make_it_likely(length: int, lost: int, *, chance: bool) -> None:
    run = list(range(1000, 1000 + length))
    around = [place for place in range(800, 1200) if place not in run]
    step = len(around) // max(lost, 1)
    missed = around[::step][:lost]
    through = [place for place in around if place not in missed]
    assert is_chance(run, missed, through) is chance


def test_what_lies_far_away_says_nothing() -> None:
    assert not is_chance([100_000, 100_001, 100_002], [1, 2, 3, 4], [5, 6])
