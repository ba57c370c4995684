from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.network.bridge.netem import CERTAIN, IN_FLIGHT, QUEUE, Netem
from harness.network.impairment import Impairment
from harness.units import milliseconds

durations = st.none() | st.timedeltas(timedelta(0), timedelta(seconds=100))
chances = st.none() | st.floats(0, 1)
impairments = st.builds(
    Impairment,
    delay=durations,
    jitter=durations,
    loss=chances,
    duplicate=chances,
    reorder=chances,
    corrupt=chances,
    rate=st.none() | st.integers(1, 10**12),
)


@given(impairments, st.none() | st.integers(0, 2**64 - 1))
def test_what_is_encoded_is_decoded(impairment: Impairment, seed: int | None) -> None:
    netem = Netem.of(impairment)
    assert Netem.decode(netem.encode(seed)) == netem


def test_each_field_has_netem_s_units() -> None:
    wanted = Impairment(delay=20 * milliseconds, jitter=1 * milliseconds, loss=0.5, corrupt=1.0, rate=1_000_000)
    assert Netem.of(wanted) == Netem(
        latency=20_000_000,
        jitter=1_000_000,
        loss=2**31,
        duplicate=0,
        reorder=0,
        corrupt=CERTAIN,
        rate=125_000,
        limit=QUEUE,
    )


def test_nothing_limits_and_delays_nothing() -> None:
    assert Netem.of(Impairment()) == Netem.of(Impairment(delay=timedelta(0), loss=0.0))
    assert Netem.of(Impairment()) == Netem(0, 0, 0, 0, 0, 0, 0, IN_FLIGHT)


def test_jitter_has_a_line_so_that_no_frame_overtakes_another() -> None:
    assert Netem.of(Impairment(delay=5 * milliseconds, jitter=5 * milliseconds)).rate > 10**11
    assert Netem.of(Impairment(delay=5 * milliseconds)).rate == 0


@pytest.mark.parametrize("delay,expected", [(None, 0), (timedelta(0), 0), (1 * milliseconds, 2**30)])
def test_only_what_is_delayed_can_be_overtaken(delay: timedelta | None, expected: int) -> None:
    assert Netem.of(Impairment(delay=delay, reorder=0.25)).reorder == expected
