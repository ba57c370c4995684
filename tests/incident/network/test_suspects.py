from __future__ import annotations

from collections.abc import Iterable

import pytest

from harness.incident.network.suspects import Suspect, suspect
from harness.topology.model import Topology
from tests.incident.talk import topology

FLAT = topology("node01", "node02", "node03")
SITES = topology("node01", "node02", "node03", "node04", sites="abca")


class Floor:
    def __init__(self, where: Topology) -> None:
        self.where = where

    def card(self, machine: str) -> str:
        return f"{machine}/eth0"

    def site(self, name: str) -> str | None:
        return self.where.machine(name).site if name.startswith("node") else "a"


def of(where: Topology, affected: Iterable[str], spared: Iterable[str] = ()) -> Suspect | None:
    return suspect(where, {ends(pair) for pair in affected}, {ends(pair) for pair in spared}, Floor(where))


def ends(pair: str) -> frozenset[str]:
    return frozenset(f"node0{end}" if end.isdigit() else end for end in pair.split("-"))


@pytest.mark.parametrize(
    "where, affected, spared, link",
    [
        (FLAT, ["1-2", "1-3"], ["2-3"], "node01/eth0"),
        (FLAT, ["1-2"], ["1-3"], "node02/eth0"),
        (FLAT, ["1-2", "1-3"], [], "node01/eth0"),
        (SITES, ["1-2", "4-2"], ["1-3"], "a--b"),
        (SITES, ["1-2", "client-2"], ["2-3"], "a--b"),
        (SITES, ["1-2"], ["4-2"], "node01/eth0"),
        (SITES, ["1-2", "2-3"], ["1-3"], "node02/eth0"),
        (SITES, ["1-2", "1-3"], ["4-3"], "node01/eth0"),
    ],
)
def test_the_link_that_all_have_in_common_is_it(
    where: Topology, affected: list[str], spared: list[str], link: str
) -> None:
    found = of(where, affected, spared)
    assert found is not None
    assert found.link == link


def test_where_several_would_do_it_is_less_sure() -> None:
    alone, sure = of(SITES, ["1-2"]), of(FLAT, ["1-2", "1-3"])
    assert alone is not None
    assert sure is not None
    assert alone.sure < sure.sure == 1


def test_all_of_a_network_is_no_link() -> None:
    assert of(FLAT, ["1-2", "1-3", "2-3"]) is None


def test_directions_are_named_by_the_first_end() -> None:
    card, line = of(FLAT, ["1-2", "1-3"]), of(SITES, ["1-2", "4-2", "client-2"])
    assert card is not None
    assert line is not None
    assert [card.way(pair) for pair in (("node01", "node02"), ("node03", "node01"))] == ["up", "down"]
    assert [line.way(pair) for pair in (("client", "node02"), ("node02", "node04"))] == ["up", "down"]
