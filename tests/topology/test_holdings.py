from __future__ import annotations

from harness.topology.holdings import cards_of, held, memberships, vlan_references, vlans_of
from harness.topology.model import Topology


def test_every_address_of_t036_has_its_holder(t036: Topology) -> None:
    assert [(one.holder, str(one.address)) for one in held(t036)] == [
        ("gateway", "192.168.100.1"),
        ("scenario", "192.168.100.254"),
        ("pxe", "192.168.100.1"),
        ("node01", "192.168.100.11"),
        ("node02", "192.168.100.12"),
        ("node03", "192.168.100.13"),
    ]


def test_a_machine_holds_an_address_in_each_of_its_vlans_and_its_controller_one(photoncloud: Topology) -> None:
    own = [
        (photoncloud.vlans[one.vlan or 0].name, str(one.address)) for one in held(photoncloud) if one.holder == "node04"
    ]
    assert own == [
        ("provisioning", "10.0.100.60"),
        ("cluster", "10.0.200.20"),
        ("client", "10.0.30.20"),
        ("storage", "10.0.40.20"),
        ("management", "10.0.10.54"),
    ]


def test_the_memberships_of_a_trunk_are_its_tagged_vlans(photoncloud: Topology) -> None:
    trunk = photoncloud.machine("node01").nics[1]
    at = ("machines", 0, "nics", 1)
    assert [(one.vlan, one.place) for one in memberships(trunk, at)] == [
        ("cluster", (*at, "tagged", 0, "address")),
        ("client", (*at, "tagged", 1, "address")),
    ]


def test_the_system_of_a_machine_is_not_in_the_vlan_of_its_controller(photoncloud: Topology) -> None:
    assert vlans_of(photoncloud.machine("node01")) == {"provisioning", "cluster", "client", "storage"}


def test_cards_count_by_what_they_say_and_by_what_they_leave_out(photoncloud: Topology) -> None:
    eth1 = ("machines", 0, "nics", 1)
    places = [(*eth1, "vlan"), (*eth1, "tagged"), (*eth1, "tagged", 0, "vlan"), (*eth1, "tagged", 1, "vlan")]
    assert set(places) <= set(cards_of(photoncloud, 0))


def test_every_place_that_names_a_vlan_is_looked_at(photoncloud: Topology, three_sites: Topology) -> None:
    tops = {location[0] for topology in (photoncloud, three_sites) for location, _ in vlan_references(topology)}
    assert tops == {"boot_server", "machines", "switches", "flows", "overlays", "stack"}
    assert "internet" not in {name for _, name in vlan_references(photoncloud)}
    assert (("stack", "other_vlans", 1), "cluster-c") in list(vlan_references(three_sites))
