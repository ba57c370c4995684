"""etcd 3.4 without pre-vote: a follower that was cut off comes back and deposes a leader that nothing ailed.

While it is cut off the follower counts its term up with each election that nobody hears of, and says nothing of that on
its status page; the wire shows it. Its term then makes the leader step down. With ``--pre-vote`` it asks first.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from harness.capture.events import RaftVote
from harness.checks.verdict import Verdict
from harness.errors import ScenarioFailure
from harness.sandbox.waiting import stays, wait_until
from harness.units import seconds
from known_bugs import etcd, record

if TYPE_CHECKING:
    from harness.namespace_lab import NamespaceLab
    from known_bugs.etcd import Etcd

pytestmark = pytest.mark.lab("three-members", machines="namespace")

CUT_FOR = 10 * seconds
AGREED_WITHIN = 20 * seconds
NAME = "a healthy leader leads on"


def test_a_follower_that_returns_deposes_a_healthy_leader(lab: NamespaceLab) -> None:
    with etcd.running(lab, "without-pre-vote") as cluster:
        record.found(returns(lab, cluster))


def test_with_pre_vote_the_leader_leads_on(lab: NamespaceLab) -> None:
    with etcd.running(lab, "with-pre-vote", ["--pre-vote"]) as cluster:
        record.clean(returns(lab, cluster))


def returns(lab: NamespaceLab, cluster: Etcd) -> Verdict:
    """Cut a follower off and let it come back; return whether the leader, which always had a majority, leads on."""
    before = wait_until("a leader that all know", cluster.agreed, within=AGREED_WITHIN)
    since = time.time_ns()  # the capture's clock
    leader = cluster.name_of(before.leader)
    follower = next(name for name in cluster.members if name != leader)

    def leads_on() -> bool:
        cluster.members[leader].put("during", "the cut")
        seen = cluster.members[leader].status()
        return (seen.leader, seen.term) == (before.leader, before.term)

    with lab.faults.isolate(follower):
        try:
            stays(f"{leader} leading in term {before.term}", leads_on, span=CUT_FOR, interval=1 * seconds)
        except ScenarioFailure as ailing:
            return Verdict(None, f"the leader itself ailed: {ailing}", name=NAME)
        alone = cluster.members[follower].status()
    after = wait_until("a leader that all know", cluster.agreed, within=AGREED_WITHIN)
    if alone.leader:
        return Verdict(None, f"{follower} was cut off, and did not miss its leader", name=NAME)
    if after == before:
        return Verdict(True, f"{leader} leads in term {before.term}, as before", name=NAME)
    votes = campaigns(lab, before.term, since)
    terms = sorted({one.term for one in votes})
    told = f"term {before.term} became {after.term}; {follower} said {alone.term} while it was cut off"
    if not terms:
        return Verdict(None, f"{told}, and no frame shows who stood for election", name=NAME)
    return Verdict(False, f"{told}, and the wire had candidates for {terms}", tuple(votes[:3]), NAME)


def campaigns(lab: NamespaceLab, term: int, since: int) -> list[RaftVote]:
    """Return what candidates for later terms said on the wire."""
    said = (one for one in lab.spoken(etcd.PEERS).events if one.time > since)
    return [one for one in said if isinstance(one, RaftVote) and one.term > term]
