from __future__ import annotations

from collections.abc import Callable

from harness.topology.impairment import Impairment
from harness.topology.location import Location
from harness.topology.model import Topology
from harness.topology.wiring import cables, switch_of
from harness.units import milliseconds

GBPS = 10**9


def test_every_card_has_its_cable_to_the_switch_of_its_rack(photoncloud: Topology) -> None:
    wired = {one.name: one.ends[1] for one in cables(photoncloud)}
    assert wired["node01/eth1"] == "tor1"
    assert wired["node09/eth2"] == "tor3"
    assert wired["core--pxe-mgmt"] == "pxe-mgmt"
    assert len(wired) == len(cables(photoncloud)) == 9 * 3 + 4


def test_a_cable_knows_its_speed(photoncloud: Topology) -> None:
    speeds = {one.name: one.speed for one in cables(photoncloud)}
    assert (speeds["node01/eth0"], speeds["core--tor1"]) == (10 * GBPS, 100 * GBPS)


def test_a_line_between_sites_has_its_conditions_in_both_directions(three_sites: Topology) -> None:
    line = next(one for one in cables(three_sites) if one.name == "a--b")
    assert line.forth == line.back == Impairment(delay=2 * milliseconds, rate=10 * GBPS)


def test_a_card_may_be_worse_off_in_one_direction(alter: Callable[..., Topology]) -> None:
    link = {"both": {"delay": "1 ms"}, "back": {"loss": "5 %"}}
    (first, *_) = cables(alter({("machines", 0, "nics", 0, "link"): link}))
    assert first.forth == Impairment(delay=1 * milliseconds)
    assert first.back == Impairment(delay=1 * milliseconds, loss=0.05)


def test_a_card_is_plugged_where_it_says_else_in_its_rack_else_in_its_site(
    three_sites: Topology, t036: Topology, alter_photoncloud: Callable[..., Topology]
) -> None:
    node05 = three_sites.machine("node05")
    assert switch_of(three_sites, node05, node05.nics[0]) == "switch-b"
    elsewhere: dict[Location, object] = {
        ("machines", 0, "nics", 0, "switch"): "pxe-mgmt",
        ("machines", 1, "rack"): None,
    }
    moved = alter_photoncloud(elsewhere)
    node01, node02 = moved.machines[:2]
    assert switch_of(moved, node01, node01.nics[0]) == "pxe-mgmt"
    assert switch_of(moved, node02, node02.nics[0]) is None  # five switches, and nothing says which
    assert {one.ends[1] for one in cables(t036)} == {None}
