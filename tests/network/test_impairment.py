from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.network.impairment import Impairment, from_json, to_json
from harness.units import milliseconds

durations = st.none() | st.timedeltas(timedelta(0), timedelta(hours=1))
chances = st.none() | st.floats(0, 1)
impairments = st.builds(
    Impairment, durations, durations, chances, chances, chances, chances, st.none() | st.integers(1, 10**11)
)


@given(impairments)
def test_json_keeps_an_impairment_and_tells_zero_from_not_set(impairment: Impairment) -> None:
    assert from_json(json.loads(json.dumps(to_json(impairment)))) == impairment


@pytest.mark.parametrize(
    "field, value",
    [("delay", -1 * milliseconds), ("jitter", -1 * milliseconds), ("loss", 1.1), ("corrupt", -0.1), ("rate", 0)],
)
def test_what_no_link_can_do(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^{field} .* expected"):
        from_json({field: value} if not isinstance(value, timedelta) else {field: value // timedelta(microseconds=1)})


def test_a_field_that_nobody_knows() -> None:
    with pytest.raises(TypeError, match="colour"):
        from_json({"colour": 1})


def test_zero_does_nothing() -> None:
    assert Impairment(delay=timedelta(0), loss=0.0).is_nothing()
    assert not Impairment(rate=1).is_nothing()
