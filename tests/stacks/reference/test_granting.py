"""What watches, leases and new members of a real cluster do. Under faults: scenarios/test_watches_and_leases.py."""

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
import pytest
from harness.sandbox.waiting import wait_until
from harness.stacks.powers import Growable, Leasing, Watchable
from harness.stacks.protocol import MaybeHappened, Unavailable
from harness.units import seconds

pytestmark = pytest.mark.lab("t036", machines="any", start="cluster")

def test_a_watch_tells_of_what_was_before_it(lab):
    cluster = lab.cluster
    assert isinstance(cluster, Watchable)
    for number in range(3):
        cluster.put("seen/x", str(number))
    with cluster.watch("seen/", via="node01", since=2) as watch:
        wait_until("all changes", lambda: [one.value for one in watch.changes] == ["0", "1", "2"], within=10 * seconds)

def test_a_watch_ends_with_its_members_process(lab):
    with lab.cluster.watch("seen/", via="node02") as watch:
        assert lab.machines["node02"].kill("etcd") > 0
        wait_until("the end of the watch", lambda: watch.ended, within=10 * seconds)
    lab.cluster.wait_until_healthy(within=20 * seconds)
    with lab.faults.power_cut("node02"), pytest.raises(Unavailable):
        lab.cluster.watch("seen/", via="node02")
    lab.cluster.wait_until_healthy(within=20 * seconds)

def test_what_is_bound_to_a_lease_goes_when_it_is_revoked(lab):
    assert isinstance(lab.cluster, Leasing)
    lease = lab.cluster.grant(60 * seconds)
    lab.cluster.put_leased("leased", "a", lease)
    lab.cluster.revoke(lease)
    assert lab.cluster.get("leased") is None
    assert not lab.cluster.keep_alive(lease)
    with pytest.raises((Unavailable, MaybeHappened)):
        lab.cluster.put_leased("leased", "b", lease)

def test_an_address_that_is_taken_is_refused(lab):
    assert isinstance(lab.cluster, Growable)
    lab.cluster.wait_until_healthy(within=20 * seconds)

    def refused_as_taken():  # soon after a member's return etcd refuses any other address, too
        with pytest.raises(Unavailable) as refused:
            lab.cluster.add_member("node02", "192.168.100.11:2380")
        return "Peer URLs already exists" in str(refused.value)

    wait_until("the address to be refused as taken", refused_as_taken, within=20 * seconds)
    with pytest.raises(KeyError):
        lab.cluster.add_member("node99", "192.168.100.99:2380")
"""
    )
    pytester.runpytest_subprocess("--lab-machines=namespace").assert_outcomes(passed=4)
