from __future__ import annotations

from dataclasses import replace

import pytest

from harness.incident.network.vantages import is_for_all, vantages
from tests.incident.talk import BEGAN, MILLISECOND, Talk, topology

THREE = topology("node01", "node02", "node03")


def test_a_machines_own_cable_is_told_by_what_passes_it() -> None:
    record = Talk(THREE, ("node01", "node03"), lasts=2000).record()
    points = vantages(record)
    assert {point: one.machine for point, one in points.items()} == {
        ("node01.pcap", "eth0"): "node01",
        ("node03.pcap", "eth0"): "node03",
    }
    assert all(BEGAN <= one.awake[0][0] < one.ended <= BEGAN + 2000 * MILLISECOND for one in points.values())


def test_where_several_machines_frames_pass_nobody_is_at_home() -> None:
    record = Talk(THREE, ("node01", "node02"), lasts=2000).record()
    mirror = [packet._replace(capture="mirror.pcap") for packet in record.packets]
    (point,) = vantages(replace(record, packets=mirror)).values()
    assert point.machine is None


def test_two_that_talk_to_nobody_else_can_not_be_told_apart() -> None:
    record = Talk(topology("node01", "node02"), ("node01",), lasts=2000).record()
    (point,) = vantages(record).values()
    assert point.machine is None


def test_what_the_record_says_of_a_point_goes_first() -> None:
    record = Talk(topology("node01", "node02"), ("node01",), lasts=2000).record()
    point = ("node01.pcap", "eth0")
    (told,) = vantages(replace(record, sees={point: frozenset({"node01"})})).values()
    assert told.machine == "node01"
    (told,) = vantages(replace(record, sees={point: frozenset({"node01", "node02"})})).values()
    assert told.machine is None


@pytest.mark.parametrize(
    "changes, for_all",
    [
        ({"dst_mac": "ff:ff:ff:ff:ff:ff"}, True),
        ({"dst_mac": "01:00:5e:00:00:01"}, True),
        ({"dst_mac": "", "dst": "ff02::2"}, True),
        ({"dst_mac": "", "dst": "224.0.0.18"}, True),
        ({"dst_mac": "", "dst": "255.255.255.255"}, True),
        ({"dst_mac": "", "dst": "10.224.0.1"}, False),
        ({"dst_mac": "", "dst": ""}, False),
        ({}, False),
    ],
)
def test_what_is_for_all_is_told_by_its_addresses(changes: dict[str, str], *, for_all: bool) -> None:
    packet = Talk(THREE, ("node01",), lasts=10).record().packets[0]
    assert is_for_all(packet._replace(**changes)) is for_all  # type: ignore[arg-type]


def test_a_capture_that_held_its_breath_was_not_awake() -> None:
    record = Talk(THREE, ("node01",), lasts=3000).record()
    times = [BEGAN + 1000 * MILLISECOND, BEGAN + 2000 * MILLISECOND]
    packets = [packet for packet in record.packets if not times[0] < packet.time < times[1]]
    (point,) = vantages(replace(record, packets=packets)).values()
    (_, asleep), (awake, _) = point.awake
    assert abs(asleep - times[0]) < 50 * MILLISECOND
    assert abs(awake - times[1]) < 50 * MILLISECOND
