from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.incident.clocks.alignment import MOST_DRIFT, Alignment, Crossing, align

MICROSECOND, MILLISECOND, SECOND = 10**3, 10**6, 10**9
START = 1_700_000_000 * SECOND


def crossings(
    *, ahead: int, drift: float, span: int, count: int, delays: tuple[int, int], jitter: int, seed: int
) -> tuple[list[Crossing], Alignment]:
    """Make crossings between a host at the first point and one at the second, and the truth about the clocks."""
    chance = random.Random(seed)  # noqa: S311 - for tests
    truth = Alignment(START, ahead, drift, 0, count)
    found = []
    for number in range(count):
        true = START + chance.randrange(span)
        delay = delays[number % 2] + round(chance.expovariate(1) * jitter)
        if number % 2:  # from the second to the first
            time = true + delay
            found.append(Crossing(time, truth.at(true) - delay, "10.0.0.2", "10.0.0.1"))
        else:
            later = true + delay
            found.append(Crossing(true, truth.at(later) + delay, "10.0.0.1", "10.0.0.2"))
    return found, truth


@settings(deadline=None, max_examples=60)
@given(
    st.builds(
        crossings,
        ahead=st.integers(-3600 * SECOND, 3600 * SECOND),
        drift=st.floats(-100e-6, 100e-6),
        span=st.integers(SECOND, 3600 * SECOND),
        count=st.integers(2, 300),
        delays=st.tuples(st.integers(0, 50 * MILLISECOND), st.integers(0, 50 * MILLISECOND)),
        jitter=st.integers(0, 20 * MILLISECOND),
        seed=st.integers(0, 2**32),
    )
)
def test_an_injected_offset_and_drift_are_found_within_the_uncertainty(
    made: tuple[list[Crossing], Alignment],
) -> None:
    known, truth = made
    found = align(known)
    assert found is not None
    assert found.crossings == len(known)
    if found.sure:
        for one in known:
            assert abs(found.at(one.time) - truth.at(one.time)) <= found.uncertainty


def test_many_crossings_leave_half_the_shortest_round_trip() -> None:
    known, truth = crossings(
        ahead=-5 * SECOND, drift=40e-6, span=600 * SECOND, count=20_000, delays=(30_000, 50_000), jitter=80_000, seed=1
    )
    found = align(known)
    assert found is not None
    assert found.uncertainty < 60 * MICROSECOND
    assert found.drift == pytest.approx(truth.drift, abs=0.5e-6)
    assert abs(found.at(START + 300 * SECOND) - truth.at(START + 300 * SECOND)) < 30 * MICROSECOND


def test_a_delay_that_was_injected_one_way_for_most_of_the_time_moves_nothing() -> None:
    known, truth = crossings(
        ahead=3 * SECOND, drift=10e-6, span=60 * SECOND, count=2000, delays=(50_000, 50_000), jitter=50_000, seed=2
    )
    slow = [
        one._replace(later=one.later + 300 * MILLISECOND) if i % 2 == 0 and one.time > START + 15 * SECOND else one
        for i, one in enumerate(known)
    ]
    found = align(slow)
    assert found is not None
    for one in known:
        assert abs(found.at(one.time) - truth.at(one.time)) < 2 * MILLISECOND


def test_packets_that_were_taken_for_each_other_are_outvoted() -> None:
    known, truth = crossings(
        ahead=-SECOND, drift=0, span=30 * SECOND, count=1000, delays=(50_000, 50_000), jitter=50_000, seed=3
    )
    for at in range(0, 1000, 99):
        known[at] = known[at]._replace(later=known[at].later + (-1) ** at * 4 * SECOND)
    found = align(known)
    assert found is not None
    for one in known:
        assert abs(found.at(one.time) - truth.at(one.time)) < MILLISECOND


def test_the_points_may_stand_either_way_round_for_each_pair() -> None:
    near, truth = crossings(
        ahead=SECOND, drift=0, span=30 * SECOND, count=100, delays=(50_000, 50_000), jitter=0, seed=4
    )
    far = [
        one._replace(src={"10.0.0.1": "b", "10.0.0.2": "a"}[one.src], dst="ab"[one.src == "10.0.0.2"]) for one in near
    ]
    found = align([*near, *far])
    assert found is not None
    assert abs(found.ahead - truth.ahead) <= found.uncertainty < 60 * MICROSECOND


def test_packets_one_way_only_say_less() -> None:
    found = align([Crossing(START + at * SECOND, 5 * SECOND + at, "a", "b") for at in range(10)])
    assert found is not None
    assert abs(found.at(START) - 5 * SECOND) < found.uncertainty
    assert found.uncertainty >= MILLISECOND
    assert not found.sure


def test_two_points_at_one_place_agree() -> None:
    known = [Crossing(START + at * SECOND, 7, *("ab" if at % 2 else "ba")) for at in range(100)]
    found = align(known)
    assert found is not None
    assert abs(found.at(START) - 7) <= found.uncertainty


def test_nothing_shared_says_nothing() -> None:
    assert align([]) is None


def test_no_clock_is_believed_to_run_too_fast() -> None:
    known, _ = crossings(ahead=0, drift=0, span=SECOND, count=4, delays=(SECOND, SECOND), jitter=0, seed=5)
    found = align(known)
    assert found is not None
    assert abs(found.drift) <= MOST_DRIFT
