from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import evpn
from harness.capture.protocols.malformed import Malformed

BY_ADDRESS = b"\0\x01\x0a\x09\x02\x01\0\x02"
MAC = bytes.fromhex("0a0000003001")


def route(kind: int, value: bytes, distinguisher: bytes = BY_ADDRESS) -> bytes:
    body = distinguisher + value
    return bytes((kind, len(body))) + body


@pytest.mark.parametrize(
    "data, shown",
    [
        (route(3, bytes(4) + b"\x20\x0a\x09\x02\x01"), "10.9.2.1:2 [3]:[0]:[32]:[10.9.2.1]"),
        (route(2, bytes(14) + b"\x30" + MAC + b"\0" + bytes(3)), "10.9.2.1:2 [2]:[0]:[48]:[0a:00:00:00:30:01]"),
        (
            route(2, bytes(14) + b"\x30" + MAC + b"\x20\x0a\x64\0\x0a" + bytes(3)),
            "10.9.2.1:2 [2]:[0]:[48]:[0a:00:00:00:30:01]:[32]:[10.100.0.10]",
        ),
        (route(5, b"\x01\x02", b"\0\0\xfd\xe9\0\0\0\x07"), "65001:7 [5]:[0102]"),
        (route(1, b"", b"\0\x02\0\x01\0\0\0\x07"), "65536:7 [1]:[]"),
    ],
)
def test_routes_are_written_as_routers_write_them(data: bytes, shown: str) -> None:
    assert list(evpn.routes(data + data)) == [shown, shown]


@given(st.binary(max_size=80), st.sampled_from([2, 3]))
def test_any_octets_are_read_or_malformed(value: bytes, kind: int) -> None:
    for data in (value, route(kind, value)):
        try:
            list(evpn.routes(data))
        except Malformed as problem:
            assert "EVPN" in str(problem)  # noqa: PT017 - most octets are malformed, some are not
