from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

import pytest

from harness.topology.cluster_config import cluster_config, members, stack_address
from harness.topology.location import Location
from harness.topology.model import Topology

TWO_VLANS = [{"name": "pxe-only", "subnet": "10.0.100.0/24"}, {"name": "cluster", "subnet": "192.168.100.0/24"}]


def card(name: str, vlan: str, address: str) -> dict[str, str]:
    return {"name": name, "mac": f"52:54:00:00:99:{len(name + vlan):02x}", "vlan": vlan, "address": address}


def test_a_node_of_t036_gets_what_its_guide_shows(t036: Topology) -> None:
    assert cluster_config(t036, "node02") == {
        "node_id": "node02",
        "bootstrap": True,
        "leader_url": "https://node01.plasma.local:2379",
        "raft_addr": "192.168.100.12:2380",
        "initial_peers": ["node01:2380", "node02:2380", "node03:2380"],
        "flaredb_peers": ["node01:2480", "node02:2480", "node03:2480"],
    }


def test_peers_and_leader_are_the_same_for_all(t036: Topology) -> None:
    configs = [cluster_config(t036, name) for name in members(t036)]
    assert len({str((one["leader_url"], one["initial_peers"], one["flaredb_peers"])) for one in configs}) == 1


def test_a_machine_outside_the_bootstrap_is_told_whom_to_join(alter: Callable[..., Topology]) -> None:
    config = cluster_config(alter({("stack", "bootstrap"): ["node02", "node03"]}), "node01")
    assert config["bootstrap"] is False
    assert config["leader_url"] == "https://node02.plasma.local:2379"
    assert config["initial_peers"] == ["node02:2380", "node03:2380"]


def test_the_address_is_that_in_the_network_of_the_stack(alter: Callable[..., Topology]) -> None:
    cards = [card("eth0", "pxe-only", "10.0.100.50"), card("eth1", "cluster", "192.168.100.11")]
    changes: dict[Location, object] = {("vlans",): TWO_VLANS, ("machines", 0, "nics"): cards}
    assert stack_address(alter(changes), "node01") == IPv4Address("192.168.100.11")


def test_a_machine_outside_the_network_of_the_stack_is_no_member(alter: Callable[..., Topology]) -> None:
    cards = [card("eth0", "pxe-only", "10.0.100.50")]
    topology = alter({("vlans",): TWO_VLANS, ("machines", 0, "nics"): cards})
    assert members(topology) == ("node02", "node03")
    with pytest.raises(LookupError, match="node01 has no network card in VLAN cluster"):
        cluster_config(topology, "node01")


def test_without_such_a_machine_or_a_stack_there_is_no_configuration(
    t036: Topology, alter: Callable[..., Topology]
) -> None:
    with pytest.raises(LookupError, match="no machine is called 'node09'"):
        cluster_config(t036, "node09")
    with pytest.raises(LookupError, match="topology t036 has no stack"):
        cluster_config(alter({("stack",): None}), "node01")


def test_only_voters_are_members(photoncloud: Topology) -> None:
    assert members(photoncloud) == ("node01", "node02", "node03")
    assert cluster_config(photoncloud, "node02")["raft_addr"] == "10.0.200.11:2380"


def test_a_stack_over_sites_has_its_members_in_each_of_its_networks(three_sites: Topology) -> None:
    addresses = {name: str(stack_address(three_sites, name)) for name in members(three_sites)}
    assert addresses == {"node01": "10.0.200.10", "node04": "10.1.200.20", "node07": "10.2.200.30"}
