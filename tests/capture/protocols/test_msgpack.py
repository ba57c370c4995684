from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import msgpack
from harness.capture.protocols.malformed import Malformed
from tests.capture import encode

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(values)
def test_messagepack_values_are_read(value: msgpack.Value) -> None:
    unpacker = msgpack.Unpacker(encode.pack(value) + b"rest")
    assert unpacker.value() == value
    assert unpacker.data[unpacker.at :] == b"rest"


@pytest.mark.parametrize("count", [31, 32, 65535, 65536])
def test_messagepack_lengths_of_every_width_are_read(count: int) -> None:
    assert msgpack.Unpacker(encode.pack(bytes(count))).value() == bytes(count)
    assert msgpack.Unpacker(encode.pack([1] * count)).value() == [1] * count


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "ends within a value, 1 bytes short"),
        (b"\xa5abc", "2 bytes short"),
        (b"\xdd\xff\xff\xff\xff", "1 bytes short"),
        (b"\xc1", "no meaning for 0xc1"),
        (b"\x81\x01\x02", "a MessagePack map with the key 1"),
        (b"\x91" * 20 + b"\x01", "nested deeper than 16"),
    ],
)
def test_what_is_no_messagepack_is_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        msgpack.Unpacker(data).value()


def test_a_value_that_is_no_map_is_malformed_where_a_map_belongs() -> None:
    with pytest.raises(Malformed, match="a list where a map belongs"):
        msgpack.unpack_map(b"\x90")


@given(st.binary(max_size=80))
def test_any_octets_are_read_or_malformed(data: bytes) -> None:
    try:
        msgpack.Unpacker(data).value()
    except Malformed as problem:
        assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
