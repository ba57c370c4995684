from __future__ import annotations

import pytest

from harness.incident.inventory.identities import Identities, Kind, Mark, name_of
from harness.incident.inventory.linking import link, others_in

ONE, TWO, THREE = "10.0.0.1", "10.0.0.2", "10.0.0.3"


def named(
    *hosts: str,
    servers: tuple[str, ...] = (ONE, TWO, THREE),
    cables: dict[str, set[str]] | None = None,
    mentioned: dict[str, set[str]] | None = None,
) -> dict[str, str]:
    known = Identities()
    for host in hosts:
        known.know(Kind.HOST, host)
    for server in servers:
        known.know(Kind.ADDRESS, server)
    link(known, hosts, servers, cables or {}, mentioned or {})
    return {server: name_of(known.marks(Mark(Kind.ADDRESS, server))) for server in servers}


@pytest.mark.parametrize("file", ["db1/eth0.pcap", "captures/db1.pcap", "db1-any.pcap", "DB1_any.pcap"])
def test_a_capture_that_is_named_after_a_host_is_its_own(file: str) -> None:
    assert named("db1", "db2", cables={file: {ONE}})[ONE] == "db1"


def test_a_capture_between_two_or_of_a_longer_name_tells_nothing() -> None:
    assert named("db1", "db2", cables={"db1.pcap": {ONE, TWO}, "db12.pcap": {THREE}})[THREE] == "node-10-0-0-3"


def test_who_names_all_others_is_the_one_that_is_left() -> None:
    told = {"db1": {TWO, THREE}, "db2": {ONE, THREE}, "db3": {ONE, TWO, "10.0.0.9"}}
    assert named("db1", "db2", "db3", mentioned=told) == {ONE: "db1", TWO: "db2", THREE: "db3"}


def test_the_last_host_has_the_last_address() -> None:
    assert named("db1", servers=(ONE,)) == {ONE: "db1"}


def test_as_many_hosts_as_addresses_are_guessed_by_their_order() -> None:
    assert named("db2", "db1", servers=("10.0.0.10", ONE)) == {ONE: "db1", "10.0.0.10": "db2"}


def test_what_can_not_be_told_is_left_open() -> None:
    assert named("db1", servers=(ONE, TWO)) == {ONE: "node-10-0-0-1", TWO: "node-10-0-0-2"}


@pytest.mark.parametrize(
    "message",
    [
        "dial tcp 10.0.0.2:2380: connect: connection refused",
        "read tcp 10.0.0.1:37198->10.0.0.2:2480: i/o timeout",
        "* Connecting to MASTER 10.0.0.2:6379",
        "+sentinel sentinel 0f2a 10.0.0.2 26379 @ mymaster 10.0.0.1 6379",
        "Accepted publickey for root from 10.0.0.2 port 51234 ssh2",
    ],
)
def test_addresses_of_others_in_a_line(message: str) -> None:
    assert others_in(message) == ["10.0.0.2"]
