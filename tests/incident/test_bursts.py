from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.incident.bursts import bursts, pace


def test_a_pause_that_is_too_long_begins_another_burst() -> None:
    assert list(bursts([1, 2, 4, 7, 8], lambda one: one, 2)) == [[1, 2, 4], [7, 8]]
    assert list(bursts([], lambda one: one, 2)) == []


@given(st.lists(st.integers(0, 100)).map(sorted), st.integers(0, 20))
def test_nothing_is_lost_and_no_pause_within_is_too_long(times: list[int], apart: int) -> None:
    found = list(bursts(times, lambda one: one, apart))
    assert [one for burst in found for one in burst] == times
    assert all(later - sooner <= apart for burst in found for sooner, later in pairwise(burst))
    assert all(after[0] - before[-1] > apart for before, after in pairwise(found))


def test_long_gaps_count_for_their_length() -> None:
    assert pace([0, 1, 2, 3, 4, 5]) == 1
    assert pace([0, 1, 2, 3, 10, 17]) == 7
