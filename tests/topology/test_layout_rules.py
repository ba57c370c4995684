from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.topology.layout_rules import layout_findings
from harness.topology.location import Location, render
from harness.topology.model import Topology
from harness.units import GiB, MiB

ROOT = {"name": "root", "size": "80 GiB", "mount": "/"}
DATA = {"name": "data", "mount": "/var/lib"}


def found(topology: Topology) -> list[tuple[str, str]]:
    return [(render(topology, one.location), one.message) for one in layout_findings(topology)]


def test_t036_is_right(t036: Topology) -> None:
    assert found(t036) == []


@pytest.mark.parametrize(
    "volumes,location,message",
    [
        ([ROOT, {**DATA, "name": "root"}], "disk_layout.volumes[root].name", "duplicate volume name root"),
        ([ROOT, {**DATA, "mount": "/"}], "disk_layout.volumes[data].mount", "duplicate mount point /"),
        ([ROOT, {**DATA, "mount": "/boot"}], "disk_layout.volumes[data].mount", "duplicate mount point /boot"),
        ([DATA], "disk_layout.volumes", "no volume is mounted at '/'"),
        (
            [ROOT, DATA, {"name": "rest", "mount": "/srv"}],
            "disk_layout.volumes[rest]",
            "volume 'rest' without a size would also take the rest of the group",
        ),
    ],
)
def test_volumes(volumes: list[object], location: str, message: str, alter: Callable[..., Topology]) -> None:
    assert found(alter({("disk_layout", "volumes"): volumes})) == [(location, message)]


def test_the_root_is_no_place_for_the_esp(alter: Callable[..., Topology]) -> None:
    assert found(alter({("disk_layout", "esp_mount"): "/"})) == [
        ("disk_layout.volumes[root].mount", "duplicate mount point /")
    ]


def test_each_disk_that_is_too_small_is_found(alter: Callable[..., Topology]) -> None:
    changes: dict[Location, object] = {("machines", 0, "disk"): 80 * GiB, ("machines", 2, "disk"): 10 * GiB}
    assert found(alter(changes)) == [
        ("machines[node01].disk", "a disk of 80 GiB is too small for the disk layout"),
        ("machines[node03].disk", "a disk of 10 GiB is too small for the disk layout"),
    ]


@pytest.mark.parametrize("size,fits", [(80 * GiB + 524 * MiB, True), (80 * GiB + 524 * MiB - 1, False)])
def test_the_smallest_disk_that_will_do(size: int, fits: bool, alter: Callable[..., Topology]) -> None:  # noqa: FBT001
    # 512 MiB ESP, 80 GiB root, one extent of 4 MiB for the rest, 8 MiB for tables.
    topology = alter({("machines", i, "disk"): size for i in range(3)})
    assert (found(topology) == []) is fits


def test_volumes_take_whole_extents(alter: Callable[..., Topology]) -> None:
    volumes = [{**ROOT, "size": 4 * MiB + 1}]
    (finding, *_) = layout_findings(alter({("disk_layout", "volumes"): volumes, ("machines", 0, "disk"): MiB}))
    assert finding.expected == "528 MiB or more"
