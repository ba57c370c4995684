from __future__ import annotations

from harness.incident.signatures.raft_signatures import LeaderChanged, TermRunsAway, TwoLeaders
from tests.incident.stages import stage

ONE, TWO = "8e9e05c52164694d", "91bc3c398fb3c146"


def candidate(member: str, *terms: int, start: float = 10) -> list[tuple[float, str, str]]:
    return [
        (start + number, "node02", f"raft: {member} became candidate at term {t}") for number, t in enumerate(terms)
    ]


def test_a_term_that_grows_by_far_runs_away() -> None:
    seen = TermRunsAway().look(stage(*candidate(ONE, 3, 4, 5, 6, 7), since=5))
    assert seen.appeared is True
    assert seen.because == f"member {ONE} is in term 7, 4 more than there were"
    assert [each.line for each in seen.evidence] == [1, 5]


def test_an_election_is_no_runaway_and_neither_is_what_was_before() -> None:
    assert TermRunsAway().look(stage(*candidate(ONE, 2, 3), since=5)).appeared is False
    assert TermRunsAway().look(stage(*candidate(ONE, 2, 3, 4, 5, 6), since=13.5)).appeared is False


def test_what_was_known_before_counts() -> None:
    before = (1, "node02", f"raft: {ONE} became follower at term 2")
    assert TermRunsAway().look(stage(before, *candidate(ONE, 6), since=5)).appeared is True


def test_without_raft_nobody_knows() -> None:
    for signature in (TermRunsAway(), LeaderChanged(), TwoLeaders()):
        assert signature.look(stage((1, "node01", "nothing of interest"))).appeared is None


def test_another_leader_in_a_later_term_is_a_change() -> None:
    lines = [
        (1, "node01", f"raft.node: {ONE} elected leader {ONE} at term 2"),
        (12, "node01", f"raft.node: {ONE} changed leader from {ONE} to {TWO} at term 3"),
    ]
    seen = LeaderChanged().look(stage(*lines, since=5))
    assert (seen.appeared, seen.because) == (True, f"{TWO} leads in term 3, {ONE} did in term 2")
    assert LeaderChanged().look(stage(*lines, since=20)).appeared is False


def test_the_same_leader_again_is_none() -> None:
    lines = [(at, "node01", f"{ONE} became leader at term {term}") for at, term in ((1, 2), (12, 4))]
    assert LeaderChanged().look(stage(*lines)).appeared is False


def leaders(*, steps_down: float, busy: bool, term: int = 3) -> list[tuple[float, str, str]]:
    lines = [
        (1, "node01", f"{ONE} became leader at term 2"),
        (10, "node02", f"{TWO} became leader at term {term}"),
        (steps_down, "node01", f"{ONE} became follower at term 3"),
    ]
    return [*lines, *([(13.0, "node01", "applied a request")] if busy else [])]


def test_a_leader_that_goes_on_beside_a_later_one_is_told() -> None:
    seen = TwoLeaders().look(stage(*leaders(steps_down=15, busy=True), since=5))
    assert seen.because == f"{ONE} goes on to lead term 2 while {TWO} leads term 3"


def test_one_that_stood_still_or_steps_down_soon_leads_nobody() -> None:
    assert TwoLeaders().look(stage(*leaders(steps_down=15, busy=False), since=5)).appeared is False
    assert TwoLeaders().look(stage(*leaders(steps_down=11, busy=True), since=5)).appeared is False


def test_two_in_one_term_are_two_at_once() -> None:
    seen = TwoLeaders().look(stage(*leaders(steps_down=11, busy=False, term=2)))
    assert seen.because == f"{ONE} and {TWO} both lead term 2"
