from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.incident.machines.spans import duration
from tests.incident.records import SECOND


@pytest.mark.parametrize(
    "text,wanted",
    [
        ("6.482s", 6.482),
        ("1min 2.5s", 62.5),
        ("850ms", 0.85),
        ("1m2.5s", 62.5),
        ("1.434988836s", 1.434988836),
        ("1h0m1s", 3601),
        ("12us", 0.000012),
        ("12µs", 0.000012),
        ("", 0),
        ("soon", 0),
    ],
)
def test_spans_as_systemd_and_go_write_them(text: str, wanted: float) -> None:
    assert duration(text) == round(wanted * SECOND)


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    assert duration(text) >= 0
