from __future__ import annotations

from harness.checks.invariants.elections import OneLeaderPerTerm
from harness.checks.invariants.seen import LeaderSeen, Seen
from harness.checks.verdict import Verdict


def judged(*leaders: tuple[str, int, int]) -> Verdict:
    invariant = OneLeaderPerTerm()
    for frame, (cluster, term, member) in enumerate(leaders, 1):
        invariant.feed(LeaderSeen(frame, f"frame {frame}", cluster, term, member))
    invariant.feed(Seen(0, "frame 0"))
    return invariant.verdict()


def test_one_leader_for_each_term_of_each_cluster() -> None:
    assert judged().valid is None
    assert judged(("c", 2, 1), ("c", 2, 1), ("c", 3, 5), ("d", 2, 9)).valid is True


def test_two_leaders_of_a_term_are_shown_once() -> None:
    verdict = judged(("c", 2, 0xA), ("c", 2, 0xB), ("c", 2, 0xA), ("c", 2, 0xB))
    assert verdict.because == "members a (frame 1) and b (frame 2) lead term 2"
    assert len(verdict.witness) == 2
