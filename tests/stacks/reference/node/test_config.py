from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.stacks.reference.node.config import (
    Address,
    BadConfigError,
    ClusterConfig,
    Settings,
    parse_address,
    read_cluster_config,
    read_settings,
)

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTED: dict[str, Any] = {
    "node_id": "node01",
    "bootstrap": True,
    "leader_url": "https://node01.plasma.local:2379",
    "raft_addr": "192.168.100.11:2380",
    "initial_peers": ["node01:2380", "node02:2380", "node03:2380"],
    "flaredb_peers": ["node01:2480", "node02:2480", "node03:2480"],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(DOCUMENTED)), inner),
    max_leaves=8,
)


def read(folder: Path, content: object) -> ClusterConfig:
    path = folder / "cluster-config.json"
    path.write_text(json.dumps(content))
    return read_cluster_config(path)


def test_the_documented_file_is_understood(tmp_path: Path) -> None:
    config = read(tmp_path, DOCUMENTED)
    assert config.node_id == "node01"
    assert config.bootstrap is True
    assert config.leader_url == Address("node01.plasma.local", 2379)
    assert config.raft_addr == Address("192.168.100.11", 2380)
    assert [str(peer) for peer in config.initial_peers] == DOCUMENTED["initial_peers"]
    assert [str(peer) for peer in config.flaredb_peers] == DOCUMENTED["flaredb_peers"]


def test_more_than_is_documented_is_no_mistake(tmp_path: Path) -> None:
    assert read(tmp_path, DOCUMENTED | {"cluster_name": "t036"}).node_id == "node01"


@pytest.mark.parametrize(
    "changes, complaint",
    [
        ({"node_id": ""}, "node_id: expected a text, found ''"),
        ({"bootstrap": "true"}, "bootstrap: expected true or false, found 'true'"),
        ({"bootstrap": 1}, "bootstrap: expected true or false, found 1"),
        ({"leader_url": "http://node01:2379"}, "leader_url: expected https://HOST:PORT, found 'http://node01:2379'"),
        ({"leader_url": "https://node01"}, "leader_url: expected https://HOST:PORT, found 'https://node01'"),
        ({"raft_addr": "192.168.100.11"}, "raft_addr: expected HOST:PORT, found '192.168.100.11'"),
        ({"raft_addr": "192.168.100.11:65536"}, "raft_addr: expected HOST:PORT"),
        ({"initial_peers": []}, "initial_peers: expected a list of HOST:PORT, found []"),
        ({"initial_peers": "node01:2380"}, "initial_peers: expected a list of HOST:PORT, found 'node01:2380'"),
        ({"initial_peers": ["node01:2380", "node02"]}, "initial_peers: expected a list of HOST:PORT"),
        ({"initial_peers": ["node02:2380"]}, "initial_peers: expected node01 among those who bootstrap"),
        ({"flaredb_peers": ["node02:2480"]}, "flaredb_peers: expected node01 among those who bootstrap"),
    ],
)
def test_each_mistake_is_named(tmp_path: Path, changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(BadConfigError) as bad:
        read(tmp_path, DOCUMENTED | changes)
    assert complaint in str(bad.value)
    assert str(tmp_path / "cluster-config.json") in str(bad.value)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadConfigError) as bad:
        read(tmp_path, {})
    assert all(f"{name}: expected" in str(bad.value) for name in DOCUMENTED)
    assert "found nothing" in str(bad.value)


def test_a_machine_that_joins_need_not_be_a_peer(tmp_path: Path) -> None:
    joining = {"node_id": "node04", "bootstrap": False, "raft_addr": "10.0.200.13:2380"}
    assert read(tmp_path, DOCUMENTED | joining).bootstrap is False


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"text"'])
def test_what_is_no_object_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "cluster-config.json"
    path.write_text(content)
    with pytest.raises(BadConfigError, match="expected a JSON"):
        read_cluster_config(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfigError, match=r"none\.json: expected a JSON file: No such file"):
        read_cluster_config(tmp_path / "none.json")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(changes=st.dictionaries(st.sampled_from(sorted(DOCUMENTED)), JSON))
def test_anything_is_either_understood_or_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    try:
        config = read(tmp_path, DOCUMENTED | changes)
    except BadConfigError:
        return
    assert config.node_id
    assert config.initial_peers
    assert config.flaredb_peers


@given(st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True), st.integers(1, 65535))
def test_an_address_is_read_as_it_is_written(host: str, port: int) -> None:
    assert parse_address(str(Address(host, port))) == Address(host, port)


SETTINGS = {"peer_scheme": "http", "chainfire_port": 2379, "flaredb_port": 2479, "iam_port": 8080, "wait": 1.5}


def test_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps(SETTINGS))
    assert read_settings(tmp_path / "settings.json") == Settings("http", 2379, 2479, 8080, 1.5)


@pytest.mark.parametrize(
    "changes, complaint",
    [
        ({"iam_port": 0}, "iam_port: expected a port, found 0"),
        ({"iam_port": True}, "iam_port: expected a port, found True"),
        ({"iam_port": []}, "iam_port: expected a port"),
        ({"wait": "long"}, "wait: expected a number, found 'long'"),
        ({"peer_scheme": None}, "peer_scheme: expected a text"),
    ],
)
def test_bad_settings_are_named(tmp_path: Path, changes: dict[str, object], complaint: str) -> None:
    (tmp_path / "settings.json").write_text(json.dumps(SETTINGS | changes))
    with pytest.raises(BadConfigError) as bad:
        read_settings(tmp_path / "settings.json")
    assert complaint in str(bad.value)
