from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from harness.topology.floor_plan import MARGIN, SWITCH_HIGH, floor_plan, switch_wide
from harness.topology.loader import load
from harness.topology.model import Topology

TOPOLOGIES = sorted((Path(__file__).parents[2] / "scenarios/topologies").glob("*.yaml"))


@pytest.mark.parametrize("file", TOPOLOGIES, ids=lambda path: path.stem)
def test_nothing_stands_on_anything_else(file: Path) -> None:
    topology = load(file)
    plan = floor_plan(topology)
    placed = [block for panel in plan.panels for group in panel.groups for block in group.blocks]
    assert len(placed) == len(topology.machines) + (topology.boot_server is not None)
    assert all(one.x + one.block.wide < other.x for one, other in pairwise(placed))
    assert all(one.x + one.wide <= other.x for one, other in pairwise(plan.panels))
    assert placed[0].x >= MARGIN
    assert placed[-1].x + placed[-1].block.wide < plan.wide
    for one in placed:
        for port, x in one.ports():
            assert one.x < x
            assert x + port.wide < one.x + one.block.wide


@pytest.mark.parametrize("file", TOPOLOGIES, ids=lambda path: path.stem)
def test_switches_stand_apart_and_above_the_lines(file: Path) -> None:
    plan = floor_plan(load(file))
    places = sorted((y, x, name) for name, (x, y) in plan.switches.items())
    for (y, x, name), (below, right, other) in pairwise(places):
        assert below != y or x + switch_wide(name) / 2 < right - switch_wide(other) / 2
    assert all(y + SWITCH_HIGH / 2 < plan.bus_top for y, _, _ in places)


def test_vlans_of_different_sites_share_a_height_and_those_of_one_never(three_sites: Topology) -> None:
    plan = floor_plan(three_sites)
    assert plan.bus("cluster-a") == plan.bus("cluster-b") == plan.bus("cluster-c") > plan.bus("provisioning")


def test_a_vlan_in_all_sites_runs_through_all_of_them(three_sites: Topology) -> None:
    plan = floor_plan(three_sites)
    first, *_, last = plan.panels
    start, end = plan.extent(three_sites.vlan("provisioning"))
    assert first.x < start < first.x + first.wide
    assert last.x < end < last.x + last.wide
    start, end = plan.extent(three_sites.vlan("cluster-b"))
    assert plan.panels[1].x < start < end < plan.panels[1].x + plan.panels[1].wide
