"""Node04 joins a running cluster of three as the deployment flow has it: bootstrap false, added, started, a member.

The scenarios follow one another, as an operator would: it joins, it is refused where it must be, and it is replaced.

They are for namespace machines: these ask to be added while they are installed, so that a refusal comes back from
there, and the leader is lost in that very moment. A virtual machine asks by itself, minutes after its power button was
pressed, when its disk is gone already: `test_add_node_by_pxe.py` has it join, and be replaced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.clients.load import Plan
from harness.clients.rehearsal import rehearsal
from harness.faults.power import PowerCut
from harness.faults.schedule import Schedule, Step
from harness.sandbox.waiting import wait_until
from harness.stacks.protocol import Unavailable
from harness.stacks.reference.cluster import ReferenceCluster
from harness.units import seconds

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from harness.clients.load import Load
    from harness.namespace_lab import NamespaceLab

pytestmark = pytest.mark.lab("add-node", machines="namespace", start="cluster")

FOUNDERS = ("node01", "node02", "node03")
JOINING = "node04"
ALL = (*FOUNDERS, JOINING)
HEALTHY_WITHIN = 30 * seconds


@pytest.fixture(scope="module")
def cluster(lab: NamespaceLab) -> ReferenceCluster:
    assert isinstance(lab.cluster, ReferenceCluster)
    return lab.cluster


@pytest.fixture(scope="module")
def joined(lab: NamespaceLab, cluster: ReferenceCluster) -> ReferenceCluster:
    """Have node04 join, under load."""
    with under_load(lab, "node04-joins"):
        lab.install(JOINING)
        lab.switch_on(JOINING)
        cluster.wait_until_healthy(within=HEALTHY_WITHIN, among=ALL)
    return cluster


def under_load(lab: NamespaceLab, name: str) -> AbstractContextManager[Load]:
    """Keep a client busy through each founder."""
    plan = Plan(rate=3, seed=lab.seed, name=name)
    return rehearsal(lab.cluster, FOUNDERS, folder=lab.evidence / "clients", plan=plan)


def refused_as_taken(cluster: ReferenceCluster, raft_addr: str) -> None:
    """See an address refused because it is taken; before that etcd may refuse any, soon after a member's return."""

    def why() -> str:
        with pytest.raises(Unavailable) as refused:
            cluster.add_member(JOINING, raft_addr)
        return str(refused.value)

    last = [""]

    def taken() -> bool:
        last[0] = why()
        return "Peer URLs already exists" in last[0]

    wait_until("the address to be refused as taken", taken, within=20 * seconds, show=lambda: last[0])


def test_four_members_are_listed_by_each_of_them_in_both_stores(joined: ReferenceCluster) -> None:
    for store in (joined, joined.flaredb):
        assert {store.members(via=name).names for name in ALL} == {ALL}


def test_what_was_written_before_and_is_written_after_is_read_there(joined: ReferenceCluster) -> None:
    joined.put("written-on-the-fourth", "hello", via=JOINING)
    assert {joined.get("written-on-the-fourth", via=name) for name in ALL} == {"hello"}
    assert joined.iam.verify(joined.iam.issue(via="node01"), via=JOINING).principal == "admin"


def test_three_of_four_are_a_quorum_and_two_are_none(lab: NamespaceLab, joined: ReferenceCluster) -> None:
    with lab.faults.power_cut("node03"):
        joined.wait_for_leader(outside=["node03"], within=10 * seconds)
        joined.put("with-three", "of four")
        with lab.faults.isolate("node01"):
            with pytest.raises(Unavailable):
                joined.get("with-three", via="node02", within=3 * seconds)
            with pytest.raises(Unavailable):
                joined.get("with-three", via=JOINING, within=3 * seconds)
    joined.wait_until_healthy(within=HEALTHY_WITHIN, among=ALL)
    assert {joined.get("with-three", via=name) for name in ALL} == {"of four"}


def test_who_is_a_member_is_not_added_twice(lab: NamespaceLab, joined: ReferenceCluster) -> None:
    with pytest.raises(ExceptionGroup) as refused:
        lab.install(JOINING)
    assert refused.group_contains(Unavailable, match=f"is a member of chainfire that has run before as {JOINING}")
    refused_as_taken(joined, "10.0.200.13:2380")
    assert joined.members().names == ALL


def test_a_taken_address_is_refused(joined: ReferenceCluster) -> None:
    refused_as_taken(joined, "10.0.200.10:2380")
    assert joined.members().names == ALL


def test_it_is_removed_and_joins_anew_while_the_leader_is_away(lab: NamespaceLab, joined: ReferenceCluster) -> None:
    lab.switch_off(JOINING)
    for store in (joined, joined.flaredb):
        store.wait_for_leader(outside=[JOINING], within=10 * seconds)
        store.remove(JOINING)
        assert store.members().names == FOUNDERS
    joined.wait_until_healthy(within=HEALTHY_WITHIN, among=FOUNDERS)
    away = Schedule((Step(0 * seconds, PowerCut((joined.leader().name,)), 4 * seconds),))
    with under_load(lab, "node04-joins-without-a-leader"):
        with lab.faults.run(away):
            lab.install(JOINING)
            lab.switch_on(JOINING)
        joined.wait_until_healthy(within=HEALTHY_WITHIN, among=ALL)
    for store in (joined, joined.flaredb):
        assert {store.members(via=name).names for name in ALL} == {ALL}
