from __future__ import annotations

import click
import pytest

from harness.cli.seconds import LONGEST, Seconds


@pytest.mark.parametrize("kind,text,value", [(Seconds(), "0.5", 0.5), (Seconds(or_none=True), "0", 0.0)])
def test_a_number_of_seconds(kind: Seconds, text: str, value: float) -> None:
    assert kind.convert(text, None, None) == value


@pytest.mark.parametrize(
    "kind,text",
    [
        (Seconds(), "nan"),
        (Seconds(), "0"),
        (Seconds(or_none=True), "nan"),
        (Seconds(or_none=True), "-1"),
        (Seconds(), "inf"),
        (Seconds(), str(LONGEST * 2)),
        (Seconds(most=60), "61"),
    ],
)
def test_what_is_none(kind: Seconds, text: str) -> None:
    with pytest.raises(click.BadParameter):
        kind.convert(text, None, None)


def test_words_are_none() -> None:
    with pytest.raises(click.BadParameter, match="'soon', expected more than 0 to 60 seconds"):
        Seconds(most=60).convert("soon", None, None)
