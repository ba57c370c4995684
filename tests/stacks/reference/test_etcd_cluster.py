"""What the adapter makes of prepared answers; how it fares with a real etcd is in `test_cluster` and `test_trouble`."""

from __future__ import annotations

import json
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.sandbox.waiting import NotSeen, Patience
from harness.stacks.protocol import MaybeHappened, Revision, Unavailable
from harness.stacks.reference.etcd_cluster import EtcdCluster
from harness.topology.loader import load
from harness.units import milliseconds, seconds
from tests.stacks.reference.node.canned import NOTHING, Canned, reply, serving

T036 = load(Path(__file__).parents[3] / "scenarios/topologies/t036.yaml")
NAMES = {1: "node01", 2: "node02", 3: "node03"}


def cluster_of(server: Canned) -> EtcdCluster:
    """Node02 is the server; nobody is where the others should be."""
    addresses = {"node01": "127.0.0.2", "node02": "127.0.0.1", "node03": "127.0.0.3"}
    machines = {name: (T036.machine(name), IPv4Address(address)) for name, address in addresses.items()}
    return EtcdCluster("chainfire", machines, server.port, server.endpoint.trust)


def ok(**fields: object) -> bytes:
    return reply(200, json.dumps({"header": {"revision": "7", "raft_term": "2", "member_id": "2"}, **fields}).encode())


LISTED = ok(members=[{"ID": str(number), "name": name, "peerURLs": []} for number, name in NAMES.items()])
LED_BY_THREE = ok(leader="3", raftTerm="2")
LED_BY_TWO = ok(leader="2", raftTerm="2")
LEADERLESS = ok(raftTerm="5")


def test_members_come_with_the_leader_that_is_known(tmp_path: Path) -> None:
    with serving(tmp_path, LISTED, LED_BY_THREE) as server:
        members = cluster_of(server).members(via="node02")
    assert members.names == ("node01", "node02", "node03")
    assert (members.leader, members.term, members.seen_by) == ("node03", 2, "node02")


def test_the_leader_is_a_machine_of_the_topology(tmp_path: Path) -> None:
    with serving(tmp_path, LISTED, LED_BY_THREE) as server:
        assert cluster_of(server).leader() == T036.machine("node03")


@pytest.mark.parametrize("via", [None, "node02"])
def test_without_a_leader_there_is_none(tmp_path: Path, via: str | None) -> None:
    with (
        serving(tmp_path, LISTED, LEADERLESS) as server,
        pytest.raises(Unavailable, match="no leader is known; node02 answered"),
    ):
        cluster_of(server).leader(via=via)


def test_a_leader_that_does_not_say_so_itself_is_waited_for(tmp_path: Path) -> None:
    with (
        serving(tmp_path, LISTED, LED_BY_THREE) as server,
        pytest.raises(NotSeen, match="chainfire to be led by one of node01, node03;") as late,
    ):
        cluster_of(server).wait_for_leader(outside=["node02"], within=0 * seconds)
    assert "Connection refused" in str(late.value.last_seen)


def test_a_leader_who_says_so_is_the_one(tmp_path: Path) -> None:
    two = ok(leader="2", raftTerm="2")
    with serving(tmp_path, LISTED, two, LISTED, two) as server:
        leader = cluster_of(server).wait_for_leader(among=[T036.machine("node02")], within=0 * seconds)
    assert leader == T036.machine("node02")


def test_a_write_goes_to_whoever_is_there(tmp_path: Path) -> None:
    with serving(tmp_path, ok()) as server:
        assert cluster_of(server).put("key", "value") == Revision(7, 2)


def test_a_write_to_nobody_did_not_happen(tmp_path: Path) -> None:
    with serving(tmp_path) as server, pytest.raises(Unavailable, match=r"127\.0\.0\.2.*Connection refused"):
        cluster_of(server).put("key", "value", via="node01")


def test_a_write_without_an_answer_is_not_tried_elsewhere(tmp_path: Path) -> None:
    with serving(tmp_path, NOTHING, ok()) as server:
        with pytest.raises(MaybeHappened):
            cluster_of(server).put("key", "value")
        assert len(server.requests) == 1


def test_a_bound_is_stretched_by_patience(tmp_path: Path) -> None:
    with serving(tmp_path, None) as server:
        cluster = cluster_of(server)
        cluster.patience = Patience(100_000.0, "a test")
        with pytest.raises(MaybeHappened, match="timed out"):  # unstretched, no handshake would be over by then
            cluster.put("key", "value", via="node02", within=0.01 * milliseconds)


def test_a_swap_that_found_something_else_is_no_failure(tmp_path: Path) -> None:
    with serving(tmp_path, ok(), ok(succeeded=True)) as server:
        cluster = cluster_of(server)
        assert cluster.compare_and_swap("key", "a", "b") is None
        assert cluster.compare_and_swap("key", "a", "b") == Revision(7, 2)


def test_a_member_is_removed_by_its_name(tmp_path: Path) -> None:
    with serving(tmp_path, LISTED, LED_BY_THREE, ok()) as server:
        cluster_of(server).remove("node03")
        assert server.requests[-1].endswith(b'{"ID": "3"}')


def test_the_leader_is_asked_to_make_way(tmp_path: Path) -> None:
    with serving(tmp_path, LISTED, LED_BY_TWO, ok()) as server:
        cluster_of(server).make_leader("node03")
        assert server.requests[-1].endswith(b'{"targetID": "3"}')
    with serving(tmp_path, LISTED, LED_BY_TWO) as server:
        cluster_of(server).make_leader("node02")
        assert len(server.requests) == 2


def test_nobody_makes_way_where_nobody_leads(tmp_path: Path) -> None:
    with serving(tmp_path, LISTED, LEADERLESS) as server, pytest.raises(Unavailable, match="has no leader that could"):
        cluster_of(server).make_leader("node03")


def test_health_is_looked_at_on_each_machine(tmp_path: Path) -> None:
    with serving(tmp_path, reply(503, b'{"health":"false"}')) as server:
        checks = cluster_of(server).checks()
    assert [check.healthy for check in checks] == [False] * 3
    assert checks[1].seen == 'status 503: {"health":"false"}'
    assert "refused" in checks[0].seen
