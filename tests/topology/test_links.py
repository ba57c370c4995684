from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from harness.topology.impairment import Impairment
from harness.topology.links import ImpairmentSpec, LinkSpec, WanSpec
from harness.units import milliseconds


def test_an_impairment_in_the_words_of_a_file() -> None:
    spec = ImpairmentSpec.model_validate({"delay": "5 ms", "loss": "0.1 %", "corrupt": 0, "rate": "10 Mbps"})
    assert spec.value == Impairment(delay=5 * milliseconds, loss=0.001, corrupt=0.0, rate=10_000_000)


def test_each_direction_has_what_both_have_and_its_own() -> None:
    link = LinkSpec.model_validate({"both": {"delay": "5 ms", "loss": 0.1}, "back": {"loss": 0}})
    assert link.directions() == (
        Impairment(delay=5 * milliseconds, loss=0.1),
        Impairment(delay=5 * milliseconds, loss=0.0),
    )


def test_a_link_of_which_nothing_is_said_is_left_alone() -> None:
    assert LinkSpec().directions() == (Impairment(), Impairment())


@pytest.mark.parametrize(
    "wrong", [{"loss": 1.1}, {"loss": True}, {"rate": "0 bps"}, {"delay": "-1 ms"}, {"latency": "1 ms"}]
)
def test_what_is_no_impairment_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ImpairmentSpec.model_validate(wrong)


@pytest.mark.parametrize("between", [(), ("a",), ("a", "b", "c")])
def test_a_line_has_two_ends(between: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        WanSpec(between=between)
