"""What the names of a topology mean, by the repository's own."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.errors import LabError
from harness.network.hearing import isolate
from harness.network.ports import Access
from harness.network.selection import Directory, LinkSet
from harness.network.switched import SwitchNetwork
from harness.network.wiring import Card
from harness.sandbox.netns import NetworkNamespace
from harness.topology.loader import load

TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"


@pytest.fixture
def sites() -> Directory:
    return Directory(load(TOPOLOGIES / "three-sites.yaml"))


@pytest.fixture
def t036() -> Directory:
    return Directory(load(TOPOLOGIES / "t036.yaml"))


@pytest.fixture
def racks() -> Directory:
    return Directory(load(TOPOLOGIES / "photoncloud.yaml"))


def test_a_machine_is_all_its_cards(racks: Directory) -> None:
    assert racks.links_of("node01") == ("node01/eth0", "node01/eth1", "node01/eth2")
    assert racks.links_of("node01/eth1") == ("node01/eth1",)


def test_a_switch_is_its_cables(racks: Directory) -> None:
    assert racks.links_of("tor1") == ("core--tor1",)
    assert racks.links_of("core") == ("core--tor1", "core--tor2", "core--tor3", "core--pxe-mgmt")


def test_a_site_is_cut_off_at_its_lines_and_speaks_by_its_machines(sites: Directory) -> None:
    assert sites.links_of("a") == ("a--b", "a--c")
    assert sites.links_of("switch-a") == ("a--b", "a--c")
    assert sites.cards_of("a") == tuple(f"node0{n}/eth{card}" for n in (1, 2, 3) for card in (0, 1))


def test_a_switch_speaks_by_what_is_plugged_into_it_and_a_cable_not_at_all(racks: Directory) -> None:
    assert racks.cards_of("tor1") == tuple(f"node0{n}/eth{card}" for n in (1, 2, 3) for card in (0, 1, 2))
    with pytest.raises(LabError, match="nobody speaks or listens at the cable core--tor1"):
        racks.cards_of("core--tor1")


def test_a_set_is_what_its_members_are_and_nothing_twice(sites: Directory) -> None:
    sites.define("minority", "node07", "a--b", "a")
    assert sites.links_of("minority", "node07/eth0") == ("node07/eth0", "node07/eth1", "a--b", "a--c")
    sites.define("more", "minority", "node04/eth0")
    assert sites.links_of("more")[-1] == "node04/eth0"


def test_hearing_is_about_cards(sites: Directory) -> None:
    hearing = sites.hearing(isolate(["c"], ["a", "b", "c"]))
    assert hearing["node07/eth0"] == {*sites.cards_of("a"), *sites.cards_of("b")}
    assert hearing["node01/eth1"] == set(sites.cards_of("c"))


@pytest.mark.parametrize("name, meant", [("node1", "did you mean 'node01'"), ("zzz", "is no machine, card")])
def test_a_name_that_means_nothing_is_an_error(sites: Directory, name: str, meant: str) -> None:
    with pytest.raises(LabError, match=meant):
        sites.links_of(name)
    with pytest.raises(LabError, match=meant):
        sites.define("set", name)


def test_a_name_has_one_meaning(sites: Directory) -> None:
    with pytest.raises(LabError, match="'a' means something already"):
        sites.define("a", "node01")


def test_what_routers_pass_on_is_known_by_the_speakers_addresses(sites: Directory, t036: Directory) -> None:
    who = {"node01/eth1": frozenset({"node04/eth1", "node05/eth1"})}
    addresses = frozenset({IPv4Address("10.1.200.20"), IPv4Address("10.1.200.21")})
    routers = frozenset({"switch-a/provisioning", "switch-a/cluster-a", "switch-b/cluster-b", "switch-c/cluster-c"})
    assert sites.routed(who) == {addresses: {"node01/eth1": routers}}
    assert t036.routed({"node01": frozenset({"node02"})}) == {}


@pytest.mark.kernel
def test_a_guest_is_shown_a_pulled_cable_and_no_cut(tmp_path: Path) -> None:
    shown: list[tuple[str, bool]] = []
    with NetworkNamespace.create() as home:
        network = SwitchNetwork(tmp_path, home)
        network.start()
        try:
            network.attach("guest", Card("eth0", "52:54:00:00:00:01", Access(10)))
            links = LinkSet([network.links["guest"]], show_carrier=lambda link, *, on: shown.append((link, on)))
            links.cut()
            links.cut(carrier=False)
            links.cut(directions=["up"])
            links.restore()
        finally:
            network.stop()
    assert shown == [("guest", False), ("guest", True), ("guest", True), ("guest", True)]
