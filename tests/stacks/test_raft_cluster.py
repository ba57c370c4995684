from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.sandbox.waiting import HEALTHY, NotSeen
from harness.stacks.asking import name_of
from harness.stacks.protocol import Check, Health, Members, Unavailable
from harness.stacks.raft_cluster import RaftCluster, wait_until_healthy
from harness.topology.loader import load
from harness.units import seconds

if TYPE_CHECKING:
    from harness.stacks.protocol import Which

T036 = load(Path(__file__).parents[2] / "scenarios/topologies/t036.yaml")


class Opinions(RaftCluster):
    """A cluster whose members believe what they were given: a leader and a term, or nothing where they are away."""

    def __init__(self, **opinions: tuple[str | None, int] | None) -> None:
        super().__init__("chainfire", T036.machines)
        self.opinions = opinions

    def members(self, *, via: Which | None = None) -> Members:
        name = name_of(via or "node01")
        opinion = self.opinions.get(name)
        if opinion is None:
            raise Unavailable(f"{name} is away")
        return Members((), *opinion, seen_by=name)


def test_the_leader_is_that_of_the_highest_term_or_whoever_is_asked_believes_in() -> None:
    cluster = Opinions(node01=("node01", 4), node02=("node03", 5), node03=("node03", 5))
    assert cluster.leader(via="node01").name == "node01"
    assert cluster.wait_for_leader(within=0 * seconds).name == "node03"


def test_most_members_are_enough() -> None:
    assert Opinions(node01=("node02", 4), node02=("node02", 4)).leader() == T036.machine("node02")


@pytest.mark.parametrize("leader", [None, "node99"])
def test_without_a_leader_among_the_machines_there_is_none(leader: str | None) -> None:
    with pytest.raises(Unavailable, match="chainfire: no leader is known; node01, node02 answered"):
        Opinions(node01=(leader, 4), node02=(None, 4)).leader()


def test_a_leader_that_does_not_say_so_itself_or_is_not_wanted_is_waited_for() -> None:
    cluster = Opinions(node01=("node02", 4), node02=("node01", 4), node03=("node02", 4))
    with pytest.raises(NotSeen, match=r"chainfire to be led by one of node01, node02, node03; .*node02 leads"):
        cluster.wait_for_leader(within=0 * seconds)
    agreed = Opinions(node01=("node02", 4), node02=("node02", 4))
    with pytest.raises(NotSeen, match="to be led by one of node01, node03;"):
        agreed.wait_for_leader(outside=["node02"], within=0 * seconds)
    assert agreed.wait_for_leader(among=[T036.machine("node02")], within=0 * seconds).name == "node02"


def test_health_is_waited_for_and_what_fails_is_told() -> None:
    def seen(*, healthy: bool) -> Health:
        return Health((Check("iam", "node01", "https://node01:8080/health", healthy=healthy, seen="status 503"),))

    looks = iter([seen(healthy=False), seen(healthy=True)])
    assert wait_until_healthy(lambda: next(looks), within=5 * seconds, patience=HEALTHY).complete
    with pytest.raises(NotSeen, match=r"iam on node01 .*: status 503"):
        wait_until_healthy(lambda: seen(healthy=False), within=0 * seconds, patience=HEALTHY)
