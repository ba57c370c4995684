"""etcd before 3.4.25: a watch goes back in time when its member is sent a snapshot (etcd issue 15271).

A member that is cut off for more entries than its leader keeps for it gets the whole state when it returns. Those who
watch it are then told of old changes again. Where the leader still has the entries, it sends those, each once.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from harness.checks.verdict import Verdict
from harness.checks.watches import NAME, watch_in_order
from harness.sandbox.waiting import NotSeen, wait_until
from harness.units import seconds
from known_bugs import etcd, record
from known_bugs.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.namespace_lab import NamespaceLab
    from known_bugs.etcd import Member

pytestmark = pytest.mark.lab("three-members", machines="namespace")

SNAPSHOTS = ["--snapshot-count=100"]
KEPT = 5_000
"""Entries that a leader keeps behind a snapshot for members that are slow (etcd, ``DefaultSnapshotCatchUpEntries``)."""
BEFORE = 500
AT_ONCE = 8
KEYS = 100
AGREED_WITHIN = 20 * seconds
TOLD_WITHIN = 30 * seconds


def test_a_watch_goes_back_when_its_member_gets_a_snapshot(lab: NamespaceLab) -> None:
    record.found(watched(lab, "beyond-what-is-kept", puts=9_000))


def test_a_watch_goes_on_when_its_member_gets_what_it_missed(lab: NamespaceLab) -> None:
    record.clean(watched(lab, "within-what-is-kept", puts=KEPT - 2_000))


def watched(lab: NamespaceLab, what: str, *, puts: int) -> Verdict:
    """Cut a follower off whose changes are watched, write elsewhere, let it come back; return how the watch went on."""
    with etcd.running(lab, what, SNAPSHOTS) as cluster:
        status = wait_until("a leader that all know", cluster.agreed, within=AGREED_WITHIN)
        leader = cluster.members[cluster.name_of(status.leader)]
        follower = next(one for one in cluster.members.values() if one is not leader)
        with Watching(follower) as watch:
            write(leader, range(BEFORE))
            wait_until("the changes before the cut", lambda: len(watch.changes) == BEFORE, within=TOLD_WITHIN)
            with lab.faults.isolate(follower.name):
                write(leader, range(BEFORE, BEFORE + puts))
            last = leader.put("last", "change")
            try:
                wait_until("the last change", lambda: watch.changes[-1].revision == last, within=TOLD_WITHIN)
            except NotSeen as late:
                if watch_in_order(watch.changes).valid is not False:
                    return Verdict(None, str(late), name=NAME)
        return watch_in_order(watch.changes)


def write(member: Member, numbers: Sequence[int]) -> None:
    """Put a value for each number, several at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda own: _write_in_turn(member, own), [numbers[start::AT_ONCE] for start in range(AT_ONCE)]))


def _write_in_turn(member: Member, numbers: Sequence[int]) -> None:
    with closing(member.connect()) as connection:
        for number in numbers:
            member.put(f"key-{number % KEYS}", f"value-{number}", connection)
