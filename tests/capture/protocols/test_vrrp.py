from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import vrrp
from harness.capture.protocols.malformed import Malformed
from tests.capture.peer import IP, VRRP, IPv6, VRRPv3, octets

octet = st.integers(0, 255)
v4 = st.lists(st.integers(0, 2**32 - 1).map(lambda number: str(IPv4Address(number))), max_size=5)
v6 = st.lists(st.integers(0, 2**128 - 1).map(lambda number: str(IPv6Address(number))), max_size=5)


@given(octet, octet, octet, v4)
def test_version_2_that_scapy_makes_is_read(vrid: int, priority: int, seconds: int, addresses: list[str]) -> None:
    data = octets(VRRP(vrid=vrid, priority=priority, adv=seconds, authtype=1, addrlist=addresses))
    assert vrrp.parse(data) == vrrp.Vrrp(2, vrid, priority, seconds * 1000, 1, tuple(addresses))


@given(octet, octet, st.integers(0, 4095), v4, v6)
def test_version_3_that_scapy_makes_is_read(
    vrid: int, priority: int, centiseconds: int, four: list[str], six: list[str]
) -> None:
    fields = {"vrid": vrid, "priority": priority, "adv": centiseconds}
    data = octets(IP() / VRRPv3(**fields, addrlist=four))[20:]
    assert vrrp.parse(data) == vrrp.Vrrp(3, vrid, priority, centiseconds * 10, 0, tuple(four))
    data = octets(IPv6() / VRRPv3(**fields, addrlist=six))[40:]
    assert vrrp.parse(data, width=16) == vrrp.Vrrp(3, vrid, priority, centiseconds * 10, 0, tuple(six))


@pytest.mark.parametrize(
    "data, reason",
    [
        (bytes(7), "7 bytes are no VRRP header of 8"),
        (b"\x41" + bytes(7), "VRRP version 4, type 1, not an advertisement of version 2 or 3"),
        (b"\x22" + bytes(7), "VRRP version 2, type 2"),
        (b"\x31\0\0\2" + bytes(8), "a VRRP advertisement of 2 addresses in 12 bytes"),
    ],
)
def test_what_is_no_advertisement_is_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        vrrp.parse(data)


@given(st.binary(max_size=60), st.sampled_from([b"", b"\x21", b"\x31"]), st.sampled_from([4, 16]))
def test_any_octets_are_read_or_malformed(tail: bytes, head: bytes, width: int) -> None:
    try:
        vrrp.parse(head + tail, width=width)
    except Malformed as problem:
        assert "VRRP" in str(problem)  # noqa: PT017 - most octets are malformed, some are not
