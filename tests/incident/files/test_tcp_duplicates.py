from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.incident.files.tcp_duplicates import duplicate

STAMPED = b"\1\1\x08\x0a\0\0\1\2\0\0\0\0"


def blocks(*edges: int) -> bytes:
    return STAMPED + b"\1\1" + bytes((5, 2 + 4 * len(edges))) + struct.pack(f">{len(edges)}I", *edges)


@pytest.mark.parametrize(
    "options,acknowledged,wanted",
    [
        (blocks(2139, 2200), 2200, 2139),
        (blocks(2139, 2200), 9000, 2139),
        (blocks(2139, 2200), 1000, 0),
        (blocks(3000, 3100, 2900, 3200), 1000, 3000),
        (blocks(3000, 3100, 5000, 6000), 1000, 0),
        (blocks((1 << 32) - 10, 40), 60, (1 << 32) - 10),
        (STAMPED, 2200, 0),
        (blocks(2139, 2200)[:-1], 2200, 0),
        (b"\5", 2200, 0),
        (b"", 2200, 0),
    ],
    ids=[
        "acknowledged",
        "long ago",
        "a hole",
        "in a hole",
        "two holes",
        "wrapped",
        "none",
        "cut",
        "no length",
        "empty",
    ],
)
def test_what_came_twice_lies_before_or_within_what_came(options: bytes, acknowledged: int, wanted: int) -> None:
    assert duplicate(options, acknowledged) == wanted


@given(st.binary(max_size=40), st.integers(0, (1 << 32) - 1))
def test_no_options_break_it(options: bytes, acknowledged: int) -> None:
    assert 0 <= duplicate(options, acknowledged) < 1 << 32
