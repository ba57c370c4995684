from __future__ import annotations

from functools import cache

import pytest

from harness.capture.decoding import Decoding
from harness.capture.dissector import Ports
from harness.capture.events import Event, GossipDead
from harness.incident.signatures.gossip_signatures import HeldForDead
from tests.incident.files.test_folder import CAPTURES
from tests.incident.stages import stage

FAILED = (10, "node01", "    2026/11/21 17:36:14 [INFO] serf: EventMemberFailed: node02 192.168.100.12")
JOINED = (1, "node01", "    2026/11/21 17:36:04 [INFO] serf: EventMemberJoin: node02 192.168.100.12")


@cache
def gossip() -> list[Event]:
    name = "serf-0.9.4-node-death.pcap"
    with (CAPTURES / name).open("rb") as file:
        return list(Decoding(file, name, ports=Ports(gossip=frozenset({27946, 27947, 27948}))))


def test_a_member_is_held_for_dead_on_the_wire() -> None:
    seen = HeldForDead().look(stage(heard=gossip()))
    assert (seen.appeared, seen.because) == (True, "n8 is held for dead")
    assert seen.evidence[0].frame == 119


def test_who_says_so_itself_leaves() -> None:
    others = [one for one in gossip() if not isinstance(one, GossipDead)]
    assert HeldForDead().look(stage(heard=others)).appeared is False


def test_a_member_is_held_for_dead_in_a_journal() -> None:
    assert HeldForDead().look(stage(JOINED, FAILED)).because == "node02 is held for dead"
    assert HeldForDead().look(stage(JOINED, FAILED, since=11)).appeared is False


@pytest.mark.parametrize("line", [(1, "node01", "etcd says nothing of gossip")])
def test_without_gossip_nobody_can_tell(line: tuple[float, str, str]) -> None:
    assert HeldForDead().look(stage(line)).appeared is None
