from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.network.switch import offload
from harness.network.switch.offload import Offload


@given(st.binary(min_size=10, max_size=20))
def test_a_header_is_read_and_written(data: bytes) -> None:
    assert bytes(offload.parse(data)) == data[:10]


def test_too_few_bytes() -> None:
    with pytest.raises(ValueError, match="9 bytes hold no offload header"):
        offload.parse(bytes(9))


def test_a_tag_moves_the_offsets() -> None:
    head = Offload(offload.NEEDS_CHECKSUM, offload.TCP4, 66, 1448, 34, 16)
    assert offload.parse(offload.shifted(bytes(head), 4)) == head._replace(header_length=70, start=38)
    assert offload.shifted(offload.shifted(bytes(head), 4), -4) == bytes(head)
    assert offload.shifted(offload.PLAIN, 4) == offload.PLAIN


@given(st.binary(min_size=10, max_size=10), st.sampled_from([4, -4]))
def test_no_header_makes_it_raise(head: bytes, by: int) -> None:
    assert len(offload.shifted(head, by)) == 10
