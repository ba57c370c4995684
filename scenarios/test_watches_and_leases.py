"""What watchers and holders of leases were promised is kept while a member is lost, and clients write."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from harness.checks.leases import Look, Refresh, lease_survived
from harness.checks.operation import OK
from harness.checks.watches import Change, watch_in_order
from harness.clients.judging import require
from harness.clients.load import Plan
from harness.clients.rehearsal import rehearsal
from harness.sandbox.waiting import gone, wait_until
from harness.stacks.powers import Leasing, Watchable
from harness.stacks.protocol import Unavailable
from harness.units import seconds

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from harness.clients.load import Load
    from harness.namespace_lab import NamespaceLab

pytestmark = pytest.mark.lab("t036", machines="any", start="cluster")

NODES = ("node01", "node02", "node03")
NEW_LEADER_WITHIN = 10 * seconds
CAUGHT_UP_WITHIN = 20 * seconds


def under_load(lab: NamespaceLab, name: str) -> AbstractContextManager[Load]:
    """Keep a client busy through each member, see the cluster healed, and judge what they saw."""
    lab.cluster.wait_until_healthy(within=30 * seconds)
    plan = Plan(rate=2, seed=lab.seed, name=name)
    return rehearsal(lab.cluster, NODES, folder=lab.evidence / "clients", plan=plan)


def test_a_watch_tells_of_every_change_in_order_also_after_its_member_was_cut_off(lab: NamespaceLab) -> None:
    cluster = lab.cluster
    assert isinstance(cluster, Watchable)
    watcher, writer = NODES[-1], NODES[0]
    acknowledged: list[int] = []

    def write(values: range) -> None:
        acknowledged.extend(cluster.put("watched", str(value), via=writer).number for value in values)

    with under_load(lab, "watch"), cluster.watch("watched", via=watcher) as watch:
        write(range(5))
        wait_until("five changes", lambda: len(watch.changes) == 5, within=CAUGHT_UP_WITHIN)
        with lab.faults.isolate(watcher):
            cluster.wait_for_leader(outside=[watcher], within=NEW_LEADER_WITHIN)
            write(range(5, 9))
            assert len(watch.changes) == 5, "nobody could tell it"
        wait_until("all changes", lambda: len(watch.changes) >= 9, within=CAUGHT_UP_WITHIN, show=lambda: watch.ended)
    told = [Change(one.key, one.revision, one.version) for one in watch.changes]
    require([watch_in_order(told, {"watched": acknowledged})])
    assert [one.revision for one in told] == acknowledged


def test_a_lease_that_is_kept_alive_survives_its_leader_and_goes_when_it_is_not(lab: NamespaceLab) -> None:
    cluster = lab.cluster
    assert isinstance(cluster, Leasing)
    refreshes: list[Refresh] = []
    looks: list[Look] = []
    with under_load(lab, "lease"):
        leader = cluster.leader().name
        other = next(name for name in NODES if name != leader)
        call = time.monotonic_ns()
        lease = cluster.grant(4 * seconds, via=other)
        refreshes.append(Refresh(call, time.monotonic_ns(), OK))
        cluster.put_leased("leased", "a", lease, via=other)

        def there() -> bool:
            call = time.monotonic_ns()
            try:
                found = cluster.get("leased", via=other) is not None
            except Unavailable:
                return True
            looks.append(Look(call, time.monotonic_ns(), found))
            return found

        with lab.faults.isolate(leader):
            cluster.wait_for_leader(outside=[leader], within=NEW_LEADER_WITHIN)
            for _ in range(3):
                call = time.monotonic_ns()
                assert cluster.keep_alive(lease, via=other)
                refreshes.append(Refresh(call, time.monotonic_ns(), OK))
                assert there()
        gone("the lease", there, within=CAUGHT_UP_WITHIN)
    require([lease_survived(refreshes, looks, lease.ttl, grace=10 * seconds)])
