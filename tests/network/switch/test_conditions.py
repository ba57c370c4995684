from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.network.impairment import Impairment
from harness.network.switch.conditions import QUEUE, Conditions
from harness.units import milliseconds
from tests.network.test_impairment import impairments

FRAME = bytes(100)


def conditions(impairment: Impairment, seed: str = "36") -> Conditions:
    made = Conditions(seed)
    made.replace(impairment)
    return made


def offer(to: Conditions, number: int, every: float = 0.001) -> list[tuple[float, bytes]]:
    return [one for n in range(number) for one in to.offer(FRAME, n * every)]


def test_without_an_impairment_a_frame_passes_at_once() -> None:
    made = conditions(Impairment())
    assert made.idle
    assert made.offer(FRAME, 5.0) == [(5.0, FRAME)]
    assert not made.counts


def test_a_cut_direction_passes_nothing_and_counts() -> None:
    made = conditions(Impairment())
    made.is_cut = True
    assert not made.idle
    assert made.offer(FRAME, 0.0) == []
    assert made.counts == {"cut": 1}


def test_delay_is_exact() -> None:
    made = conditions(Impairment(delay=20 * milliseconds))
    ((arrives, frame),) = made.offer(FRAME, 1.0)
    assert (round(arrives, 9), frame) == (1.02, FRAME)
    assert made.counts == {"delay": 1}


def test_jitter_stays_within_its_bounds_and_keeps_the_order() -> None:
    arrived = [
        t for t, _ in offer(conditions(Impairment(delay=20 * milliseconds, jitter=5 * milliseconds)), 2000, 0.02)
    ]
    late = [t - n * 0.02 for n, t in enumerate(arrived)]
    assert arrived == sorted(arrived)
    assert 0.015 - 1e-9 <= min(late) < 0.0155
    assert 0.0245 < max(late) <= 0.025 + 1e-9
    assert sum(late) / len(late) == pytest.approx(0.02, abs=0.0005)


@pytest.mark.parametrize("chance", [0.01, 0.1, 0.5])
def test_loss_is_what_was_asked_for(chance: float) -> None:
    number = 20_000
    made = conditions(Impairment(loss=chance))
    arrived = len(offer(made, number))
    spread = 3.3 * (number * chance * (1 - chance)) ** 0.5  # 99.9 %
    assert abs(number - arrived - number * chance) < spread
    assert made.counts["loss"] == number - arrived


def test_duplicates_corruption_and_overtaking_are_counted() -> None:
    made = conditions(Impairment(delay=10 * milliseconds, duplicate=0.1, corrupt=0.1, reorder=0.1))
    arrived = offer(made, 2000)
    assert len(arrived) == 2000 + made.counts["duplicate"]
    assert sum(frame != FRAME for _, frame in arrived) == made.counts["corrupt"]
    assert [t for t, _ in arrived] != sorted(t for t, _ in arrived)
    assert all(100 < made.counts[what] < 320 for what in ("duplicate", "corrupt", "reorder"))


def test_corruption_flips_one_bit_behind_the_header() -> None:
    for _, frame in offer(conditions(Impairment(corrupt=1.0)), 200):
        assert frame[:14] == FRAME[:14]
        assert sum(byte.bit_count() for byte in frame) == 1
    assert conditions(Impairment(corrupt=1.0)).offer(bytes(14), 0.0) == [(0.0, bytes(14))]


def test_rate_spaces_frames_and_a_full_queue_drops() -> None:
    made = conditions(Impairment(rate=800_000))  # a frame of 100 bytes takes 1 ms
    arrived = [made.offer(FRAME, 0.0) for _ in range(QUEUE + 10)]
    times = [t for some in arrived for t, _ in some]
    assert times == pytest.approx([0.001 * n for n in range(1, QUEUE + 1)])
    assert made.counts["queue"] == 10
    assert made.offer(FRAME, 0.5), "there is room again"


def test_replacing_leaves_nothing_of_the_old() -> None:
    made = conditions(Impairment(loss=1.0, rate=1))
    offer(made, 10)
    made.replace(Impairment(delay=1 * milliseconds))
    ((arrives, _),) = made.offer(FRAME, 10.0)
    assert round(arrives, 9) == 10.001


def test_the_same_seed_makes_the_same_choices() -> None:
    wanted = Impairment(loss=0.3, jitter=1 * milliseconds, duplicate=0.2)
    assert offer(conditions(wanted, "1"), 100) == offer(conditions(wanted, "1"), 100)
    assert offer(conditions(wanted, "1"), 100) != offer(conditions(wanted, "2"), 100)


@given(impairments, st.lists(st.tuples(st.binary(max_size=60), st.floats(0, 10))))
def test_nothing_arrives_before_it_was_sent(impairment: Impairment, frames: list[tuple[bytes, float]]) -> None:
    made = conditions(impairment)
    now = 0.0
    for frame, passed in frames:
        now += passed
        arrived = made.offer(frame, now)
        assert len(arrived) <= 2
        assert all(when >= now and len(one) == len(frame) for when, one in arrived)
