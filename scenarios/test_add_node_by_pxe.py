"""Node04 joins a running cluster from its power button on: it boots the network, is installed, and asks to be added.

The three that it joins come from a checkpoint; its own disk is blank. What is refused afterwards, and a join while the
leader is away, is in `test_add_node.py`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harness.capture.boot_chain import boot_chain
from harness.clients.load import Plan
from harness.clients.rehearsal import rehearsal
from harness.faults.members import AddMember, RemoveMember
from harness.stacks.protocol import Unavailable
from harness.stacks.reference.cluster import ReferenceCluster
from harness.units import seconds

if TYPE_CHECKING:
    from harness.virtual_lab import VirtualLab

pytestmark = pytest.mark.lab("add-node", start="cluster")

FOUNDERS = ("node01", "node02", "node03")
JOINING = "node04"
ALL = (*FOUNDERS, JOINING)
CONFIGURATION = "/etc/nixos/secrets/cluster-config.json"
FIRST_BOOT_STATE = "/var/lib/first-boot-automation"
OPERATIONAL_WITHIN = 60 * seconds
"""From booted to healthy, as documented."""
NEW_LEADER_WITHIN = 10 * seconds
ANSWER_WITHIN = 3 * seconds


@pytest.fixture(scope="module")
def cluster(lab: VirtualLab) -> ReferenceCluster:
    assert isinstance(lab.cluster, ReferenceCluster)
    return lab.cluster


@pytest.fixture(scope="module")
def joined(lab: VirtualLab, cluster: ReferenceCluster) -> ReferenceCluster:
    """Have node04 join while a client is busy through each founder."""
    assert cluster.members().names == FOUNDERS
    assert not lab.machines[JOINING].is_on()
    plan = Plan(rate=0.5, seed=lab.seed, name="node04-joins")
    with rehearsal(cluster, FOUNDERS, folder=lab.evidence / "clients", plan=plan, patience=lab.patience):
        lab.install(JOINING)
        cluster.wait_until_healthy(within=OPERATIONAL_WITHIN, among=ALL)
    return cluster


def test_it_came_all_the_way_from_the_network(lab: VirtualLab, joined: ReferenceCluster) -> None:
    del joined
    mac = lab.topology.machine(JOINING).nics[0].mac
    chain = boot_chain(lab.wire().events, mac, firmware=lab.firmware.value)
    assert chain, str(chain)


def test_it_was_told_to_join_and_has_joined_both_stores(lab: VirtualLab, joined: ReferenceCluster) -> None:
    del joined
    node = lab.machines[JOINING]
    told = json.loads(node.run(["cat", CONFIGURATION], within=ANSWER_WITHIN).text)
    assert told["bootstrap"] is False
    for store in ("chainfire", "flaredb"):
        node.run(["test", "-e", f"{FIRST_BOOT_STATE}/.{store}-joined"], within=ANSWER_WITHIN)
    assert lab.differences(JOINING) == []


def test_four_members_are_listed_by_each_of_them_in_both_stores(joined: ReferenceCluster) -> None:
    for store in (joined, joined.flaredb):
        assert {store.members(via=name).names for name in ALL} == {ALL}


def test_what_is_written_through_it_is_read_everywhere(joined: ReferenceCluster) -> None:
    joined.put("written-on-the-fourth", "hello", via=JOINING)
    assert {joined.get("written-on-the-fourth", via=name) for name in ALL} == {"hello"}
    assert joined.iam.verify(joined.iam.issue(via="node01"), via=JOINING).principal == "admin"


@pytest.mark.parametrize("raft_addr", ["10.0.200.13:2380", "node01:2380"])
def test_an_address_that_is_taken_is_refused(joined: ReferenceCluster, raft_addr: str) -> None:
    """As it is spelled: founders are known by name, who joins by address, and etcd looks up neither."""
    with pytest.raises(Unavailable, match="Peer URLs already exists"):
        joined.add_member(JOINING, raft_addr)
    assert joined.members().names == ALL


def test_three_of_four_are_a_quorum_and_two_are_none(lab: VirtualLab, joined: ReferenceCluster) -> None:
    with lab.faults.power_cut("node03"):
        joined.wait_for_leader(outside=["node03"], within=NEW_LEADER_WITHIN)
        joined.put("with-three", "of four")
        with lab.faults.isolate("node01"):
            for name in ("node02", JOINING):
                with pytest.raises(Unavailable):
                    joined.get("with-three", via=name, within=ANSWER_WITHIN)
    joined.wait_until_healthy(within=OPERATIONAL_WITHIN, among=ALL)
    assert {joined.get("with-three", via=name) for name in ALL} == {"of four"}


def test_it_is_replaced_although_the_boot_server_comes_late(lab: VirtualLab, joined: ReferenceCluster) -> None:
    with lab.faults.inject(RemoveMember((JOINING,))):
        joined.flaredb.remove(JOINING)
    lab.switch_off(JOINING)
    joined.wait_until_healthy(within=OPERATIONAL_WITHIN, among=FOUNDERS)
    with lab.faults.run("at 0s boot-server-down for 8s"), lab.faults.inject(AddMember((JOINING,))):
        joined.wait_until_healthy(within=OPERATIONAL_WITHIN, among=ALL)
    for store in (joined, joined.flaredb):
        assert {store.members(via=name).names for name in ALL} == {ALL}
