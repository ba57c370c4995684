from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.layers.msgpack_field import pack
from harness.capture.protocols.msgpack import unpack_map

leaves = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.binary(max_size=80)
)
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=5), inner))


@given(st.dictionaries(st.text(max_size=5), values, max_size=20))
def test_what_is_packed_is_read_by_the_decoder(value: dict[str, object]) -> None:
    assert unpack_map(pack(value)) == value


@pytest.mark.parametrize("value", [object(), 2**64, -(2**63) - 1])
def test_what_has_no_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="MessagePack has no"):
        pack(value)
