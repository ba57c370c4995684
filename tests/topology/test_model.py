from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from pydantic import ValidationError

from harness.topology.model import LogicalVolume, MachineSpec, NicSpec, Topology
from harness.topology.port import Access, Trunk
from harness.units import GiB


def test_parts_are_found_by_name(t036: Topology) -> None:
    assert t036.machine("node02").nics[0].address == IPv4Address("192.168.100.12")
    assert t036.vlan("cluster").multicast is not None
    for missing in (t036.machine, t036.vlan):
        with pytest.raises(KeyError):
            missing("nowhere")


def test_the_defaults_are_the_layout_of_the_documents() -> None:
    nic = NicSpec(name="eth0", mac="52:54:00:00:01:01", vlan="cluster", address=IPv4Address("10.0.0.1"))
    machine = MachineSpec(name="node01", nics=(nic,))
    assert (machine.memory, machine.disk, machine.role) == (GiB, 100 * GiB, "control-plane")


def test_a_topology_survives_the_way_to_json_and_back(
    t036: Topology, photoncloud: Topology, three_sites: Topology
) -> None:
    for one in (t036, photoncloud, three_sites):
        assert Topology.model_validate_json(one.model_dump_json()) == one


def test_values_are_frozen_and_can_be_keys(t036: Topology) -> None:
    assert len({t036, t036.model_copy()}) == 1
    with pytest.raises(ValidationError, match="frozen"):
        t036.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    "wrong", [{"size": "80"}, {"size": True}, {"mount": "srv"}, {"more": 1}, {"filesystem": "xfs"}]
)
def test_values_that_are_nearly_right_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LogicalVolume.model_validate({"name": "data", "mount": "/srv", **wrong})


def test_a_card_in_one_vlan_is_an_access_port(t036: Topology) -> None:
    nic = t036.machine("node01").nics[0]
    assert nic.port == Access("cluster")
    assert (nic.vlan, str(nic.address)) == ("cluster", "192.168.100.11")


def test_a_card_with_tagged_vlans_is_a_trunk(photoncloud: Topology) -> None:
    nic = photoncloud.machine("node04").nics[1]
    assert nic.port == Trunk(("cluster", "client"))
    assert nic.addresses == {"cluster": IPv4Address("10.0.200.20"), "client": IPv4Address("10.0.30.20")}
    assert (nic.vlan, str(nic.address)) == ("cluster", "10.0.200.20")


def test_the_vlan_beside_tagged_ones_is_the_native_one() -> None:
    plain = {"name": "eth0", "mac": "52:54:00:00:01:01", "vlan": "boot", "tagged": ({"vlan": "cluster"},)}
    nic = NicSpec.model_validate(plain)
    assert nic.port == Trunk(("cluster",), native="boot")
    assert nic.addresses == {"boot": None, "cluster": None}
    with pytest.raises(LookupError, match="eth0 has no address"):
        _ = nic.address


def test_a_card_in_no_vlan_says_so() -> None:
    with pytest.raises(LookupError, match="eth0 is in no VLAN"):
        _ = NicSpec(name="eth0", mac="52:54:00:00:01:01").vlan


def test_a_stack_may_be_in_several_vlans(three_sites: Topology, t036: Topology) -> None:
    assert [one.stack and one.stack.vlans for one in (three_sites, t036)] == [
        ("cluster-a", "cluster-b", "cluster-c"),
        ("cluster",),
    ]
