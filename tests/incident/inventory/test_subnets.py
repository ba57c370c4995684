from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from harness.incident.inventory.subnets import Segment, segments
from tests.incident.field import said, wires


def shown(found: list[Segment]) -> list[tuple[str, int | None]]:
    return [(str(one.subnet), one.tag) for one in found]


def test_addresses_are_in_usual_subnets_unless_somebody_tells() -> None:
    assert shown(segments(["10.0.0.1", "10.0.0.9", "10.0.1.1", "fd00::1", "127.0.0.1"], [], wires())) == [
        ("10.0.0.0/24", None),
        ("10.0.1.0/24", None),
    ]


def test_a_broadcast_tells_how_far_a_subnet_goes() -> None:
    frames = wires(said("10.0.0.1", "10.0.255.255", to="ff:ff:ff:ff:ff:ff"))
    assert shown(segments(["10.0.0.1", "10.0.1.1"], [], frames)) == [("10.0.0.0/16", None)]


def test_tags_are_the_vlans() -> None:
    frames = wires(said("10.0.0.1", "10.0.0.2", tag=200), said("10.3.0.1", "10.3.0.2", tag=300))
    found = segments(["10.0.0.1", "10.3.0.1"], [], frames)
    assert shown(found) == [("10.0.0.0/24", 200), ("10.3.0.0/24", 300)]
    assert [one.name for one in found] == ["vlan200", "vlan300"]


def test_a_tag_of_several_subnets_is_nobodys() -> None:
    frames = wires(said("10.0.0.1", "10.0.0.2", tag=200), said("10.3.0.1", "10.3.0.2", tag=200))
    assert [one.tag for one in segments(["10.0.0.1", "10.3.0.1"], [], frames)] == [None, None]


def test_a_free_address_is_the_last_one() -> None:
    segment = Segment(IPv4Network("10.0.0.0/30"), gateway=IPv4Address("10.0.0.2"))
    assert segment.free(()) == IPv4Address("10.0.0.1")
    with pytest.raises(LookupError, match=r"10\.0\.0\.0/30"):
        segment.free([IPv4Address("10.0.0.1")])
