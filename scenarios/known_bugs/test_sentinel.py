"""Redis Sentinel loses acknowledged writes: a master that is cut off from the others goes on acknowledging.

The other side elects a master meanwhile, and the old one drops what it had when it follows that. With
``min-replicas-to-write 1`` it refuses writes as soon as no replica has answered for a while, which bounds what is lost.
"""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from harness.checks.losses import nothing_lost
from harness.checks.operation import OK
from harness.checks.verdict import Verdict
from harness.faults.partitions import Split
from harness.sandbox.waiting import NotSeen, wait_until
from harness.units import milliseconds, seconds
from known_bugs import record, redis

if TYPE_CHECKING:
    from harness.namespace_lab import NamespaceLab

pytestmark = pytest.mark.lab("three-members", machines="namespace")

HERE, THERE = ("node01",), ("node02", "node03")
RATE = 200
CUT_FOR = 12 * seconds
BOUND = 5 * seconds
"""Two seconds without a replica's answer, and what Redis, which looks every second, and a busy host take to notice."""
BOUNDED = ["--min-replicas-to-write", "1", "--min-replicas-max-lag", "2"]
WHOLE_WITHIN = 40 * seconds
NAME = f"nothing lost that was acknowledged {BOUND.total_seconds():.0f} s after the cut"


def test_a_master_that_is_cut_off_acknowledges_what_is_lost(lab: NamespaceLab) -> None:
    with redis.running(lab, "without-bound") as cluster:
        record.found(parted(lab, cluster, "without-bound"))


def test_a_master_that_needs_a_replica_loses_no_more_than_a_few_seconds(lab: NamespaceLab) -> None:
    with redis.running(lab, "with-bound", BOUNDED) as cluster:
        record.clean(parted(lab, cluster, "with-bound"))


def parted(lab: NamespaceLab, cluster: redis.Redis, what: str) -> Verdict:
    """Cut the master's site off from the other while a client writes at each; return what became of the writes."""
    folder = lab.evidence / what
    with closing(redis.Clients(lab, cluster, (HERE[0], THERE[0]), folder, rate=RATE)) as clients:
        with lab.faults.inject(Split(HERE, THERE)):
            cut = time.monotonic_ns()
            over = cut + int(CUT_FOR.total_seconds() * 1e9)
            ended = lambda: time.monotonic_ns() >= over  # noqa: E731 - it is looked at again
            wait_until("the end of the cut", ended, within=2 * CUT_FOR, interval=500 * milliseconds)
            both = cluster.masters()
        try:
            wait_until("one master that all know", cluster.is_whole, within=WHOLE_WITHIN)
        except NotSeen as late:
            return Verdict(None, str(late), name=NAME)
    if len(both) < len((HERE, THERE)):
        return Verdict(None, f"no other master was elected while {HERE[0]} was cut off", name=NAME)
    bound = cut + int(BOUND.total_seconds() * 1e9)
    final = cluster.final([one.key for one in clients.history])
    acknowledged = [one for one in clients.history if one.outcome == OK]
    gone = [one for one in acknowledged if final[one.key] is None]
    told = f"of {len(acknowledged)} acknowledged writes {len(gone)} are gone; masters at one time: {sorted(both)}"
    verdict = nothing_lost([one for one in acknowledged if bound < one.call < over], final)
    return Verdict(verdict.valid, f"{told}; {verdict.because}", verdict.witness, NAME)
