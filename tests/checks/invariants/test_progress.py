from __future__ import annotations

import pytest

from harness.checks.invariants.progress import CommitsGrow, TermsGrow
from harness.checks.invariants.seen import CommitSeen, TermSeen


@pytest.mark.parametrize(
    "told,valid",
    [
        ([], None),
        ([("f", 1, 2), ("f", 1, 2), ("f", 1, 3)], True),
        ([("f", 1, 3), ("g", 1, 2)], True),
        ([("f", 1, 3), ("f", 2, 2)], True),
        ([("f", 1, 3), ("f", 1, 2)], False),
    ],
)
def test_a_member_s_term_grows_within_a_flow(told: list[tuple[str, int, int]], *, valid: bool | None) -> None:
    invariant = TermsGrow()
    for flow, member, term in told:
        invariant.feed(TermSeen(0, "frame 1", "c", flow, member, term))
    assert invariant.verdict().valid is valid


@pytest.mark.parametrize(
    "told,valid",
    [
        ([], None),
        ([("f", 2, 7), ("f", 2, 7), ("f", 2, 9)], True),
        ([("f", 2, 7), ("f", 3, 5)], True),
        ([("f", 2, 7), ("g", 2, 5)], True),
        ([("f", 2, 7), ("f", 2, 5)], False),
    ],
)
def test_commits_grow_within_a_term_and_flow(told: list[tuple[str, int, int]], *, valid: bool | None) -> None:
    invariant = CommitsGrow()
    for flow, term, index in told:
        invariant.feed(CommitSeen(0, "frame 1", "c", flow, term, index))
    assert invariant.verdict().valid is valid
