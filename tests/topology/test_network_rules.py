from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network

import pytest

from harness.topology.location import Location, render
from harness.topology.model import Topology
from harness.topology.network_rules import network_findings

NIC: Location = ("machines", 1, "nics", 0)
SECOND_VLAN = {"name": "storage", "subnet": "10.0.0.0/24"}


def found(topology: Topology) -> list[tuple[str, str]]:
    return [(render(topology, one.location), one.message) for one in network_findings(topology)]


def test_t036_is_right_though_its_boot_server_is_the_gateway(t036: Topology) -> None:
    assert t036.boot_server is not None
    assert t036.boot_server.address == t036.vlans[0].gateway
    assert found(t036) == []


@pytest.mark.parametrize(
    "changes,location,message",
    [
        ({(*NIC, "mac"): "52:54:00:00:01:01"}, "machines[node02].nics[eth0].mac", "duplicate MAC address"),
        ({(*NIC, "address"): "192.168.100.11"}, "machines[node02].nics[eth0].address", "duplicate address"),
        ({(*NIC, "address"): "192.168.100.1"}, "machines[node02].nics[eth0].address", "duplicate address"),
        ({(*NIC, "address"): "192.168.100.254"}, "machines[node02].nics[eth0].address", "duplicate address"),
        ({("vlans", 0, "gateway"): "192.168.100.254"}, "vlans[cluster].scenario_address", "duplicate address"),
        ({("vlans", 0, "scenario_address"): "192.168.100.1"}, "boot_server.address", "duplicate address"),
        ({("vlans", 0, "gateway"): "192.168.100.12"}, "machines[node02].nics[eth0].address", "duplicate address"),
        ({("boot_server", "address"): "192.168.100.13"}, "machines[node03].nics[eth0].address", "duplicate address"),
        ({(*NIC, "address"): "192.168.101.12"}, "machines[node02].nics[eth0].address", "lies outside"),
        ({(*NIC, "address"): "192.168.100.0"}, "machines[node02].nics[eth0].address", "is the network address"),
        ({(*NIC, "address"): "192.168.100.255"}, "machines[node02].nics[eth0].address", "is the broadcast address"),
        ({("vlans", 0, "gateway"): "10.0.0.1"}, "vlans[cluster].gateway", "lies outside"),
        ({("vlans", 0, "scenario_address"): "10.0.0.1"}, "vlans[cluster].scenario_address", "lies outside"),
        ({("boot_server", "address"): "10.0.0.1"}, "boot_server.address", "lies outside"),
        ({("stack", "vlan"): "clutser"}, "stack.vlan", "did you mean 'cluster'?"),
    ],
)
def test_one_wrong_value_is_one_finding_at_its_place(
    changes: dict[Location, object], location: str, message: str, alter: Callable[..., Topology]
) -> None:
    (one,) = found(alter(changes))
    assert one[0] == location
    assert message in one[1]


def test_a_card_in_an_unknown_vlan_is_one_finding_and_another_that_nothing_can_install_it(
    alter: Callable[..., Topology],
) -> None:
    assert [location for location, _ in found(alter({(*NIC, "vlan"): "storage"}))] == [
        "machines[node02].nics[eth0].vlan",
        "machines[node02].nics",
    ]


def test_an_unknown_vlan_of_the_boot_server_is_not_held_against_the_machines(alter: Callable[..., Topology]) -> None:
    ((location, _),) = found(alter({("boot_server", "vlan"): "nowhere"}))
    assert location == "boot_server.vlan"


def test_without_a_boot_server_no_machine_has_to_be_reached_by_it(alter: Callable[..., Topology]) -> None:
    machine_elsewhere = {
        ("boot_server",): None,
        ("vlans",): [{"name": "cluster", "subnet": "192.168.100.0/24"}, SECOND_VLAN],
        (*NIC, "vlan"): "storage",
        (*NIC, "address"): "10.0.0.12",
    }
    assert found(alter(machine_elsewhere)) == []


@pytest.mark.parametrize(
    "change,part",
    [
        ({"name": "cluster"}, "duplicate VLAN name"),
        ({"id": 100}, "duplicate VLAN id 100"),
        ({"multicast": "230.0.0.1:1234"}, "duplicate multicast endpoint 230.0.0.1:1234"),
        ({"subnet": "192.168.0.0/16"}, "subnet 192.168.0.0/16 overlaps 192.168.100.0/24"),
        ({"subnet": "192.168.100.128/25"}, "overlaps"),
        ({"gateway": "10.0.1.1"}, "lies outside subnet 10.0.0.0/24"),
    ],
)
def test_vlans_must_differ(change: dict[str, object], part: str, alter: Callable[..., Topology]) -> None:
    first = {"name": "cluster", "id": 100, "subnet": "192.168.100.0/24", "multicast": "230.0.0.1:1234"}
    ((location, message),) = found(alter({("vlans",): [first, {**SECOND_VLAN, **change}]}))
    assert location.startswith(f"vlans[{change.get('name', 'storage')}]")
    assert part in message


