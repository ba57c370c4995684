from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.topology.location import Location, render
from harness.topology.model import Topology
from harness.topology.stack_rules import stack_findings

RAFT: Location = ("stack", "raft")


def found(topology: Topology) -> list[tuple[str, str, str]]:
    return [(render(topology, one.location), one.message, one.expected) for one in stack_findings(topology)]


def test_t036_is_right(t036: Topology) -> None:
    assert found(t036) == []


def test_without_a_stack_there_is_nothing_to_be_wrong_with_it(alter: Callable[..., Topology]) -> None:
    assert found(alter({("stack",): None})) == []


def test_machines_and_the_boot_server_share_their_names(alter: Callable[..., Topology]) -> None:
    changes: dict[Location, object] = {("machines", 1, "name"): "pxe", ("stack", "bootstrap"): ["node01"]}
    assert found(alter(changes)) == [("machines[pxe].name", "duplicate machine name pxe", "each machine name once")]


def test_a_member_that_is_no_machine(alter: Callable[..., Topology]) -> None:
    assert found(alter({("stack", "bootstrap", 1): "pxe"})) == [
        ("stack.bootstrap[1]", "no machine is called 'pxe'", "node01, node02 or node03")
    ]


def test_a_member_that_is_named_twice(alter: Callable[..., Topology]) -> None:
    assert found(alter({("stack", "bootstrap", 2): "node01"})) == [
        ("stack.bootstrap[2]", "duplicate machine node01", "each machine once")
    ]


def test_a_member_outside_the_network_of_the_stack(alter: Callable[..., Topology]) -> None:
    vlans = [{"name": "cluster", "subnet": "192.168.100.0/24"}, {"name": "storage", "subnet": "10.0.0.0/24"}]
    topology = alter({("vlans",): vlans, ("machines", 1, "nics", 0, "vlan"): "storage"})
    message = "'node02' has no network card in VLAN 'cluster' of the stack"
    assert found(topology) == [("stack.bootstrap[1]", message, "a machine with one")]


def test_an_unknown_network_of_the_stack_is_not_held_against_its_members(alter: Callable[..., Topology]) -> None:
    assert found(alter({("stack", "vlan"): "nowhere"})) == []


@pytest.mark.parametrize(
    "heartbeat,election", [("100 ms", "500 ms"), ("50 ms", "1 s"), ("10 s", "50 s"), ("1 ms", "5 ms")]
)
def test_timers_that_etcd_takes(heartbeat: str, election: str, alter: Callable[..., Topology]) -> None:
    assert found(alter({(*RAFT, "heartbeat"): heartbeat, (*RAFT, "election_timeout"): election})) == []


@pytest.mark.parametrize(
    "heartbeat,election,location",
    [
        ("100 ms", "499 ms", "stack.raft.election_timeout"),
        ("1 s", "1 s", "stack.raft.election_timeout"),
        ("1 s", "50.001 s", "stack.raft.election_timeout"),
        ("0 ms", "1 s", "stack.raft.heartbeat"),
        ("0.5 ms", "1 s", "stack.raft.heartbeat"),
        ("1.5 ms", "1 s", "stack.raft.heartbeat"),
        ("100 ms", "1000.5 ms", "stack.raft.election_timeout"),
    ],
)
def test_timers_that_etcd_refuses(heartbeat: str, election: str, location: str, alter: Callable[..., Topology]) -> None:
    topology = alter({(*RAFT, "heartbeat"): heartbeat, (*RAFT, "election_timeout"): election})
    assert [place for place, _, _ in found(topology)] == [location]
