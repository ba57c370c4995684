"""What a notice board promises, and what it does when boards are away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.clients.load import Plan
from harness.clients.rehearsal import rehearsal
from harness.stacks.protocol import MaybeHappened, Unavailable
from harness.units import seconds

if TYPE_CHECKING:
    from harness.namespace_lab import NamespaceLab

pytestmark = pytest.mark.lab("three-boards", machines="any", start="cluster")


def test_a_notice_is_read(lab: NamespaceLab) -> None:
    assert lab.cluster.leader().name == "board1"
    assert lab.cluster.put("lunch", "at noon") < lab.cluster.put("lunch", "at one")
    assert lab.cluster.get("lunch") == "at one"
    assert lab.cluster.get("supper") is None
    with pytest.raises(Unavailable, match="board1 leads"):
        lab.cluster.put("lunch", "never", via="board2")


def test_two_boards_are_enough_and_one_is_not(lab: NamespaceLab) -> None:
    lab.links("board2").cut()
    lab.cluster.put("lunch", "for two")
    lab.links("board3").cut()
    with pytest.raises(MaybeHappened, match="too few boards took it"):
        lab.cluster.put("lunch", "for one")
    assert lab.cluster.get("lunch") == "for two"
    for board in ("board2", "board3"):
        lab.links(board).restore()
    lab.cluster.wait_until_healthy(within=10 * seconds)
    lab.cluster.put("lunch", "for all")


def test_nothing_that_was_acknowledged_is_lost_while_a_board_is_stopped(lab: NamespaceLab) -> None:
    plan = Plan(rate=5, seed=lab.seed, name="two-boards")
    load = rehearsal(lab.cluster, ["board1"], folder=lab.evidence / "clients", plan=plan)
    with load as clients, lab.faults.inject("stop board3 notice-board"):
        clients.wait_for(5, since=clients.now(), within=10 * seconds)


def test_nobody_takes_over_from_the_leader(lab: NamespaceLab) -> None:
    lab.machines["board1"].cut()
    with pytest.raises(Unavailable):
        lab.cluster.put("lunch", "cancelled", within=2 * seconds)
