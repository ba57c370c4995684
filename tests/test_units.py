from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.units import GiB, KiB, MiB, format_duration, milliseconds, minutes, seconds


def test_units_are_multiplied_by() -> None:
    assert 90 * seconds == 1.5 * minutes == 90_000 * milliseconds
    assert 512 * MiB == GiB // 2 == 512 * KiB * KiB


@pytest.mark.parametrize(
    "duration,text",
    [
        (0 * seconds, "0 ms"),
        (850 * milliseconds, "850 ms"),
        (1 * seconds, "1.0 s"),
        (12.34 * seconds, "12.3 s"),
        (119 * seconds, "119.0 s"),
        (120 * seconds, "2 min 00 s"),
        (245 * seconds, "4 min 05 s"),
        (3599.7 * seconds, "60 min 00 s"),
    ],
)
def test_durations_as_a_person_reads_them(duration: timedelta, text: str) -> None:
    assert format_duration(duration) == text


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9)))
def test_every_duration_says_its_unit(duration: timedelta) -> None:
    assert format_duration(duration).endswith((" ms", " s"))
