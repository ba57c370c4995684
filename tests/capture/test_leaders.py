from __future__ import annotations

import pytest

from harness.capture import events as ev
from harness.capture.leaders import leader_elected, leaders, leaders_per_term
from tests.capture.make import SECOND, Wire


def test_only_what_a_leader_sends_proves_one() -> None:
    wire = Wire().raft(ev.RaftVote, 1, term=2).raft(ev.RaftHeartbeatResponse, 3, term=2).raft(ev.RaftProposal, 3)
    assert list(leaders(wire.events)) == []
    wire.raft(ev.RaftHeartbeat, 1, term=2).raft(ev.RaftAppend, 1, term=2).raft(ev.RaftSnapshot, 5, term=3)
    assert [(one.term, one.member, one.event.frame) for one in leaders(wire.events)] == [(2, 1, 4), (3, 5, 6)]


def test_two_leaders_of_a_term_are_both_told() -> None:
    wire = Wire().raft(ev.RaftHeartbeat, 1, term=2).raft(ev.RaftHeartbeat, 3, term=2)
    assert leaders_per_term(wire.events) == {2: {1, 3}}


def test_clusters_are_told_apart_by_their_ports() -> None:
    wire = Wire().raft(ev.RaftHeartbeat, 1, term=2).raft(ev.RaftHeartbeat, 9, term=2, port=2480, cluster="c2")
    assert leaders_per_term(wire.events, 2380) == {2: {1}}
    assert leaders_per_term(wire.events, 2480) == {2: {9}}
    with pytest.raises(ValueError, match="Raft messages of clusters c1, c2: name the peer ports of one"):
        leaders_per_term(wire.events)


def test_the_leader_elected_after_a_time_is_one_not_known_before() -> None:
    wire = Wire().raft(ev.RaftHeartbeat, 1, term=2).raft(ev.RaftHeartbeat, 1, term=2).raft(ev.RaftHeartbeat, 3, term=3)
    first, second = leader_elected(wire.events), leader_elected(wire.events, after=SECOND + 1)
    assert first is not None
    assert second is not None
    assert (first.time, first.term, first.member) == (SECOND, 2, 1)
    assert (second.time, second.term, second.member) == (3 * SECOND, 3, 3)
    assert leader_elected(wire.events, 2480) is None


def test_an_append_of_nobody_known_proves_nothing() -> None:
    assert list(leaders(Wire().raft(ev.RaftAppend, None, term=2).events)) == []
