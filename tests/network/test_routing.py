from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from itertools import pairwise
from pathlib import Path

import pytest

from harness.network.plan import transfer_vlan
from harness.network.ports import Access
from harness.network.routing import Route, RouterPlan, routed, routers, ways_of_scenario
from harness.topology.links import SwitchSpec, WanSpec
from harness.topology.loader import load
from harness.topology.model import SiteSpec, Topology, Vlan

TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"


@pytest.fixture(scope="module")
def three_sites() -> Topology:
    return load(TOPOLOGIES / "three-sites.yaml")


def to(subnet: str, via: str) -> Route:
    return Route(IPv4Network(subnet), IPv4Address(via))


def row(*sites: str) -> Topology:
    """Sites in a row, each with a switch that routes a VLAN of its own."""
    vlans = tuple(
        Vlan(name=f"lan-{site}", site=site, subnet=IPv4Network(f"10.{n}.0.0/24"), gateway=IPv4Address(f"10.{n}.0.1"))
        for n, site in enumerate(sites)
    )
    switches = tuple(SwitchSpec(name=f"core-{site}", site=site, routes=(f"lan-{site}",)) for site in sites)
    wans = tuple(WanSpec(between=pair) for pair in pairwise(sites))
    return Topology.model_construct(
        name="row",
        vlans=vlans,
        switches=switches,
        wans=wans,
        sites=tuple(SiteSpec(name=site) for site in sites),
        machines=(),
        stack=None,
    )


def by_switch(topology: Topology) -> dict[str, RouterPlan]:
    return {router.switch: router for router in routers(topology)}


def test_each_routing_switch_is_the_gateway_of_its_vlans_and_stands_in_the_transfer_vlan(three_sites: Topology) -> None:
    router = by_switch(three_sites)["switch-a"]
    assert list(router.cards) == ["switch-a/provisioning", "switch-a/cluster-a", "switch-a/transfer"]
    card = router.cards["switch-a/cluster-a"]
    assert (card.mode, card.switch) == (Access(200), "switch-a")
    assert card.addresses[200] == [IPv4Interface("10.0.200.1/24")]
    assert router.cards["switch-a/transfer"].mode == Access(transfer_vlan(three_sites))
    assert router.vlans == {"switch-a/provisioning": "provisioning", "switch-a/cluster-a": "cluster-a"}


def test_what_others_route_is_reached_by_their_transfer_address(three_sites: Topology) -> None:
    assert by_switch(three_sites)["switch-a"].routes == (
        to("10.1.200.0/24", "100.64.0.2"),
        to("10.2.200.0/24", "100.64.0.3"),
    )
    assert by_switch(three_sites)["switch-c"].routes == (
        to("10.0.100.0/24", "100.64.0.1"),
        to("10.0.200.0/24", "100.64.0.1"),
        to("10.1.200.0/24", "100.64.0.2"),
    )


def test_without_a_line_between_two_sites_the_way_leads_over_a_third() -> None:
    first, second, third = (by_switch(row("a", "b", "c"))[f"core-{site}"] for site in "abc")
    assert first.routes == (to("10.1.0.0/24", "100.64.0.2"), to("10.2.0.0/24", "100.64.0.2"))
    assert second.routes == (to("10.0.0.0/24", "100.64.0.1"), to("10.2.0.0/24", "100.64.0.3"))
    assert third.routes == (to("10.0.0.0/24", "100.64.0.2"), to("10.1.0.0/24", "100.64.0.2"))


def test_where_no_line_leads_there_is_no_route() -> None:
    apart = row("a", "b", "c").model_copy(update={"wans": (WanSpec(between=("a", "b")),)})
    assert by_switch(apart)["core-c"].routes == ()


def test_one_router_alone_has_no_transfer_vlan() -> None:
    (router,) = routers(load(TOPOLOGIES / "photoncloud.yaml"))
    assert [link.partition("/")[2] for link in router.cards] == [
        "management", "provisioning", "cluster", "client", "storage",
    ]  # fmt: skip
    assert router.routes == ()


def test_the_transfer_vlan_keeps_clear_of_the_topology_s_subnets() -> None:
    topology = row("a", "b")
    used = topology.vlans[0].model_copy(update={"subnet": IPv4Network("100.64.0.0/23")})
    moved = topology.model_copy(update={"vlans": (used, topology.vlans[1])})
    (card,) = (one for link, one in by_switch(moved)["core-b"].cards.items() if link.endswith("/transfer"))
    assert list(card.addresses.values()) == [[IPv4Interface("100.64.2.2/24")]]


def test_what_has_no_gateway_is_not_routed() -> None:
    topology = row("a", "b")
    without = topology.vlans[0].model_copy(update={"gateway": None})
    assert routed(topology.model_copy(update={"vlans": (without, topology.vlans[1])})) == {"lan-b"}


def test_the_scenario_reaches_other_vlans_by_the_gateway_of_the_stack_s(three_sites: Topology) -> None:
    assert ways_of_scenario(three_sites) == (
        to("10.1.200.0/24", "10.0.200.1"),
        to("10.2.200.0/24", "10.0.200.1"),
    )


def test_where_it_stands_nowhere_or_nothing_is_routed_it_has_no_ways() -> None:
    assert ways_of_scenario(row("a", "b")) == ()
    assert ways_of_scenario(load(TOPOLOGIES / "t036.yaml")) == ()
