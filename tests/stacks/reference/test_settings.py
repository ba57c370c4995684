from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from harness.stacks.reference.settings import (
    as_environment,
    etcd_environment,
    gossip_config,
    health_endpoints,
    node_settings,
)
from harness.topology.loader import load
from harness.topology.model import RaftSettings

T036 = load(Path(__file__).parents[3] / "scenarios/topologies/t036.yaml")
NODE02 = T036.machine("node02")


def test_etcd_listens_on_the_documents_ports_for_the_machine_and_itself() -> None:
    chainfire, flaredb = (etcd_environment(T036, NODE02, service) for service in ("chainfire", "flaredb"))
    assert chainfire["ETCD_LISTEN_CLIENT_URLS"] == "https://192.168.100.12:2379,https://127.0.0.1:2379"
    assert chainfire["ETCD_LISTEN_PEER_URLS"] == "http://192.168.100.12:2380"
    assert flaredb["ETCD_LISTEN_CLIENT_URLS"] == "https://192.168.100.12:2479,https://127.0.0.1:2479"
    assert flaredb["ETCD_LISTEN_PEER_URLS"] == "http://192.168.100.12:2480"


def test_the_two_clusters_share_neither_data_nor_token() -> None:
    chainfire, flaredb = (etcd_environment(T036, NODE02, service) for service in ("chainfire", "flaredb"))
    assert chainfire["ETCD_DATA_DIR"] == "/var/lib/chainfire"
    assert flaredb["ETCD_DATA_DIR"] == "/var/lib/flaredb"
    assert chainfire["ETCD_INITIAL_CLUSTER_TOKEN"] != flaredb["ETCD_INITIAL_CLUSTER_TOKEN"]


def test_raft_has_the_topologys_timing() -> None:
    environment = etcd_environment(T036, NODE02, "chainfire")
    assert environment["ETCD_HEARTBEAT_INTERVAL"] == "100"
    assert environment["ETCD_ELECTION_TIMEOUT"] == "1000"


def test_peers_are_plain_or_mutually_authenticated() -> None:
    assert T036.stack is not None
    assert not any("PEER_CERT" in name or "PEER_TRUSTED" in name for name in etcd_environment(T036, NODE02, "flaredb"))
    stack = T036.stack.model_copy(update={"raft": RaftSettings(peer_tls=True)})
    environment = etcd_environment(T036.model_copy(update={"stack": stack}), NODE02, "flaredb")
    assert environment["ETCD_LISTEN_PEER_URLS"] == "https://192.168.100.12:2480"
    assert environment["ETCD_PEER_TRUSTED_CA_FILE"] == "/etc/nixos/secrets/ca.crt"
    assert environment["ETCD_PEER_KEY_FILE"] == "/etc/nixos/secrets/node02.key"
    assert environment["ETCD_PEER_CLIENT_CERT_AUTH"] == "true"


def test_gossip_joins_the_others() -> None:
    config = gossip_config(T036, NODE02)
    assert config["bind"] == "192.168.100.12:2381"
    assert config["retry_join"] == ["node01:2381", "node03:2381"]
    assert config["profile"] == "lan"


def test_gossip_is_as_patient_as_raft() -> None:
    assert T036.stack is not None
    raft = RaftSettings(heartbeat=timedelta(milliseconds=500), election_timeout=timedelta(seconds=5))
    stack = T036.stack.model_copy(update={"raft": raft})
    assert gossip_config(T036.model_copy(update={"stack": stack}), NODE02)["profile"] == "wan"


def test_the_machines_programs_are_told_ports_and_patience() -> None:
    told = node_settings(RaftSettings(), timedelta(minutes=2))
    assert told == {"peer_scheme": "http", "chainfire_port": 2379, "flaredb_port": 2479, "iam_port": 8080, "wait": 120}


def test_an_environment_file_has_a_line_for_each_variable() -> None:
    assert as_environment({"A": "1", "B": "2"}) == b"A=1\nB=2\n"


def test_a_machine_knows_its_own_health_endpoints() -> None:
    lines = [line.split() for line in health_endpoints().decode().splitlines()]
    assert [(line[0], line[2]) for line in lines] == [("chainfire", "2379"), ("flaredb", "2479"), ("iam", "8080")]
    assert {(line[1], *line[3:]) for line in lines} == {("127.0.0.1", "/health", "/etc/nixos/secrets/ca.crt")}
