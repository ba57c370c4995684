from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harness.stacks.reference.node.config import Address, ClusterConfig, Settings
from harness.stacks.reference.node.etcd import Etcd, Peer
from harness.stacks.reference.node.https import Endpoint
from harness.stacks.reference.node.membership import (
    bootstrap_environment,
    joining_environment,
    raft_services,
    request_membership,
    write_durably,
    write_environment,
)
from harness.stacks.reference.node.waiting import StepError
from tests.stacks.reference.node.canned import reply, serving

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = Settings("http", 2379, 2479, 8080, 1)
PEERS = ("node01", "node02", "node03")


def config(name: str = "node01", raft: str = "192.168.100.11") -> ClusterConfig:
    return ClusterConfig(
        node_id=name,
        bootstrap=name in PEERS,
        leader_url=Address("node01.plasma.local", 2379),
        raft_addr=Address(raft, 2380),
        initial_peers=tuple(Address(peer, 2380) for peer in PEERS),
        flaredb_peers=tuple(Address(peer, 2480) for peer in PEERS),
    )


def members(*rows: tuple[int, str, str]) -> bytes:
    fields = [{"ID": str(number), "name": name, "peerURLs": [url]} for number, name, url in rows]
    return reply(200, json.dumps({"members": fields}).encode())


def test_a_bootstrap_says_the_same_on_every_machine_but_its_own_url() -> None:
    environments = [bootstrap_environment(raft_services(config(name), SETTINGS)["chainfire"]) for name in PEERS]
    whole = "node01=http://node01:2380,node02=http://node02:2380,node03=http://node03:2380"
    assert {environment["ETCD_INITIAL_CLUSTER"] for environment in environments} == {whole}
    assert {environment["ETCD_INITIAL_CLUSTER_STATE"] for environment in environments} == {"new"}
    own = [environment["ETCD_INITIAL_ADVERTISE_PEER_URLS"] for environment in environments]
    assert own == [f"http://{name}:2380" for name in PEERS]


def test_peers_speak_tls_where_the_settings_say_so() -> None:
    settings = Settings("https", 2379, 2479, 8080, 1)
    environment = bootstrap_environment(raft_services(config(), settings)["flaredb"])
    assert environment["ETCD_INITIAL_ADVERTISE_PEER_URLS"] == "https://node01:2480"


def test_flaredb_is_joined_where_chainfire_is() -> None:
    services = raft_services(config("node04", "10.0.200.13"), SETTINGS)
    assert [service.own_url for service in services.values()] == ["http://10.0.200.13:2380", "http://10.0.200.13:2480"]
    assert str(services["chainfire"].entry) == "node01.plasma.local:2379"
    assert str(services["flaredb"].entry) == "node01.plasma.local:2479"


def test_a_joining_machine_lists_everyone_also_those_who_have_no_name_yet() -> None:
    service = raft_services(config("node04", "10.0.200.13"), SETTINGS)["chainfire"]
    listed = [
        Peer(1, "node01", ("http://node01:2380",)),
        Peer(0xAB, "", ("http://10.0.200.14:2380",)),
        Peer(2, "", (service.own_url,)),
    ]
    assert joining_environment(service, listed) == {
        "ETCD_INITIAL_CLUSTER_STATE": "existing",
        "ETCD_INITIAL_CLUSTER": "node01=http://node01:2380,member-ab=http://10.0.200.14:2380,node04=http://10.0.200.13:2380",
        "ETCD_INITIAL_ADVERTISE_PEER_URLS": "http://10.0.200.13:2380",
    }


def test_membership_is_asked_for_once(tmp_path: Path) -> None:
    service = raft_services(config("node04", "10.0.200.13"), SETTINGS)["chainfire"]
    before = members((1, "node01", "http://node01:2380"))
    after = members((1, "node01", "http://node01:2380"), (2, "", service.own_url))
    with serving(tmp_path, before, after, after) as server:
        added, _ = request_membership(service, Etcd(server.endpoint))
        assert b"/v3/cluster/member/add" in server.requests[-1]
        again, _ = request_membership(service, Etcd(server.endpoint))
        assert b"/v3/cluster/member/list" in server.requests[-1]
    assert added == again
    assert added is not None
    assert [peer.name for peer in added] == ["node01", ""]


def test_a_cluster_that_is_not_ready_is_asked_again_later(tmp_path: Path) -> None:
    service = raft_services(config("node04", "10.0.200.13"), SETTINGS)["chainfire"]
    unhealthy = reply(503, b'{"message": "etcdserver: unhealthy cluster", "code": 14}')
    with serving(tmp_path, members((1, "node01", "http://node01:2380")), unhealthy) as server:
        found, complaint = request_membership(service, Etcd(server.endpoint))
    assert found is None
    assert "unhealthy cluster" in complaint


def test_a_machine_that_lost_its_data_is_not_let_in(tmp_path: Path) -> None:
    service = raft_services(config("node04", "10.0.200.13"), SETTINGS)["chainfire"]
    with (
        serving(tmp_path, members((0xAB, "node04", service.own_url))) as server,
        pytest.raises(StepError, match=r"has run before as node04 \(ab\)"),
    ):
        request_membership(service, Etcd(server.endpoint))


def test_a_stranger_is_not_asked_again(tmp_path: Path) -> None:
    from harness.stacks.reference.node.https import trusting  # noqa: PLC0415 - for this test alone

    service = raft_services(config("node04", "10.0.200.13"), SETTINGS)["chainfire"]
    with serving(tmp_path, b"") as server, pytest.raises(StepError, match="certificate"):
        request_membership(service, Etcd(Endpoint("127.0.0.1", server.port, trusting())))


def test_an_environment_file_is_as_systemd_reads_it(tmp_path: Path) -> None:
    write_environment(tmp_path / "state/chainfire.env", {"A": "1", "B": "x=http://y:1,z=http://w:2"})
    assert (tmp_path / "state/chainfire.env").read_text() == "A=1\nB=x=http://y:1,z=http://w:2\n"
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["chainfire.env"]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_durably(tmp_path / "file", "old and long")
    write_durably(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "new"
