from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest

from harness.network.bridge import filter as rules
from harness.network.bridge.nftables import Nftables
from harness.network.hearing import PROTOCOLS, Match
from harness.network.protocol import Direction
from harness.sandbox.netns import NetworkNamespace

FROM_TWO = Match("tcp", 2380, frozenset({IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")}))


def test_a_rule_about_sources_looks_at_every_source() -> None:
    assert "ip saddr { 10.0.0.1, 10.0.0.2 } tcp dport 2380" in rules.deafen("lab", "deaf1", [("p1", 2)], FROM_TWO)


def test_a_rule_about_ports_looks_at_either_end() -> None:
    text = rules.deafen("lab", "deaf1", [("p1", 2)], Match("tcp", 2380))
    assert "tcp sport 2380" in text
    assert "tcp dport 2380" in text


def test_without_vlan_filtering_forged_tags_are_dropped_here() -> None:
    assert "vlan id != 0" in rules.table("lab", vlans=False)
    assert "vlan id" not in rules.table("lab", vlans=True)


def test_a_listing_s_counters_are_read_by_port() -> None:
    counted = {"elem": {"val": "p1", "counter": {"packets": 3, "bytes": 138}}}
    listing = rules.read(
        [
            {"metainfo": {}},
            {"set": {"name": "cut_down", "elem": ["p1"]}},
            {"set": {"name": "cut_down_frames", "elem": [counted]}},
            {"set": {"name": "dropped_stacked", "elem": [counted]}},
        ]
    )
    assert listing.cut == {"up": set(), "down": {"p1"}}
    assert listing.cut_frames == {"up": {}, "down": {"p1": rules.Count(3, 138)}}
    assert listing.dropped == {"reserved": {}, "stacked": {"p1": rules.Count(3, 138)}, "vlan": {}}


@pytest.fixture(params=[True, False])
def nftables(request: pytest.FixtureRequest) -> Iterator[Nftables]:
    with NetworkNamespace.create() as place:
        made = Nftables(place)
        made.run(rules.table("lab", vlans=request.param))
        yield made


@pytest.mark.kernel
def test_what_is_cut_is_read_back(nftables: Nftables) -> None:
    def cut() -> dict[Direction, set[str]]:
        return rules.read(nftables.read("list table bridge lab")).cut

    nftables.run(rules.cut("lab", "p1", ["up", "down"]) + rules.cut("lab", "p2", ["up"]))
    assert cut() == {"up": {"p1", "p2"}, "down": {"p1"}}
    nftables.run(rules.cut("lab", "p1", ["down"]))
    nftables.run(rules.cut("lab", "p2", []))
    assert cut() == {"up": set(), "down": {"p1"}}


@pytest.mark.kernel
@pytest.mark.parametrize(
    "only", [None, *(Match(protocol) for protocol in PROTOCOLS), Match("tcp", 1), Match("udp", 2), FROM_TWO]
)
def test_the_kernel_takes_every_rule_and_lets_it_go(nftables: Nftables, only: Match | None) -> None:
    nftables.run(rules.add_speakers("lab", {"p1": 1, "p2": 2}))
    nftables.run(rules.deafen("lab", "deaf1", [("p1", 2), ("p2", 1)], only))
    nftables.run(rules.deafen("lab", "deaf2", [], only))
    nftables.run(rules.suspend("lab", "deaf1"))
    assert rules.rule_count(nftables.read("list counter bridge lab deaf1")) == 0
    nftables.run(rules.remove("lab", "deaf1"))
    nftables.run(rules.forget("lab", ["p1"]))
    nftables.run(rules.delete_table("lab"))
    assert [one for one in nftables.read("list ruleset") if "table" in one] == []
