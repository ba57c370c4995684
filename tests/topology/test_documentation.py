"""The page about the file format names every key that a file may have, and its example is right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from harness.topology.fields import keys
from harness.topology.location import Location
from harness.topology.model import NicSpec, Topology

PAGE = (Path(__file__).parents[2] / "docs/topology.md").read_text(encoding="utf-8")
PARTS: dict[str, Location] = {
    "the whole": (),
    "wans": ("wans", 0),
    "vlans": ("vlans", 0),
    "dhcp": ("vlans", 0, "dhcp"),
    "plan": ("vlans", 0, "plan", 0),
    "vips": ("vips", 0),
    "overlays": ("overlays", 0),
    "flows": ("flows", 0),
    "switches": ("switches", 0),
    "uplinks": ("switches", 0, "uplinks", 0),
    "cables": ("cables", 0),
    "boot server": ("boot_server",),
    "machines": ("machines", 0),
    "bmc": ("machines", 0, "bmc"),
    "bandwidth": ("machines", 0, "bandwidth"),
    "nics": ("machines", 0, "nics", 0),
    "tagged": ("machines", 0, "nics", 0, "tagged", 0),
    "link": ("machines", 0, "nics", 0, "link"),
    "impairment": ("machines", 0, "nics", 0, "link", "both"),
    "disk layout": ("disk_layout",),
    "volumes": ("disk_layout", "volumes", 0),
    "stack": ("stack",),
    "raft": ("stack", "raft"),
}


@pytest.mark.parametrize("part", PARTS)
def test_every_key_is_named(part: str) -> None:
    named = set(re.findall(r"`([a-z_]+)`", PAGE))
    assert set(keys(Topology, PARTS[part])) <= named


def test_the_example_is_right() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    cards = YAML(typ="safe").load(example)["nics"]
    trunk = cards[1] | {"tagged": tuple(cards[1]["tagged"])}
    assert [NicSpec.model_validate(one).vlan for one in (cards[0], trunk)] == ["provisioning", "cluster"]
