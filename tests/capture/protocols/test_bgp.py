from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import bgp
from harness.capture.protocols.malformed import Malformed
from tests.capture.peer import bgp as peer
from tests.capture.peer import octets

BODY = 19


def body(message: object) -> bytes:
    return octets(peer.BGPHeader() / message)[BODY:]


@given(st.integers(0, 65535), st.integers(0, 65535), st.integers(0, 2**32 - 1))
def test_an_open_that_scapy_makes_is_read(my_as: int, hold_time: int, asn: int) -> None:
    parameters = [
        peer.BGPOptParam(param_value=peer.BGPCapMultiprotocol(afi=2, safi=1)),
        peer.BGPOptParam(param_value=peer.BGPCapFourBytesASN(asn=asn)),
    ]
    found = bgp.parse_open(
        body(peer.BGPOpen(my_as=my_as, hold_time=hold_time, bgp_id="10.0.0.9", opt_params=parameters))
    )
    assert (found.version, found.my_as, found.hold_time, found.bgp_id) == (4, my_as, hold_time, "10.0.0.9")
    assert found.capabilities == (
        bgp.Capability(bgp.MULTIPROTOCOL, "Multiprotocol Extensions for BGP-4", b"\0\2\0\1"),
        bgp.Capability(bgp.FOUR_OCTET_AS, "Support for 4-octet AS number capability", asn.to_bytes(4)),
    )


FIXED = b"\x04\xfd\xe9\0\x09\x0a\0\0\x09"


def test_several_capabilities_in_one_parameter_are_read() -> None:
    parameter = b"\x02\x0a" + b"\x02\0" + b"\x40\x02\x80\x78" + b"\x49\x02ab"
    names = [one.name for one in bgp.parse_open(FIXED + bytes((len(parameter),)) + parameter).capabilities]
    assert names == ["Route Refresh Capability for BGP-4", "Graceful Restart Capability", "FQDN"]


def test_parameters_may_have_lengths_of_two_octets() -> None:
    parameter = b"\x02\0\x02\x02\0"
    extended = FIXED + b"\xff\xff" + len(parameter).to_bytes(2) + parameter + bytes(4)
    assert [one.code for one in bgp.parse_open(extended).capabilities] == [2]


@pytest.mark.parametrize(
    "data, error, detail, message",
    [
        (b"\x04\x00", "Hold Timer Expired", "", ""),
        (b"\x06\x02\x04gone", "Cease", "Administrative Shutdown", "gone"),
        (b"\x06\x0a", "Cease", "BFD Down", ""),
        (b"\x02\x02ab", "OPEN Message Error", "Bad Peer AS", ""),
        (b"\x63\x09", "code 99", "", ""),
    ],
)
def test_why_a_session_ends_is_said_in_words(data: bytes, error: str, detail: str, message: str) -> None:
    found = bgp.parse_notification(data)
    assert (found.error, found.detail, found.message) == (error, detail, message)


def test_route_refreshes_are_read() -> None:
    assert bgp.parse_route_refresh(b"\0\x19\x01\x46") == bgp.RouteRefresh(25, 70, 1)


@pytest.mark.parametrize(
    "afi, safi, name",
    [(1, 1, "ipv4/unicast"), (25, 70, "l2vpn/evpn"), (16388, 250, "BGP-LS/250"), (9999, 250, "9999/250")],
)
def test_families_have_names(afi: int, safi: int, name: str) -> None:
    assert bgp.family(afi, safi) == name


def test_a_message_says_how_long_it_is() -> None:
    keepalive = octets(peer.BGPKeepAlive())
    assert bgp.message_length(keepalive) == 19
    assert bgp.message_length(keepalive[:18]) is None
    assert bgp.message_length(b"") is None
    for wrong in (b"GET / HTTP/1.1\r\n", keepalive[:17] + b"\x12\x04", keepalive[:18] + b"\x09"):
        with pytest.raises(Malformed, match="BGP"):
            bgp.message_length(wrong)


@given(st.binary(max_size=80))
def test_any_octets_are_read_or_malformed(data: bytes) -> None:
    for kind, parse in (
        (bgp.OPEN, bgp.parse_open),
        (bgp.NOTIFICATION, bgp.parse_notification),
        (bgp.ROUTE_REFRESH, bgp.parse_route_refresh),
    ):
        if len(data) >= bgp.SHORTEST[kind]:
            try:
                parse(data)
            except Malformed as problem:
                assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
