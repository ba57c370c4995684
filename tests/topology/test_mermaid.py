from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.topology.loader import load
from harness.topology.looks import looks
from harness.topology.mermaid import mermaid
from harness.topology.model import Topology

DRAWINGS = Path(__file__).parent / "drawings"
TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"
EDGE = re.compile(r"  (\w+) (---|===|-\.-|<-\.)")


@pytest.mark.parametrize("name", ["t036", "photoncloud", "three-sites"])
def test_the_text_is_exactly_this(name: str) -> None:
    assert mermaid(load(TOPOLOGIES / f"{name}.yaml")) == (DRAWINGS / f"{name}.mmd").read_text()


@pytest.mark.parametrize("file", sorted(TOPOLOGIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_boxes_are_closed_and_edges_join_what_is_there(file: Path) -> None:
    lines = mermaid(load(file)).splitlines()
    words = [line.split() for line in lines]
    assert sum(line[:1] == ["subgraph"] for line in words) == sum(line == ["end"] for line in words)
    there = set(re.findall(r"\b((?:vlan|machine|switch|site)_\w+)[\[({]", "\n".join(lines)))
    joined = [
        re.findall(r"\b(?:vlan|machine|switch|site)_\w+", line.split("style")[0]) for line in lines if EDGE.match(line)
    ]
    assert joined
    assert {end for ends in joined for end in ends} <= there
    assert all(len(ends) == 2 for ends in joined)


def test_trunks_are_thick_and_in_the_colour_of_each_vlan(photoncloud: Topology) -> None:
    lines = mermaid(photoncloud).splitlines()
    edges = [line for line in lines if EDGE.match(line)]
    number = next(i for i, edge in enumerate(edges) if "eth1 tagged 10.0.30.10" in edge)
    assert "machine_node01 ===" in edges[number]
    look = looks(photoncloud)["client"]
    assert f"  linkStyle {number} stroke:{look.colour},stroke-width:5px,stroke-dasharray:{look.dash}" in lines


def test_a_native_vlan_is_called_so(photoncloud: Topology) -> None:
    machine = photoncloud.machine("node01")
    trunk = machine.nics[1].model_copy(update={"vlan": "provisioning"})
    topology = photoncloud.model_copy(update={"machines": (machine.model_copy(update={"nics": (trunk,)}),)})
    assert '|"eth1 native"| vlan_provisioning' in mermaid(topology)
