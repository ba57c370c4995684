"""A whole site loses its power, or its lines to the others, while clients write: the two that are left go on.

The topology says that it survives that; nine voters, three at each of three sites.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks.recovery import campaigns_held, election_budget, recovered_within
from harness.clients.load import Plan
from harness.clients.rehearsal import rehearsal
from harness.faults.links import Cut
from harness.faults.power import Pause, PowerCut
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from harness.faults.fault import Fault
    from harness.namespace_lab import NamespaceLab

pytestmark = pytest.mark.lab("nine-voters", machines="any", start="cluster")

ROUND_TRIP = 40 * milliseconds
HEALTHY_WITHIN = 30 * seconds
SERVED_WITHIN = 60 * seconds
"""Far more campaigns than chance asks for, even where few members can win one."""
LEADERS, OTHER = "the leader's site", "another site"
LOSSES: dict[str, type[PowerCut | Pause | Cut]] = {"without power": PowerCut, "standing still": Pause, "cut off": Cut}


@pytest.mark.parametrize(
    "loss, site",
    [
        *((loss, site) for loss in ("without power", "standing still") for site in (LEADERS, OTHER)),
        # The scenario stands at site a, and asks the others over their lines.
        *(("cut off", site) for site in "bc"),
    ],
)
def test_two_sites_go_on_without_the_third(lab: NamespaceLab, loss: str, site: str) -> None:
    lab.cluster.wait_until_healthy(within=HEALTHY_WITHIN)
    assert lab.topology.stack is not None
    leader = lab.cluster.leader()
    before = lab.cluster.members(via=leader).term
    lost = {LEADERS: leader.site, OTHER: "b" if leader.site != "b" else "c"}.get(site, site)
    assert lost is not None
    names = tuple(one.name for one in lab.topology.machines)
    left = [one.name for one in lab.topology.machines if one.site != lost]
    fault: Fault = LOSSES[loss]((lost,))
    plan = Plan(rate=2, seed=lab.seed, name=f"{loss} {site}".replace(" ", "-"))
    with rehearsal(lab.cluster, names, folder=lab.evidence / "clients", plan=plan) as clients:
        with lab.faults.inject(fault):
            since = clients.now()
            clients.wait_for(2, since=since, through=left, within=SERVED_WITHIN)
            after = lab.cluster.members(via=left[0])
            assert after.leader in left
        lab.cluster.wait_until_healthy(within=HEALTHY_WITHIN)
        asked = clients.processes(*left)
        campaigns = campaigns_held(before, after.term)
        budget = election_budget(lab.topology.stack.raft, round_trip=ROUND_TRIP, campaigns=campaigns)
        clients.checks.append(
            lambda history: recovered_within((one for one in history if one.process in asked), since, budget)
        )