def test_two_vlans_without_an_id_do_not_collide(alter: Callable[..., Topology]) -> None:
    assert found(alter({("vlans",): [{"name": "cluster", "subnet": "192.168.100.0/24"}, SECOND_VLAN]})) == []


def test_cards_of_one_machine_need_different_names(alter: Callable[..., Topology]) -> None:
    cards = [
        {"name": "eth0", "mac": f"52:54:00:00:02:{i:02x}", "vlan": "cluster", "address": f"192.168.100.{i}"}
        for i in (20, 21)
    ]
    assert found(alter({("machines", 2, "nics"): cards})) == [
        ("machines[node03].nics[eth0].name", "duplicate network card name eth0")
    ]


def test_the_ends_of_a_subnet_are_named(alter: Callable[..., Topology]) -> None:
    (one,) = network_findings(alter({(*NIC, "address"): "10.0.0.1"}))
    assert one.expected == "one from 192.168.100.1 to 192.168.100.254"
    assert IPv4Network("192.168.100.0/24")[-2] == IPv4Address("192.168.100.254")


ETH1: Location = ("machines", 0, "nics", 1)


def test_the_corrected_networks_hold(photoncloud: Topology, three_sites: Topology) -> None:
    assert [found(one) for one in (photoncloud, three_sites)] == [[], []]


def test_one_id_in_two_sites_is_two_vlans_but_not_where_they_meet(alter_three_sites: Callable[..., Topology]) -> None:
    changes: dict[Location, object] = {("vlans", 2, "site"): "a"}
    assert found(alter_three_sites(changes)) == [("vlans[cluster-b].id", "duplicate VLAN id 200")]
    assert found(alter_three_sites({("vlans", 1, "site"): None})) == [
        ("vlans[cluster-b].id", "duplicate VLAN id 200"),
        ("vlans[cluster-c].id", "duplicate VLAN id 200"),
    ]


@pytest.mark.parametrize(
    "changes,location,message",
    [
        ({(*ETH1, "tagged", 1, "vlan"): "cluster"}, "tagged[1].vlan", "duplicate VLAN on this card cluster"),
        ({(*ETH1, "vlan"): "client"}, "tagged[1].vlan", "duplicate VLAN on this card client"),
        ({(*ETH1, "tagged", 0, "address"): "10.0.30.99"}, "tagged[0].address", "address 10.0.30.99 lies outside"),
        ({(*ETH1, "tagged", 0, "address"): "10.0.200.11"}, None, "duplicate address 10.0.200.11"),
        ({(*ETH1, "tagged", 0, "vlan"): "clutser"}, "tagged[0].vlan", "no VLAN is called 'clutser' (did you mean"),
        ({(*ETH1, "address"): "10.0.100.77"}, "address", "an address in no VLAN"),
    ],
)
def test_trunks(
    changes: dict[Location, object], location: str | None, message: str, alter_photoncloud: Callable[..., Topology]
) -> None:
    ((place, text), *_) = found(alter_photoncloud(changes))
    assert text.startswith(message)
    assert location is None or place == f"machines[node01].nics[eth1].{location}"


def test_a_card_needs_a_vlan_and_an_address(alter_photoncloud: Callable[..., Topology]) -> None:
    assert found(alter_photoncloud({(*ETH1, "tagged"): []})) == [
        ("machines[node01].nics[eth1]", "a network card in no VLAN")
    ]
    assert found(alter_photoncloud({(*ETH1, "tagged"): [{"vlan": "cluster"}]})) == [
        ("machines[node01].nics[eth1]", "a network card without an address")
    ]


def test_firmware_sends_no_tags_so_a_tagged_vlan_installs_nothing(alter_photoncloud: Callable[..., Topology]) -> None:
    tagged = [{"vlan": "provisioning", "address": "10.0.100.50"}]
    changes: dict[Location, object] = {
        ("machines", 0, "nics", 0, "vlan"): None,
        ("machines", 0, "nics", 0, "address"): None,
    }
    assert found(alter_photoncloud({**changes, ("machines", 0, "nics", 0, "tagged"): tagged})) == [
        ("machines[node01].nics", "'node01' has no network card in VLAN 'provisioning' of the boot server")
    ]


@pytest.mark.parametrize(
    "location",
    [("flows", 0, "from"), ("overlays", 0, "over"), ("switches", 0, "routes", 1), ("machines", 0, "bmc", "vlan")],
)
def test_every_name_of_a_vlan_is_looked_up(location: Location, alter_photoncloud: Callable[..., Topology]) -> None:
    assert [text for _, text in found(alter_photoncloud({location: "zzz"}))] == ["no VLAN is called 'zzz'"]


def test_a_tagged_vlan_needs_a_number_and_a_name_for_its_interface(alter_photoncloud: Callable[..., Topology]) -> None:
    place, message = found(alter_photoncloud({("vlans", 2, "id"): None}))[0]
    assert (place, message) == ("machines[node01].nics[eth1].tagged[0].vlan", "VLAN 'cluster' is tagged and has no id")

    messages = [message for _, message in found(alter_photoncloud({(*ETH1, "name"): "uplink-to-rack"}))]
    assert "'uplink-to-rack.200' is too long for an interface's name" in messages
