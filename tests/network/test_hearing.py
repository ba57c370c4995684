from __future__ import annotations

import json
import re
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.network.hearing import Hearing, Match, bridged, halves, isolate, majorities_ring, one_way


def hears(who: Hearing, listener: str, speaker: str) -> bool:
    return speaker not in who.get(listener, frozenset())


def test_who_is_isolated_hears_only_those_beside_it() -> None:
    who = isolate(["a", "b"], ["a", "b", "c"])
    assert hears(who, "a", "b")
    assert not hears(who, "a", "c")
    assert not hears(who, "c", "a")


def test_halves_don_t_hear_each_other() -> None:
    assert halves(["a"], ["b", "c"]) == {"a": {"b", "c"}, "b": {"a"}, "c": {"a"}}


def test_one_way() -> None:
    who = one_way(["a"], ["a", "b"])
    assert not hears(who, "a", "b")
    assert hears(who, "b", "a")
    assert hears(who, "a", "a")


def test_a_bridge_is_heard_by_both_sides() -> None:
    who = bridged(["a", "x"], ["x"], ["b", "x"])
    assert hears(who, "a", "x")
    assert hears(who, "x", "b")
    assert not hears(who, "a", "b")


@given(st.integers(4, 30))
def test_in_a_ring_each_hears_a_majority_and_no_two_the_same(number: int) -> None:
    ends = [f"n{n}" for n in range(number)]
    who = majorities_ring(ends)
    heard = [frozenset(ends) - who[end] for end in ends]
    assert all(len(some) > number / 2 for some in heard)
    assert all(end in some for end, some in zip(ends, heard, strict=True))
    if number not in (4, 6):  # where a majority of those around is nearly all
        assert len(set(heard)) == number
    assert all(hears(who, a, b) == hears(who, b, a) for a in ends for b in ends)


@pytest.mark.parametrize(
    "protocol, port, message",
    [
        ("quic", None, "'quic' is no protocol that can be matched"),
        ("vrrp", 80, "vrrp has no ports"),
        ("tcp", 0, "0 is no port"),
        ("udp", 65_536, "65536 is no port"),
    ],
)
def test_what_can_t_be_matched(protocol: str, port: int | None, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Match(protocol, port)


@pytest.mark.parametrize("match", [Match(), Match("arp"), Match("tcp", 2380, frozenset({IPv4Address("10.0.0.1")}))])
def test_a_match_comes_back_from_json(match: Match) -> None:
    assert Match.from_json(json.loads(json.dumps(match.to_json()))) == match


def test_what_is_not_ipv4_has_no_ipv4_sources() -> None:
    with pytest.raises(ValueError, match="arp has no IPv4 sources"):
        Match("arp", sources=frozenset({IPv4Address("10.0.0.1")}))
