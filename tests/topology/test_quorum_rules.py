from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.topology.location import Location, render
from harness.topology.model import Topology
from harness.topology.quorum_rules import majority, quorum_findings


def found(topology: Topology) -> list[tuple[str, str]]:
    return [(render(topology, one.location), one.message) for one in quorum_findings(topology)]


def test_what_is_corrected_holds(photoncloud: Topology, three_sites: Topology, t036: Topology) -> None:
    assert [found(topology) for topology in (photoncloud, three_sites, t036)] == [[], [], []]


@given(st.integers(1, 1000))
def test_two_majorities_meet_and_one_machine_fewer_is_none(voters: int) -> None:
    assert 2 * majority(voters) > voters >= 2 * (majority(voters) - 1)


def test_a_fourth_voter(alter_photoncloud: Callable[..., Topology]) -> None:
    (one,) = quorum_findings(alter_photoncloud({("machines", 3, "voter"): True}))
    assert one.message == "'node04' makes 4 voters, which tolerate 1 failure"
    assert one.expected == "an odd number (3 tolerate as many), or 'even_voters: true' in the stack"
    assert one.location == ("machines", 3, "voter")


def test_an_even_number_that_is_meant(alter_photoncloud: Callable[..., Topology]) -> None:
    meant: dict[Location, object] = {("machines", 3, "voter"): True, ("stack", "even_voters"): True}
    assert found(alter_photoncloud(meant)) == []


def test_two_voters_tolerate_nothing(alter: Callable[..., Topology]) -> None:
    changes: dict[Location, object] = {("machines", 2, "voter"): False, ("stack", "bootstrap"): ["node01", "node02"]}
    assert found(alter(changes)) == [("machines[node02].voter", "'node02' makes 2 voters, which tolerate no failures")]


def test_a_machine_that_shall_form_the_cluster_needs_a_vote(alter: Callable[..., Topology]) -> None:
    message = "'node02' shall form the cluster, and has no vote"
    assert found(alter({("machines", 1, "voter"): False})) == [("stack.bootstrap[1]", message)]


@pytest.mark.parametrize(
    "sites,left", [("aab", 1), ("aaa", 0), ("aaabbcc", None), ("aabbc", None), ("aaabc", 2), ("aab" * 3, 3)]
)
def test_where_voters_may_stand(sites: str, left: int | None, three_sites: Topology) -> None:
    machines = [
        one.model_copy(update={"site": site, "voter": True})
        for one, site in zip(three_sites.machines, sites, strict=False)
    ]
    stack = three_sites.stack
    assert stack is not None
    names = tuple(one.name for one in machines)
    copy = {"machines": tuple(machines), "stack": stack.model_copy(update={"bootstrap": names})}
    message = f"the loss of site 'a' leaves {left} of {len(sites)} voters, too few for a quorum"
    assert found(three_sites.model_copy(update=copy)) == ([] if left is None else [("stack.survives", message)])


@pytest.mark.parametrize("address", ["192.168.100.13:2380", "192.168.100.12:2379"])
def test_an_address_of_raft_that_is_not_the_machines_own(address: str, alter: Callable[..., Topology]) -> None:
    assert found(alter({("machines", 1, "raft_addr"): address})) == [
        ("machines[node02].raft_addr", f"Raft of 'node02' at {address}, but the machine is 192.168.100.12")
    ]


def test_an_address_of_raft_that_is_right(alter: Callable[..., Topology]) -> None:
    assert found(alter({("machines", 1, "raft_addr"): "192.168.100.12:2380"})) == []


def test_members_that_are_not_there_are_for_others_to_find(alter: Callable[..., Topology]) -> None:
    assert found(alter({("stack", "bootstrap"): ["node01", "node09"]})) == []
    assert found(alter({("stack",): None})) == []
