from __future__ import annotations

import pytest

from harness.incident.machines.service_names import Names, server_port
from tests.incident.records import Journal


@pytest.mark.parametrize(
    "unit,port,wanted",
    [
        ("chainfire.service", 2380, "chainfire"),
        ("etcd.service", 2379, "etcd"),
        ("redis-server.service", 6379, "redis-server"),
        ("redis-sentinel@b.service", 26379, "redis-sentinel@b"),
        ("corosync.service", 5405, "corosync"),
        ("ssh.service", 2380, ""),
    ],
)
def test_a_port_is_that_of_a_unit_of_the_machine(unit: str, port: int, wanted: str) -> None:
    assert Names(Journal("node01").says(1, "hello", by="x", unit=unit).lines).of(port) == wanted


def test_without_a_journal_a_port_has_its_usual_service() -> None:
    assert (Names([]).of(7946), Names([]).of(5405), Names([]).of(12345)) == ("serf", "corosync", "")


def test_without_a_journal_of_its_own_a_machine_has_what_others_have() -> None:
    others = Journal("node02").says(1, "hello", by="etcd", unit="etcd.service").lines
    assert Names([], others).of(2380) == "etcd"


def test_an_unusual_port_is_that_of_the_unit_that_speaks_of_it() -> None:
    journal = Journal("node01").says(1, "listening on 10.0.0.1:7777", by="shop", unit="shop.service")
    assert Names(journal.says(2, "hello", by="other", unit="other.service").lines).of(7777) == "shop"


@pytest.mark.parametrize(
    "ports,wanted", [((40000, 2380), 2380), ((2380, 40000), 2380), ((40000, 50000), 0), ((0, 0), 0)]
)
def test_the_servers_port_is_the_lower_one(ports: tuple[int, int], wanted: int) -> None:
    assert server_port(*ports) == wanted
