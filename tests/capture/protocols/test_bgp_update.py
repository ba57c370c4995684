from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import bgp_update
from harness.capture.protocols.bgp_update import Update
from harness.capture.protocols.malformed import Malformed
from tests.capture.peer import bgp as peer
from tests.capture.peer import octets

BODY = 19


def network(number: int, bits: int) -> str:
    return str(IPv4Network((number, bits), strict=False))


routes = st.lists(st.builds(network, st.integers(0, 2**32 - 1), st.integers(1, 32)), max_size=5)


def attribute(code: int, value: bytes, flags: int = 0x40) -> bytes:
    length = len(value).to_bytes(2 if flags & 0x10 else 1)
    return bytes((flags, code)) + length + value


def update(attributes: bytes = b"", *, withdrawn: bytes = b"", nlri: bytes = b"") -> bytes:
    return len(withdrawn).to_bytes(2) + withdrawn + len(attributes).to_bytes(2) + attributes + nlri


@given(routes, routes)
def test_routes_that_scapy_announces_and_withdraws_are_read(announced: list[str], withdrawn: list[str]) -> None:
    made = peer.BGPUpdate(
        withdrawn_routes=[peer.BGPNLRI_IPv4(prefix=route) for route in withdrawn],
        path_attr=[peer.BGPPathAttr(type_flags=0x40, type_code=1, attribute=peer.BGPPAOrigin(origin=2))],
        nlri=[peer.BGPNLRI_IPv4(prefix=route) for route in announced],
    )
    found = bgp_update.parse(octets(peer.BGPHeader() / made)[BODY:])
    assert (found.announced, found.withdrawn, found.origin) == (tuple(announced), tuple(withdrawn), "INCOMPLETE")
    assert found.end_of_rib is None


def test_more_routes_than_scapy_reads_are_read() -> None:
    many = b"".join(bytes((24, 10, place // 256, place % 256)) for place in range(900))
    assert len(bgp_update.parse(update(withdrawn=many)).withdrawn) == 900


def test_attributes_are_read() -> None:
    attributes = attribute(2, b"\x02\x01\0\0\xfd\xe9") + attribute(3, bytes((10, 0, 0, 9)))
    attributes += attribute(4, (50).to_bytes(4)) + attribute(5, (200).to_bytes(4))
    attributes += attribute(8, b"\xfd\xe9\0\x4d\xff\xff\xff\x01", 0xD0)
    found = bgp_update.parse(update(attributes, nlri=b"\x08\x0a"))
    assert found == Update(
        announced=("10.0.0.0/8",),
        families=((1, 1),),
        as_path="65001",
        next_hop="10.0.0.9",
        med=50,
        local_pref=200,
        communities=("65001:77", "65535:65281"),
    )


@pytest.mark.parametrize(
    "data, path",
    [
        (b"", ""),
        (b"\x02\x02\0\0\xfd\xe9\xfa\x56\xea\x01", "65001 4200000001"),
        (b"\x02\x02\xfd\xe9\x5b\xa0", "65001 23456"),
        (b"\x02\x01\0\0\0\x01\x01\x02\0\0\0\x02\0\0\0\x03", "1 {2 3}"),
    ],
)
def test_paths_of_either_width_are_written_as_people_write_them(data: bytes, path: str) -> None:
    assert bgp_update.as_path(data) == path


@pytest.mark.parametrize("data", [b"\x02", b"\x02\x02\xfd\xe9\x5b", b"\x09\x01\0\0\0\x01"])
def test_a_path_that_is_no_segments_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed, match="an AS path of"):
        bgp_update.as_path(data)


def test_other_families_are_announced_and_withdrawn_by_attributes() -> None:
    six = IPv6Network("fd50::/48")
    route = bytes((48,)) + six.network_address.packed[:6]
    hop = bytes.fromhex("fd09" + "00" * 13 + "01")
    reach = b"\0\x02\x01" + bytes((32,)) + hop + bytes(16) + b"\0" + route
    found = bgp_update.parse(update(attribute(14, reach, 0x90)))
    assert (found.announced, found.families, found.next_hop) == (("fd50::/48",), ((2, 1),), "fd09::1")
    found = bgp_update.parse(update(attribute(15, b"\0\x02\x01" + route, 0x80)))
    assert (found.withdrawn, found.families, found.end_of_rib) == (("fd50::/48",), ((2, 1),), None)
    found = bgp_update.parse(update(attribute(15, b"\0\x01\x80\x01\x02", 0x80)))
    assert found.withdrawn == ("0102",)


def test_the_end_of_the_routes_of_a_family_is_told() -> None:
    assert bgp_update.parse(update()).end_of_rib == (1, 1)
    assert bgp_update.parse(update(attribute(15, b"\0\x02\x01", 0x80))).end_of_rib == (2, 1)


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"\0\x05\0\0", "a part of a BGP UPDATE that ends at byte 7 of 4"),
        (update(b"\x40\x01"), "a BGP path attribute is cut after 2 bytes"),
        (update(b"\x40\x01\x05\0"), "BGP path attribute 1 ends at byte 8 of 4"),
        (update(nlri=b"\x21\x0a\0\0\0\0"), "a BGP route of 33 bits in the 5 bytes that are left"),
        (update(nlri=b"\x20\x0a"), "a BGP route of 32 bits in the 1 bytes that are left"),
        (update(attribute(14, b"\0\x02\x01\x10")), "a BGP attribute for another family of 4 bytes"),
        (update(attribute(14, b"\0\x02\x01\x10ab")), "a BGP next hop of 16 bytes in an attribute of 6"),
    ],
)
def test_lists_that_do_not_fit_are_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        bgp_update.parse(data)


@given(st.binary(max_size=80), st.sampled_from([1, 2, 3, 4, 5, 8, 14, 15]), st.binary(max_size=60))
def test_any_octets_are_read_or_malformed(data: bytes, code: int, value: bytes) -> None:
    for body in (data.ljust(4, b"\0"), update(attribute(code, value))):
        try:
            bgp_update.parse(body)
        except Malformed as problem:
            assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
