"""Lines between sites get worse while clients write: as slow as the documents allow, slower, lossy, and both.

What the documents allow has to leave the leader alone; what is worse may cost elections, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.clients.load import Plan
from harness.clients.rehearsal import rehearsal
from harness.faults.links import Impair
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.namespace_lab import NamespaceLab

pytestmark = pytest.mark.lab("nine-voters", machines="any", start="cluster")

LINES = ("a--b", "b--c", "a--c")
HEALTHY_WITHIN = 30 * seconds
ALLOWED: dict[str, Mapping[str, Impair]] = {
    "as documented": {
        "synchronous": Impair(("a--b",), delay=2.5 * milliseconds),
        "asynchronous": Impair(("b--c", "a--c"), delay=50 * milliseconds),
    },
    "uneven": {"jitter": Impair(LINES, delay=20 * milliseconds, jitter=15 * milliseconds)},
}
WORSE = {
    "lossy": Impair(LINES, loss=0.05),
    "far away": Impair(LINES, delay=150 * milliseconds),
    "far away and lossy": Impair(LINES, delay=100 * milliseconds, jitter=50 * milliseconds, loss=0.03),
    "one line spoils frames": Impair(("a--b",), corrupt=0.02, duplicate=0.02),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_lines_within_the_documents_bounds_cost_no_leader(lab: NamespaceLab, name: str) -> None:
    lab.cluster.wait_until_healthy(within=HEALTHY_WITHIN)
    names = tuple(one.name for one in lab.topology.machines)
    before = lab.cluster.members()
    with rehearsal(lab.cluster, names, folder=lab.evidence / "clients", plan=plan_of(lab, name)) as clients:
        for fault in ALLOWED[name].values():
            with lab.faults.inject(fault):
                since = clients.now()
                clients.wait_for(6, since=since, within=30 * seconds)
    after = lab.cluster.members()
    assert (after.leader, after.term) == (before.leader, before.term)


@pytest.mark.parametrize("name", WORSE)
def test_worse_lines_lose_nothing(lab: NamespaceLab, name: str) -> None:
    lab.cluster.wait_until_healthy(within=HEALTHY_WITHIN)
    names = tuple(one.name for one in lab.topology.machines)
    load = rehearsal(lab.cluster, names, folder=lab.evidence / "clients", plan=plan_of(lab, name))
    with load as clients, lab.faults.inject(WORSE[name]):
        since = clients.now()
        clients.wait_for(4, since=since, acknowledged=False, within=60 * seconds)


def plan_of(lab: NamespaceLab, name: str) -> Plan:
    """Return the load of a scenario."""
    return Plan(rate=2, seed=lab.seed, name=name.replace(" ", "-"))
