from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from harness.capture.decoding import Decoding
from harness.incident.files.configuration import Config
from harness.incident.inventory.stack_members import Cluster, cluster
from tests.incident.clocks.test_walls import LINE
from tests.incident.files.test_folder import CAPTURES, CONFIG


def test_nothing_tells_of_no_cluster() -> None:
    assert cluster([], [LINE], [], {"10.0.0.1": "node01"}) is None


def test_configurations_tell_who_formed_it() -> None:
    machine_of = {"10.0.200.10": "node01", "10.0.200.13": "node04", "node01": "node01", "node04": "node04"}
    joined = CONFIG | {"node_id": "node04", "bootstrap": False, "raft_addr": "10.0.200.13:2380"}
    first = CONFIG | {"leader_url": "https://node01.plasma.local:2379"}
    found = cluster([Config("a", first), Config("b", joined)], [], [], machine_of)
    assert found == Cluster(
        addresses={"node01": "10.0.200.10", "node04": "10.0.200.13"}, bootstrap=("node01",), domain="plasma.local"
    )


def test_frames_tell_the_members_and_the_heartbeat() -> None:
    with (CAPTURES / "etcd-3.4.23-leader-kill.pcap").open("rb") as file:
        events = list(Decoding(file, "etcd"))
    addresses = {event.src for event in events if event.protocol == "raft"}
    found = cluster([], [], events, {one: f"node-{one.replace('.', '-')}" for one in addresses})
    assert found is not None
    assert {*found.addresses.values()} == addresses
    assert found.bootstrap == tuple(found.addresses)
    assert found.heartbeat == timedelta(milliseconds=100)
    assert found.election == timedelta(seconds=1)
    assert not found.peer_tls


def test_journals_tell_the_members_and_the_timers() -> None:
    text = '"heartbeat-interval":"50ms","election-timeout":"700ms","initial-cluster":"a=http://10.0.0.1:2380,b=http://10.0.0.2:2380"'
    entry = replace(LINE, host="a.rack.example", message=text)
    found = cluster([], [entry], [], {"10.0.0.1": "a", "10.0.0.2": "b"})
    assert found == Cluster(
        addresses={"a": "10.0.0.1", "b": "10.0.0.2"},
        bootstrap=("a", "b"),
        heartbeat=timedelta(milliseconds=50),
        election=timedelta(milliseconds=700),
        domain="rack.example",
    )


def test_who_was_added_is_a_member_where_nobody_is_named() -> None:
    line = replace(LINE, message="etcdserver/membership: added member 7c6b2d [https://10.0.0.2:2380] to cluster 9c7b")
    found = cluster([], [line], [], {"10.0.0.2": "b"})
    assert found is not None
    assert found.addresses == {"b": "10.0.0.2"}
