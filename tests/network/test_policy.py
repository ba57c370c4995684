from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.network import policy
from harness.network.bridge.nftables import Nftables
from harness.sandbox.netns import NetworkNamespace
from harness.topology.loader import load
from harness.topology.model import Topology

TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"


@pytest.fixture(scope="module")
def hci() -> Topology:
    return load(TOPOLOGIES / "azure-stack-hci.yaml")


def test_without_flows_there_is_no_filter() -> None:
    assert policy.ruleset(load(TOPOLOGIES / "three-sites.yaml")) == ""


def test_a_flow_lets_its_ports_through_to_its_vlans_and_the_rest_is_dropped() -> None:
    text = policy.ruleset(load(TOPOLOGIES / "photoncloud.yaml"))
    assert "policy drop" in text
    assert re.findall("ip saddr.*", text) == ["ip saddr 10.0.30.0/24 ip daddr 10.0.200.0/24 tcp dport 8080-8080 accept"]


def test_all_is_every_other_vlan_and_the_internet_none(hci: Topology) -> None:
    text = policy.ruleset(hci)
    targets = re.findall(r"ip saddr 10\.10\.40\.0/24 ip daddr 10\.10\.(\d+)\.0/24  accept", text)
    assert targets == ["10", "20", "30", "50", "60", "99"]


@pytest.mark.kernel
@pytest.mark.parametrize("name", ["azure-stack-hci", "photoncloud"])
def test_the_kernel_takes_the_filters_of_the_repository_s_topologies(name: str) -> None:
    rules = policy.ruleset(load(TOPOLOGIES / f"{name}.yaml"))
    assert rules
    with NetworkNamespace.create() as place:
        filters = Nftables(place)
        filters.run(rules)
        assert any("chain" in one for one in filters.read("list ruleset"))
