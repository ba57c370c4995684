from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import vxlan
from harness.capture.protocols.malformed import Malformed
from tests.capture.peer import VXLAN, octets


@given(st.integers(0, 2**24 - 1), st.binary(max_size=20))
def test_what_scapy_makes_is_read(vni: int, frame: bytes) -> None:
    assert vxlan.parse(octets(VXLAN(vni=vni, flags=0x08)) + frame) == (0x08, vni, frame)


@pytest.mark.parametrize(
    "data, reason",
    [(bytes(7), "7 bytes are no VXLAN header of 8"), (bytes(8), "a VXLAN header with flags 0x00, which has no VNI")],
)
def test_what_has_no_vni_is_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        vxlan.parse(data)


@given(st.binary(max_size=20))
def test_any_octets_are_read_or_malformed(data: bytes) -> None:
    try:
        vxlan.parse(data)
    except Malformed as problem:
        assert "VXLAN" in str(problem)  # noqa: PT017 - most octets are malformed, some are not
