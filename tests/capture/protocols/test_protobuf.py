from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.protobuf import fields, integer, octets
from tests.capture.encode import integer_field, octets_field, varint

numbers = st.integers(1, 2**29 - 1)


@given(st.lists(st.tuples(numbers, st.integers(0, 2**64 - 1) | st.binary(max_size=200)), max_size=6))
def test_fields_are_read_as_they_were_written(pairs: list[tuple[int, int | bytes]]) -> None:
    data = b"".join(
        integer_field(number, value) if isinstance(value, int) else octets_field(number, value)
        for number, value in pairs
    )
    assert list(fields(data)) == pairs


def test_fields_of_fixed_width_are_octets() -> None:
    data = varint(1 << 3 | 1) + b"12345678" + varint(2 << 3 | 5) + b"1234"
    assert list(fields(data)) == [(1, b"12345678"), (2, b"1234")]


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"\x08", "a varint does not end"),
        (b"\x08" + b"\xff" * 11, "a varint does not end"),
        (b"\x0a\x05abc", "field 1 of 5 bytes does not fit the 3 that are left"),
        (b"\x09abc", "field 1 of 8 bytes does not fit"),
        (b"\x0b", "field 1 has wire type 3"),
        (b"\x02\x00", "field 0 of 0 bytes"),
    ],
)
def test_what_is_no_field_is_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        list(fields(data))


def test_a_field_of_the_wrong_type_is_malformed() -> None:
    with pytest.raises(Malformed, match="a string of bytes where a number belongs"):
        integer(b"1")
    with pytest.raises(Malformed, match="a number where a string of bytes belongs"):
        octets(1)
