from __future__ import annotations

from ipaddress import IPv4Network
from itertools import pairwise

from harness.topology.links import WanSpec
from harness.topology.looks import looks, title, wan_label
from harness.topology.model import Topology, Vlan


def test_thirty_five_vlans_differ_and_neighbours_in_both_ways(t036: Topology) -> None:
    vlans = tuple(Vlan(name=f"v{i}", subnet=IPv4Network(f"10.0.{i}.0/24")) for i in range(35))
    look = list(looks(t036.model_copy(update={"vlans": vlans})).values())
    assert len(set(look)) == 35
    for one, other in pairwise(look):
        assert one.colour != other.colour
        assert one.dash != other.dash


def test_titles(photoncloud: Topology, t036: Topology) -> None:
    assert title(photoncloud.vlan("cluster")) == "VLAN 200 cluster"
    assert title(t036.vlan("cluster")) == "network cluster"


def test_lines_between_sites(three_sites: Topology) -> None:
    assert wan_label(three_sites.wans[0]) == "10 Gbps, 2 ms, synchronous"
    assert wan_label(WanSpec(between=("a", "b"))) == "line"
