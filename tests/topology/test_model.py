from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from pydantic import ValidationError

from harness.topology.model import LogicalVolume, MachineSpec, NicSpec, Topology
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


def test_a_topology_survives_the_way_to_json_and_back(t036: Topology) -> None:
    assert Topology.model_validate_json(t036.model_dump_json()) == t036


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
