from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.topology.drawing import svg
from harness.topology.loader import load
from harness.topology.looks import looks
from harness.topology.model import Topology

TOPOLOGIES = sorted((Path(__file__).parents[2] / "scenarios/topologies").glob("*.yaml"))
DRAWINGS = Path(__file__).parent / "drawings"


def parsed(topology: Topology) -> ET.Element:
    return ET.fromstring(svg(topology))  # noqa: S314 - what is parsed here was just written


def classes(root: ET.Element) -> Counter[str | None]:
    return Counter(element.get("class") for element in root)


def texts(root: ET.Element) -> Iterator[str]:
    return (element.text or "" for element in root if element.tag.endswith("text"))


def test_t036_is_drawn_exactly_so(t036: Topology) -> None:
    assert svg(t036) == (DRAWINGS / "t036.svg").read_text()


@pytest.mark.parametrize("file", TOPOLOGIES, ids=lambda path: path.stem)
def test_everything_is_drawn_once(file: Path) -> None:
    topology = load(file)
    seen = classes(parsed(topology))
    trunks = sum(bool(nic.tagged) for machine in topology.machines for nic in machine.nics)
    assert seen["vlan"] == len(topology.vlans)
    assert seen["site"] == len(topology.sites)
    assert seen["switch"] == len(topology.switches)
    assert seen["machine"] == len(topology.machines) + (topology.boot_server is not None)
    assert seen["sleeve"] == trunks + 1  # one in the legend
    assert seen["gateway"] == sum(len(switch.routes) for switch in topology.switches)


@pytest.mark.parametrize("file", TOPOLOGIES, ids=lambda path: path.stem)
def test_everything_lies_on_the_page(file: Path) -> None:
    root = parsed(load(file))
    wide, high = float(root.get("width", 0)), float(root.get("height", 0))
    for element in root:
        places = {name: float(element.get(name, 0)) for name in ("x", "x1", "x2", "cx", "y", "y1", "y2", "cy")}
        assert all(0 <= value <= (wide if "x" in name else high) for name, value in places.items()), element.attrib


def test_each_vlan_has_its_colour_and_pattern_and_says_what_it_is(photoncloud: Topology) -> None:
    root = parsed(photoncloud)
    lines = [(one.get("stroke"), one.get("stroke-dasharray", "")) for one in root if one.get("class") == "vlan"]
    assert lines == [tuple(look) for look in looks(photoncloud).values()]
    assert {"VLAN 10 management", "VLAN 400 storage", "10.0.200.0/24 gateway 10.0.200.1"} <= set(texts(root))


def test_the_notes_say_what_has_no_place(photoncloud: Topology) -> None:
    assert {
        "virtual address client-vip: 10.0.30.100",
        "overlay vm-overlay: 10.100.0.0/24 over cluster, UDP 4789",
        "core to the internet: firewall",
        "client may reach cluster (tcp/8080)",
    } <= set(texts(parsed(photoncloud)))


def test_lines_between_sites_say_what_they_are_like(three_sites: Topology) -> None:
    assert "a – b: 10 Gbps, 2 ms, synchronous" in texts(parsed(three_sites))  # noqa: RUF001 - as it is drawn
