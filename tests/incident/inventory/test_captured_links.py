from __future__ import annotations

from harness.incident.inventory.captured_links import sees
from tests.incident.field import mac_of, said, talk, wires

NAMES = {mark: f"node{at}" for at in (1, 2, 3) for mark in (f"10.0.0.{at}", mac_of(f"10.0.0.{at}"))}
ONE, TWO, THREE = "10.0.0.1", "10.0.0.2", "10.0.0.3"
LINK = ("a.pcap", "eth0")


def test_a_cable_is_its_machines() -> None:
    assert sees(wires(*talk(ONE, TWO), *talk(THREE, ONE)), NAMES) == {LINK: {"node1"}}


def test_what_a_switch_floods_does_not_count() -> None:
    frames = [*talk(ONE, TWO), *talk(ONE, THREE), *[said(TWO, THREE)] * 50]
    assert sees(wires(*frames), NAMES) == {LINK: {"node1"}}


def test_a_mirror_port_sees_everybody() -> None:
    frames = [*talk(ONE, TWO), *talk(TWO, THREE), *talk(THREE, ONE)]
    assert sees(wires(*frames), NAMES) == {LINK: {"node1", "node2", "node3"}}


def test_between_two_it_may_be_the_one_or_the_other() -> None:
    assert sees(wires(*talk(ONE, TWO)), NAMES) == {LINK: {"node1", "node2"}}


def test_who_is_no_machine_is_not_named() -> None:
    assert sees(wires(*talk("10.0.0.9", ONE), *talk("10.0.0.9", TWO)), NAMES) == {LINK: set()}
