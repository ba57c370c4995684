from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.topology.impairment import Impairment
from harness.units import milliseconds

chances = st.none() | st.floats(0, 1)
delays = st.none() | st.timedeltas(timedelta(0), timedelta(seconds=1))
impairments = st.builds(
    Impairment, delays, delays, chances, chances, chances, chances, st.none() | st.integers(1, 10**12)
)


@pytest.mark.parametrize(
    "wrong,words",
    [
        ({"delay": -1 * milliseconds}, "delay .* is negative"),
        ({"jitter": -1 * milliseconds}, "jitter .* is negative"),
        ({"loss": 1.01}, "loss 1.01 is no chance"),
        ({"duplicate": -0.1}, "duplicate"),
        ({"reorder": float("nan")}, "reorder"),
        ({"corrupt": 2}, "corrupt"),
        ({"rate": 0}, "to stop a link, cut it"),
        ({"rate": -5}, "rate -5"),
    ],
)
def test_what_is_no_impairment_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Impairment(**wrong)


def test_nothing_said_and_zero_are_both_nothing_but_not_the_same() -> None:
    assert Impairment().is_nothing()
    assert Impairment(loss=0, delay=timedelta(0)).is_nothing()
    assert Impairment(loss=0) != Impairment()
    assert not Impairment(loss=0.1).is_nothing()


def test_zero_over_something_is_zero() -> None:
    assert Impairment(loss=0).over(Impairment(loss=0.5, rate=10)) == Impairment(loss=0, rate=10)


@given(impairments, impairments, impairments)
def test_over_is_associative_and_nothing_is_neutral(one: Impairment, two: Impairment, three: Impairment) -> None:
    assert one.over(two).over(three) == one.over(two.over(three))
    assert one.over(Impairment()) == one == Impairment().over(one)
