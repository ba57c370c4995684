"""The leader of three is lost in every way, while clients write: another one leads within ten seconds, nothing is lost.

On virtual machines from a checkpoint by default, on namespace machines where those are asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.clients.load import Plan
from harness.clients.rehearsal import rehearsal
from harness.faults.catalogue import CATALOGUE
from harness.faults.words import fault_of
from harness.sandbox.waiting import wait_until
from harness.stacks.protocol import Unavailable
from harness.units import seconds

if TYPE_CHECKING:
    from harness.namespace_lab import NamespaceLab
    from harness.stacks.protocol import Cluster, Members
    from harness.virtual_lab import VirtualLab

pytestmark = pytest.mark.lab("t036", machines="either", start="cluster")

NODES = ("node01", "node02", "node03")
LOSSES = {
    "power cut": "power-cut LEADER",
    "paused": "pause LEADER",
    "cable pulled": "pull LEADER",
    "cut off": "isolate LEADER",
    "killed": "kill LEADER chainfire",
    "stopped": "stop LEADER chainfire",
    "restarted": "restart LEADER chainfire",
    "process paused": "pause-process LEADER chainfire",
    "disk stalled": "disk-stall LEADER",
    "clock jumped": "clock-jump LEADER 60min",
}
NEW_LEADER_WITHIN = 10 * seconds
"""As the documents have it."""
HEALTHY_WITHIN = 60 * seconds

STAYS = {"clock jumped", "disk stalled", "restarted"}
"""After these the leader may lead on: Raft counts its own ticks, heartbeats wait for no disk, restarts are quick."""


@pytest.mark.parametrize(
    "loss",
    [pytest.param(name, id=name.replace(" ", "-")) for name, words in LOSSES.items() if words.split()[0] in CATALOGUE],
)
def test_another_leads_within_ten_seconds_and_nothing_is_lost(lab: NamespaceLab | VirtualLab, loss: str) -> None:
    cluster = lab.cluster
    cluster.wait_until_healthy(within=HEALTHY_WITHIN)
    old = cluster.members(via=cluster.leader())
    assert old.leader is not None
    fault = fault_of(LOSSES[loss].replace("LEADER", old.leader).split())
    if problems := fault.problems(lab):
        pytest.skip("; ".join(problems))
    others = [name for name in NODES if name != old.leader]
    plan = Plan(rate=2, seed=lab.seed, name=loss.replace(" ", "-"))
    with rehearsal(cluster, NODES, folder=lab.evidence / "clients", plan=plan, patience=lab.patience) as clients:
        with lab.faults.inject(fault):
            lost = clients.now()
            if loss not in STAYS:
                wait_until(
                    "a leader of a later term",
                    lambda: later(cluster, old, others),
                    within=NEW_LEADER_WITHIN,
                    patience=lab.patience,
                )
            clients.wait_for(2, since=lost, through=others, within=NEW_LEADER_WITHIN)
        cluster.wait_until_healthy(within=HEALTHY_WITHIN)


def later(cluster: Cluster, old: Members, others: list[str]) -> Members | None:
    """Return what a majority's member says once it knows a leader of a later term."""
    for name in others:
        try:
            seen = cluster.members(via=name)
        except Unavailable:
            continue
        if seen.leader is not None and seen.term > old.term:
            return seen
    return None
