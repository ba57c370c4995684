from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.capture.files.pcapng import Writer
from harness.capture.files.reader import frames
from harness.capture.notes import Note, comment_of, frame_of
from harness.incident.reproduction.export import Clock, Point, seen_at, write_configs, write_pcap, write_pcapng
from harness.topology.loader import load

TOPOLOGIES = Path(__file__).parents[3] / "scenarios/topologies"
SECOND = 10**9
FRAME = bytes(60)


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "lab.pcapng"
    with Writer.create(path, ["node01/eth0", "node02/eth0", "harness"]) as writer:
        writer.write(FRAME, 10 * SECOND, 0, direction="in", comment="harness: seen")
        writer.write(frame_of(Note("power off")), 11 * SECOND, 2, comment=comment_of(Note("power off")))
        writer.write(FRAME, 12 * SECOND, 1, direction="out")
        writer.write(FRAME[:40], 20 * SECOND, 0, direction="out", length=60)
    return path


def test_a_point_sees_its_own_link_on_its_own_clock(capture: Path) -> None:
    clock = Clock(offset=3 * SECOND, ppm=100, since=10 * SECOND)
    seen = list(seen_at([capture], Point("node01/eth0", "eth0", clock)))
    assert [(one.time, one.link, one.direction, one.comment) for one in seen] == [
        (13 * SECOND, "eth0", None, None),
        (23 * SECOND + 10**6, "eth0", None, None),
    ]


@pytest.mark.parametrize("name", ["a.pcap", "a.pcapng"])
def test_nothing_of_the_harness_is_left_in_a_file(capture: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    seen = seen_at([capture], Point("node01/eth0", "eth0"))
    count = write_pcapng(target, seen, "eth0") if name.endswith("ng") else write_pcap(target, seen)
    assert count == 2
    assert b"harness" not in target.read_bytes()
    assert b"node01" not in target.read_bytes()
    assert [(one.time, len(one.data), one.length) for one in frames(target)] == [
        (10 * SECOND, 60, 60),
        (20 * SECOND, 40, 60),
    ]


def test_each_member_has_its_configuration(tmp_path: Path) -> None:
    write_configs(tmp_path, load(TOPOLOGIES / "t036.yaml"))
    assert sorted(one.parent.name for one in tmp_path.rglob("cluster-config.json")) == ["node01", "node02", "node03"]
    assert json.loads((tmp_path / "node02/cluster-config.json").read_text())["node_id"] == "node02"
