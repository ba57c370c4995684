"""Watches, leases and new members of a real cluster, while one of its machines is cut off."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

TOPOLOGIES = Path(__file__).parents[3] / "scenarios/topologies"

pytestmark = pytest.mark.kernel


def test_watches_leases_and_members_of_a_real_cluster(pytester: pytest.Pytester) -> None:
    shutil.copy(TOPOLOGIES / "t036.yaml", pytester.mkdir("topologies"))
    pytester.makepyfile(
        """
import time
import pytest
from harness.checks.leases import Look, Refresh, lease_survived
from harness.checks.operation import OK
from harness.checks.watches import Change, watch_in_order
from harness.sandbox.waiting import gone, wait_until
from harness.stacks.powers import Growable, Leasing, Watchable
from harness.stacks.protocol import MaybeHappened, Unavailable
from harness.units import seconds

pytestmark = pytest.mark.lab("t036", machines="any", start="cluster")

def test_a_watch_tells_of_everything_in_order_also_after_its_member_was_cut_off(lab):
    cluster = lab.cluster
    assert isinstance(cluster, Watchable)
    cluster.put("seen/before", "a", via="node03")  # which has applied it then: its watch begins behind
    acknowledged = {}
    with cluster.watch("seen/", via="node03") as watch:
        for number in range(5):
            acknowledged.setdefault("seen/x", []).append(cluster.put("seen/x", str(number), via="node01").number)
        cluster.put("elsewhere", "b")
        wait_until("five changes", lambda: len(watch.changes) == 5, within=10 * seconds)
        with lab.faults.isolate("node03"):
            cluster.wait_for_leader(outside=["node03"], within=10 * seconds)
            for number in range(5, 9):
                acknowledged["seen/x"].append(cluster.put("seen/x", str(number), via="node01").number)
            assert len(watch.changes) == 5
        wait_until("nine changes", lambda: len(watch.changes) == 9, within=20 * seconds, show=lambda: watch.ended)
        assert [change.value for change in watch.changes] == [str(number) for number in range(9)]
        told = [Change(one.key, one.revision, one.version) for one in watch.changes]
        assert watch_in_order(told, acknowledged).valid is True
        assert watch.ended is None
    with cluster.watch("", via="node01", since=2) as whole:
        wait_until("all changes", lambda: len(whole.changes) >= 11, within=10 * seconds)

def test_a_watch_ends_with_its_members_process(lab):
    with lab.cluster.watch("seen/", via="node02") as watch:
        assert lab.machines["node02"].kill("etcd") > 0
        wait_until("the end of the watch", lambda: watch.ended, within=10 * seconds)
    lab.cluster.wait_until_healthy(within=20 * seconds)
    with lab.faults.power_cut("node02"), pytest.raises(Unavailable):
        lab.cluster.watch("seen/", via="node02")
    lab.cluster.wait_until_healthy(within=20 * seconds)

def test_a_lease_that_is_kept_alive_survives_its_leader_and_goes_when_it_is_not(lab):
    cluster = lab.cluster
    assert isinstance(cluster, Leasing)
    lease = cluster.grant(4 * seconds)
    opened = time.monotonic_ns()
    refreshes, looks = [Refresh(opened, opened, OK)], []
    cluster.put_leased("leased", "a", lease)
    leader = cluster.leader()

    def look(via=None):
        call = time.monotonic_ns()
        try:
            found = cluster.get("leased", via=via) is not None
        except Unavailable:
            return True
        looks.append(Look(call, time.monotonic_ns(), found))
        return found

    with lab.faults.isolate(leader.name):
        others = [name for name in lab.machines if name != leader.name]
        cluster.wait_for_leader(among=others, within=10 * seconds)
        for _ in range(3):
            call = time.monotonic_ns()
            assert cluster.keep_alive(lease, via=others[0])
            refreshes.append(Refresh(call, time.monotonic_ns(), OK))
            assert look(others[0])  # whoever is cut off answers later than the lease lasts
    gone("the lease", look, within=20 * seconds)
    assert lease_survived(refreshes, looks, lease.ttl, grace=10 * seconds).valid is True
    assert not cluster.keep_alive(lease)
    with pytest.raises((Unavailable, MaybeHappened)):
        cluster.put_leased("leased", "b", lease)

def test_what_is_bound_to_a_lease_goes_when_it_is_revoked(lab):
    lease = lab.cluster.grant(60 * seconds)
    lab.cluster.put_leased("leased", "a", lease)
    lab.cluster.revoke(lease)
    assert lab.cluster.get("leased") is None

def test_an_address_that_is_taken_is_refused(lab):
    assert isinstance(lab.cluster, Growable)
    lab.cluster.wait_until_healthy(within=20 * seconds)
    with pytest.raises(Unavailable, match="Peer URLs already exists"):
        lab.cluster.add_member("node02", "192.168.100.11:2380")
    with pytest.raises(KeyError):
        lab.cluster.add_member("node99", "192.168.100.99:2380")
"""
    )
    pytester.runpytest_subprocess("--lab-machines=namespace").assert_outcomes(passed=5)
