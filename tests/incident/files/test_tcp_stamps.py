from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.incident.files.tcp_stamps import stamp


@pytest.mark.parametrize(
    "options,wanted",
    [
        (b"\1\1\x08\x0a\0\0\1\2\0\0\0\0", 258),
        (b"\2\4\5\xb4\4\2\x08\x0a\0\0\1\2\0\0\0\0", 258),
        (b"\2\4\5\xb4\0\0\0\0", 0),
        (b"\1\1\x08\x0a", 0),
        (b"\x08\0\0\0", 0),
        (b"", 0),
    ],
    ids=["usual", "at first", "none", "cut", "no length", "no options"],
)
def test_a_segments_timestamp_is_among_its_options(options: bytes, wanted: int) -> None:
    assert stamp(options) == wanted


@given(st.binary(max_size=40))
def test_no_options_break_it(options: bytes) -> None:
    assert 0 <= stamp(options) < 1 << 32
