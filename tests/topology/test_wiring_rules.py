from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.topology.location import Location, render
from harness.topology.model import Topology
from harness.topology.wiring_rules import wiring_findings


def found(topology: Topology) -> list[tuple[str, str]]:
    return [(render(topology, one.location), one.message) for one in wiring_findings(topology)]


def test_what_is_corrected_holds(photoncloud: Topology, three_sites: Topology, t036: Topology) -> None:
    assert [found(topology) for topology in (photoncloud, three_sites, t036)] == [[], [], []]


@pytest.mark.parametrize(
    "changes,location,message",
    [
        ({("machines", 0, "site"): "z"}, "machines[node01].site", "no site is called 'z'"),
        ({("machines", 0, "site"): None}, "machines[node01]", "'node01' stands in no site"),
        (
            {("machines", 0, "site"): "b"},
            "machines[node01].nics[eth1].vlan",
            "VLAN 'cluster-a' is in site 'a', the machine in 'b'",
        ),
        ({("wans", 0, "between"): ["a", "a"]}, "wans[0].between", "a line from 'a' to itself"),
        ({("wans", 1, "between"): ["b", "a"]}, "wans[1].between", "duplicate line from a to b"),
        (
            {("wans", 0, "link", "back"): {"delay": "5 ms"}},
            "wans[0].replication",
            "a delay of 5 ms back is too long for synchronous replication",
        ),
        (
            {("wans", 2, "link", "both", "delay"): "100 ms"},
            "wans[2].replication",
            "a delay of 100 ms forth is too long for asynchronous replication",
        ),
        (
            {("wans", 2, "between"): ["a", "b"], ("wans", 1, "between"): ["b", "a"]},
            "sites[c].name",
            "no line joins site 'c' to 'a'",
        ),
        ({("wans", 2, "between"): ["b", "a"]}, "wans", "the loss of site 'b' parts 'c' from 'a'"),
        ({("switches", 0, "name"): "switch-b"}, "switches[switch-b].name", "duplicate switch name switch-b"),
        ({("sites", 1, "name"): "a"}, "sites[a].name", "duplicate site name a"),
        (
            {("boot_server", "switch"): "swich-a"},
            "boot_server.switch",
            "no switch is called 'swich-a' (did you mean 'switch-a'?)",
        ),
    ],
)
def test_sites(
    changes: dict[Location, object], location: str, message: str, alter_three_sites: Callable[..., Topology]
) -> None:
    assert (location, message) in found(alter_three_sites(changes))


@pytest.mark.parametrize(
    "changes,location,message",
    [
        (
            {("machines", 0, "rack"): "rack9"},
            "machines[node01].rack",
            "rack 'rack9' has no switch (did you mean 'rack3'?)",
        ),
        (
            {("machines", 0, "nics", 0, "switch"): "tor9"},
            "machines[node01].nics[eth0].switch",
            "no switch is called 'tor9'",
        ),
        ({("cables", 0, "between", 1): "core"}, "cables[0].between", "a cable from 'core' to itself"),
        ({("cables", 1, "between"): ["tor1", "core"]}, "cables[1].between", "duplicate cable from core to tor1"),
        ({("cables", 1, "between", 0): "cor"}, "cables[1].between[0]", "no switch is called 'cor'"),
        ({("switches", 1, "routes"): ["client"]}, "switches[tor1].routes[0]", "duplicate router of VLAN client"),
        (
            {("vlans", 0, "gateway"): None},
            "switches[core].routes[0]",
            "VLAN 'management' has no gateway that could route it",
        ),
    ],
)
def test_switches(
    changes: dict[Location, object], location: str, message: str, alter_photoncloud: Callable[..., Topology]
) -> None:
    assert any(place == location and text.startswith(message) for place, text in found(alter_photoncloud(changes)))


def test_without_a_claim_a_site_may_part_the_others(alter_three_sites: Callable[..., Topology]) -> None:
    changes: dict[Location, object] = {("wans",): (), ("stack", "survives"): None}
    assert found(alter_three_sites(changes)) == []


def test_a_machine_needs_no_site_where_there_is_one_at_most(alter: Callable[..., Topology]) -> None:
    assert found(alter({("sites",): [{"name": "a"}]})) == []
