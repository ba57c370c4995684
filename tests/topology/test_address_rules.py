from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.topology.address_rules import address_findings
from harness.topology.location import Location, render
from harness.topology.model import Topology

CLUSTER: Location = ("vlans", 2)
PROVISIONING: Location = ("vlans", 1)
HOST = {"name": "x", "addresses": "10.0.200.50"}
ETH0: Location = ("machines", 0, "nics", 0)


def found(topology: Topology) -> list[tuple[str, str]]:
    return [(render(topology, one.location), one.message) for one in address_findings(topology)]


def test_the_corrected_plans_hold(photoncloud: Topology, three_sites: Topology, t036: Topology) -> None:
    assert [found(topology) for topology in (photoncloud, three_sites, t036)] == [[], [], []]


@pytest.mark.parametrize(
    "changes,location,message",
    [
        (
            {(*CLUSTER, "plan", 2, "addresses"): "10.0.200.100-10.0.201.1"},
            "vlans[cluster].plan[service-vips].addresses",
            "'service-vips', 10.0.200.100-10.0.201.1, lies outside subnet 10.0.200.0/24",
        ),
        (
            {(*CLUSTER, "plan", 1, "addresses"): "10.0.200.12-10.0.200.29"},
            "vlans[cluster].plan[workers].addresses",
            "'workers', 10.0.200.12-10.0.200.29, and 'control-plane', 10.0.200.10-10.0.200.12, both have 10.0.200.12",
        ),
        (
            {(*CLUSTER, "plan", 2): {"name": "workers", "addresses": "10.0.200.30"}},
            "vlans[cluster].plan[workers].addresses",
            "'workers' is 10.0.200.30 here and 10.0.200.20-10.0.200.29 there",
        ),
        (
            {(*CLUSTER, "gateway"): "10.0.200.29"},
            "vlans[cluster].plan[workers].addresses",
            "10.0.200.29 of the gateway lies in 'workers', 10.0.200.20-10.0.200.29",
        ),
        (
            {(*CLUSTER, "scenario_address"): "10.0.200.190"},
            "vlans[cluster].plan[service-vips].addresses",
            "10.0.200.190 of the scenario lies in 'service-vips', 10.0.200.100-10.0.200.199",
        ),
        (
            {(*CLUSTER, "plan", 1): {"name": "alone", "addresses": "10.0.200.20"}},
            "vlans[cluster].plan[alone].addresses",
            "10.0.200.20 of 'node04' lies in 'alone', 10.0.200.20",
        ),
        (
            {(*CLUSTER, "plan", 2, "name"): "node01"},
            "vlans[cluster].plan[node01].addresses",
            "'node01' is 10.0.200.100-10.0.200.199 here and 10.0.200.10 there",
        ),
        (
            {("machines", 3, "nics", 1, "tagged", 0, "address"): "10.0.200.40"},
            "machines[node04].nics[eth1].tagged[0].address",
            "10.0.200.40 of 'node04' is not in the part for role worker",
        ),
        (
            {(*PROVISIONING, "dhcp", "pool"): "10.0.100.99"},
            "vlans[provisioning].dhcp.reservations",
            "the DHCP reservations, 10.0.100.50-10.0.100.99, and the DHCP pool, 10.0.100.99, both have 10.0.100.99",
        ),
        (
            {(*PROVISIONING, "dhcp", "pool"): "10.0.100.1-10.0.100.9"},
            "vlans[provisioning].dhcp.pool",
            "10.0.100.1 of the gateway lies in the DHCP pool 10.0.100.1-10.0.100.9",
        ),
        (
            {(*ETH0, "address"): "10.0.100.20"},
            "machines[node01].nics[eth0].address",
            "10.0.100.20 of 'node01' is no reservation of VLAN 'provisioning'",
        ),
        (
            {("vips", 1, "address"): "10.0.200.1"},
            "vips[fiberlb-1].address",
            "virtual address 10.0.200.1 of 'fiberlb-1' is also that of the gateway of VLAN 'cluster'",
        ),
        (
            {("vips", 1, "address"): "10.0.10.50"},
            "vips[fiberlb-1].address",
            "virtual address 10.0.10.50 of 'fiberlb-1' is also that of the BMC of 'node01'",
        ),
        (
            {("vips", 1, "address"): "10.0.100.150"},
            "vips[fiberlb-1].address",
            "virtual address 10.0.100.150 of 'fiberlb-1' lies in the DHCP pool, 10.0.100.100-10.0.100.200",
        ),
        (
            {("vips", 2, "address"): "10.0.200.100"},
            "vips[fiberlb-2].address",
            "duplicate virtual address 10.0.200.100",
        ),
        (
            {("overlays", 0, "subnet"): "10.0.0.0/16", ("overlays", 0, "plan"): []},
            "overlays[vm-overlay].subnet",
            "subnet 10.0.0.0/16 overlaps 10.0.10.0/24 of VLAN 'management'",
        ),
        (
            {("overlays", 0, "plan", 0, "addresses"): "10.101.0.1"},
            "overlays[vm-overlay].plan[vm-101].addresses",
            "'vm-101', 10.101.0.1, lies outside subnet 10.100.0.0/24",
        ),
        (
            {("flows", 0, "to"): ["internet"]},
            "flows[0].to[0]",
            "a flow from 'internet' to itself, which no router sees",
        ),
        (
            {("flows", 1): {"from": "internet", "to": ["client"], "ports": ["tcp/8080"]}},
            "flows[1].to[0]",
            "duplicate flow from internet to client",
        ),
    ],
)
def test_one_wrong_value_is_found_at_its_place(
    changes: dict[Location, object], location: str, message: str, alter_photoncloud: Callable[..., Topology]
) -> None:
    assert (location, message) in found(alter_photoncloud(changes))


def test_one_flow_on_different_ports_is_two(alter_photoncloud: Callable[..., Topology]) -> None:
    flow = {"from": "internet", "to": ["client"], "ports": ["tcp/443"]}
    assert found(alter_photoncloud({("flows", 1): flow})) == []


@pytest.mark.parametrize("name", ["internet", "all"])
def test_a_vlan_can_not_be_called_like_what_flows_mean_by_it(name: str, alter: Callable[..., Topology]) -> None:
    assert found(alter({("vlans", 0, "name"): name})) == [
        (f"vlans[{name}].name", f"{name!r} means something else in flows")
    ]


def test_a_second_overlay_of_one_name_is_the_same_overlay(alter_photoncloud: Callable[..., Topology]) -> None:
    again = {"name": "vm-overlay", "subnet": "10.101.0.0/24"}
    overlays = [{"name": "vm-overlay", "subnet": "10.100.0.0/24"}, again]
    assert found(alter_photoncloud({("overlays",): overlays})) == [
        ("overlays[vm-overlay].subnet", "overlay 'vm-overlay' is 10.101.0.0/24 here and 10.100.0.0/24 there")
    ]


def test_overlays_overlap(alter_photoncloud: Callable[..., Topology]) -> None:
    overlays = [{"name": "a", "subnet": "10.100.0.0/24"}, {"name": "b", "subnet": "10.100.0.0/16"}]
    assert found(alter_photoncloud({("overlays",): overlays})) == [
        ("overlays[b].subnet", "subnet 10.100.0.0/16 overlaps 10.100.0.0/24")
    ]
