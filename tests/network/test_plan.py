"""How the repository's own topologies are wired."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

import pytest

from harness.network import plan
from harness.network.ports import Access, Trunk
from harness.network.wiring import SWITCH
from harness.topology.impairment import Impairment
from harness.topology.loader import load
from harness.topology.model import Topology
from harness.units import milliseconds

TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"
GBPS = 10**9


@pytest.fixture(scope="module")
def photoncloud() -> Topology:
    return load(TOPOLOGIES / "photoncloud.yaml")


@pytest.fixture(scope="module")
def three_sites() -> Topology:
    return load(TOPOLOGIES / "three-sites.yaml")


@pytest.fixture(scope="module")
def t036() -> Topology:
    return load(TOPOLOGIES / "t036.yaml")


def test_a_vlan_keeps_its_id_and_one_without_gets_a_free_one(photoncloud: Topology, t036: Topology) -> None:
    assert plan.vlan_ids(photoncloud)["storage"] == 400
    assert plan.vlan_ids(t036) == {"cluster": 1}


def test_a_card_knows_its_switch_its_vlans_and_its_addresses(photoncloud: Topology) -> None:
    eth0, eth1, eth2 = plan.cards(photoncloud)["node01"]
    assert [one.link for one in (eth0, eth1, eth2)] == ["node01/eth0", "node01/eth1", "node01/eth2"]
    assert {one.card.switch for one in (eth0, eth1, eth2)} == {"tor1"}
    assert eth0.card.mode == Access(100)
    assert eth1.card.mode == Trunk(frozenset({200, 300}))
    assert eth1.card.addresses[200] == [IPv4Interface("10.0.200.10/24")]
    assert eth2.card.mac == "52:54:00:00:02:01"
    assert eth1.up == Impairment()


def test_a_card_without_a_switch_is_plugged_into_the_one_that_is_there(t036: Topology) -> None:
    assert {one.card.switch for cards in plan.cards(t036).values() for one in cards} == {SWITCH}


def test_cables_carry_every_vlan(photoncloud: Topology) -> None:
    cables = {one.link: one for one in plan.cables(photoncloud)}
    assert set(cables) == {"core--tor1", "core--tor2", "core--tor3", "core--pxe-mgmt"}
    core = cables["core--tor1"]
    assert (core.first, core.second, core.wan) == ("core", "tor1", False)
    assert core.vlans == frozenset(plan.vlan_ids(photoncloud).values())


def test_lines_carry_what_is_in_all_sites_and_nothing_of_one_site(three_sites: Topology) -> None:
    lines = {one.link: one for one in plan.cables(three_sites)}
    assert set(lines) == {"a--b", "b--c", "a--c"}
    line = lines["a--b"]
    assert (line.first, line.second, line.wan) == ("switch-a", "switch-b", True)
    assert line.vlans == {100, plan.transfer_vlan(three_sites)}
    assert line.up == line.down == Impairment(delay=2 * milliseconds, rate=10 * GBPS)


def test_who_serves_a_vlan_stands_at_the_boot_server_s_switch_or_the_router_s(
    photoncloud: Topology, t036: Topology
) -> None:
    assert plan.switch_of_vlan(photoncloud, "provisioning") == "pxe-mgmt"
    assert plan.switch_of_vlan(photoncloud, "cluster") == "core"
    assert plan.switch_of_vlan(t036, "cluster") == SWITCH
    card = plan.host(photoncloud, "cluster", "lab0", "02:00:00:00:00:01", IPv4Address("10.0.200.254"))
    assert (card.mode, card.switch) == (Access(200), "core")
    assert card.addresses == {200: [IPv4Interface("10.0.200.254/24")]}
