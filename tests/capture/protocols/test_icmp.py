from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import icmp
from harness.capture.protocols.icmp import Quoted
from harness.capture.protocols.malformed import Malformed
from tests.capture.build import CLIENT, CLIENT6, SERVER, SERVER6
from tests.capture.peer import ICMP, IP, TCP, UDP, ICMPv6EchoRequest, ICMPv6PacketTooBig, IPv6, octets

LOST = IP(src=CLIENT, dst=SERVER, len=1500) / UDP(sport=40000, dport=4789)


@given(st.integers(0, 65535), st.integers(0, 65535), st.binary(max_size=20), st.sampled_from([0, 8]))
def test_echoes_that_scapy_makes_are_read(identifier: int, sequence: int, data: bytes, kind: int) -> None:
    message = octets(ICMP(type=kind, id=identifier, seq=sequence) / data)
    found = icmp.parse(message, 0, len(message))
    assert (found.meaning, found.identifier, found.sequence, found.length) == (kind, identifier, sequence, len(data))


@pytest.mark.parametrize("said, mtu", [(1400, 1400), (0, None)])
def test_a_packet_that_is_too_big_is_told_with_the_mtu_and_its_parties(said: int, mtu: int | None) -> None:
    message = octets(ICMP(type=3, code=4, nexthopmtu=said) / octets(LOST))
    found = icmp.parse(message, 0, len(message))
    assert (found.too_big, found.mtu, found.reason) == (True, mtu, "fragmentation needed and DF set")
    assert found.quoted == Quoted(17, CLIENT, SERVER, 40000, 4789, 1500)


@pytest.mark.parametrize(
    "kind, code, reason",
    [
        (3, 1, "host unreachable"),
        (3, 3, "port unreachable"),
        (3, 99, "code 99"),
        (11, 0, "time to live exceeded in transit"),
        (11, 1, "fragment reassembly time exceeded"),
    ],
)
def test_why_a_packet_did_not_get_through_is_said_in_words(kind: int, code: int, reason: str) -> None:
    message = octets(ICMP(type=kind, code=code) / octets(LOST))
    found = icmp.parse(message, 0, len(message))
    assert (found.meaning, found.reason, found.too_big, found.mtu) == (kind, reason, False, None)


def test_a_redirect_names_the_gateway() -> None:
    message = octets(ICMP(type=5, code=1, gw="10.0.0.9") / octets(LOST))
    assert icmp.parse(message, 0, len(message)).gateway == "10.0.0.9"


def test_icmpv6_is_told_by_the_same_meanings() -> None:
    lost = IPv6(src=CLIENT6, dst=SERVER6, plen=1460) / TCP(sport=5, dport=2380)
    message = octets(ICMPv6PacketTooBig(mtu=1280) / octets(lost))
    found = icmp.parse(message, 0, len(message), version=6)
    assert (found.meaning, found.too_big, found.mtu) == (icmp.UNREACHABLE, True, 1280)
    assert found.quoted == Quoted(6, CLIENT6, SERVER6, 5, 2380, 1500)
    echo = octets(ICMPv6EchoRequest(id=3, seq=4, data=b"abc"))
    found = icmp.parse(echo, 0, len(echo), version=6)
    assert (found.meaning, found.identifier, found.sequence, found.length) == (icmp.ECHO_REQUEST, 3, 4, 3)
    assert icmp.parse(b"\x01\x04" + bytes(6), 0, 8, version=6).reason == "port unreachable"
    assert icmp.parse(b"\x87\x00" + bytes(6), 0, 8, version=6).meaning is None


def test_what_was_quoted_in_part_is_told_in_part() -> None:
    message = octets(ICMP(type=3, code=1) / octets(LOST)[:22])
    assert icmp.parse(message, 0, len(message)).quoted == Quoted(17, CLIENT, SERVER, None, None, 1500)
    assert icmp.parse(message[:20], 0, 20).quoted is None


def test_a_header_that_is_cut_is_malformed() -> None:
    with pytest.raises(Malformed, match="7 bytes are no ICMP header of 8"):
        icmp.parse(bytes(7), 0, 7)


@given(
    st.binary(max_size=80), st.sampled_from([0, 1, 2, 3, 5, 8, 11, 128]), st.sampled_from([4, 6]), st.integers(0, 90)
)
def test_any_octets_are_read_or_malformed(tail: bytes, kind: int, version: int, end: int) -> None:
    try:
        icmp.parse(bytes((kind,)) + tail, 0, end, version=version)
    except Malformed as problem:
        assert "ICMP" in str(problem)  # noqa: PT017 - most octets are malformed, some are not
