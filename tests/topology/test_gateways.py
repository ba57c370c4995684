from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from harness.topology.gateways import FIRST_TABLE, Gateway, default_vlan, gateways, has_gateway
from harness.topology.loader import load
from harness.topology.model import Topology

TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"


@pytest.fixture(scope="module")
def three_sites() -> Topology:
    return load(TOPOLOGIES / "three-sites.yaml")


def test_the_stack_s_gateway_is_the_default_and_others_have_tables_of_their_own(three_sites: Topology) -> None:
    machine = three_sites.machine("node04")
    assert default_vlan(three_sites, machine) == "cluster-b"
    provisioning, cluster = gateways(three_sites, machine)
    assert provisioning == Gateway(
        IPv4Address("10.0.100.1"), IPv4Network("10.0.100.0/24"), IPv4Address("10.0.100.53"), FIRST_TABLE
    )
    assert (cluster.via, cluster.table) == (IPv4Address("10.1.200.1"), None)


def test_a_second_address_in_a_vlan_has_a_table_of_its_own(three_sites: Topology) -> None:
    machine = three_sites.machine("node04")
    provisioning = machine.nics[0]
    spares = [
        provisioning.model_copy(update={"name": "eth8", "address": IPv4Address("10.0.100.153")}),
        provisioning.model_copy(update={"name": "eth9", "vlan": "cluster-b", "address": IPv4Address("10.1.200.111")}),
    ]
    found = gateways(three_sites, machine.model_copy(update={"nics": (*machine.nics, *spares)}))
    tables = [way.table for way in found]
    assert [str(way.address) for way in found[2:]] == ["10.0.100.153", "10.1.200.111"]
    assert tables.count(None) == 1
    assert len(set(tables)) == len(tables)


def test_the_gateway_itself_needs_none(three_sites: Topology) -> None:
    vlan = three_sites.vlan("cluster-a")
    assert not has_gateway(vlan, IPv4Address("10.0.200.1"))
    assert has_gateway(vlan, IPv4Address("10.0.200.2"))
    assert not has_gateway(vlan.model_copy(update={"gateway": None}), IPv4Address("10.0.200.2"))


def test_without_a_gateway_there_is_no_way(three_sites: Topology) -> None:
    vlans = tuple(vlan.model_copy(update={"gateway": None}) for vlan in three_sites.vlans)
    topology = three_sites.model_copy(update={"vlans": vlans})
    assert default_vlan(topology, topology.machine("node01")) is None
    assert gateways(topology, topology.machine("node01")) == ()
