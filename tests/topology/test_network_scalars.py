from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.topology.network_scalars import (
    PortRange,
    Range,
    Socket,
    format_rate,
    parse_chance,
    parse_ports,
    parse_range,
    parse_rate,
    parse_socket,
)

JUNK: list[object] = [None, True, 1.5, [], {}, "", " ", "?", "x" * 100, "1", "-", "10.0.0.1-", "10.0.0.300"]
addresses = st.integers(0, 2**32 - 1).map(IPv4Address)


@pytest.mark.parametrize(
    "text,rate",
    [("10 Gbps", 10**10), ("2.5 Gbps", 2_500_000_000), ("1bps", 1), ("64 kbps", 64_000), ("1 Tbps", 10**12)],
)
def test_rates(text: str, rate: int) -> None:
    assert parse_rate(text) == rate


@given(st.integers(0, 10**15))
def test_a_rate_is_read_back_from_its_text(rate: int) -> None:
    assert parse_rate(format_rate(rate)) == rate


@pytest.mark.parametrize("value,chance", [("0.1 %", 0.001), ("100%", 1.0), (0, 0.0), (0.25, 0.25), ("0 %", 0.0)])
def test_chances(value: object, chance: float) -> None:
    assert parse_chance(value) == chance


@pytest.mark.parametrize("text", ["10.0.0.1", "10.0.0.1-10.0.0.9"])
def test_a_range_is_written_as_it_was(text: str) -> None:
    assert str(parse_range(text)) == text


@given(addresses, addresses, addresses)
def test_a_range_has_what_lies_between_its_ends(one: IPv4Address, two: IPv4Address, other: IPv4Address) -> None:
    between = Range(min(one, two), max(one, two))
    assert one in between
    assert two in between
    assert (other in between) == (sorted([one, two, other])[1] == other)
    assert between.overlaps(Range(other, other)) == (other in between)
    assert parse_range(str(between)) == between


def test_a_range_with_spaces_and_one_that_ends_before_it_starts() -> None:
    assert parse_range("10.0.0.1 - 10.0.0.2") == Range(IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2"))
    with pytest.raises(ValueError, match="ends before it starts"):
        parse_range("10.0.0.2-10.0.0.1")


@pytest.mark.parametrize("text,ports", [("tcp/8080", ("tcp", 8080, 8080)), ("udp/5404-5412", ("udp", 5404, 5412))])
def test_ports(text: str, ports: tuple[str, int, int]) -> None:
    assert parse_ports(text) == PortRange(*ports)
    assert str(PortRange(*ports)) == text


@pytest.mark.parametrize("text", ["tcp/0", "tcp/65536", "udp/9-8", "icmp/1", "tcp/", "8080", "tcp/1-99999"])
def test_what_are_no_ports(text: str) -> None:
    with pytest.raises(ValueError, match="names no ports"):
        parse_ports(text)


def test_a_socket() -> None:
    assert parse_socket("10.0.0.1:2380") == Socket(IPv4Address("10.0.0.1"), 2380)
    assert str(parse_socket("10.0.0.1:2380")) == "10.0.0.1:2380"


@pytest.mark.parametrize("text", ["10.0.0.1:0", "10.0.0.1:65536", "10.0.0.1", ":1", "host:1", "10.0.0.1:"])
def test_what_is_no_socket(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        parse_socket(text)


@pytest.mark.parametrize("value", JUNK, ids=str)
@pytest.mark.parametrize("parse", [parse_rate, parse_range, parse_ports, parse_socket])
def test_junk_is_refused_in_words(parse: Callable[[object], object], value: object) -> None:
    with pytest.raises(ValueError, match=r"is no|names no"):
        parse(value)


@pytest.mark.parametrize("value", [None, True, "", "1", "%", "1000 %", [], "-1 %"], ids=str)
def test_what_is_no_chance(value: object) -> None:
    with pytest.raises(ValueError, match="is no chance"):
        parse_chance(value)
