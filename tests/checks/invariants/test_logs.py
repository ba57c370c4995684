from __future__ import annotations

import pytest

from harness.checks.invariants.logs import CommittedStays, SameContent
from harness.checks.invariants.seen import CommitSeen, EntrySeen, Seen


def entry(leader: int, index: int, term: int, digest: bytes | None = b"a") -> EntrySeen:
    return EntrySeen(0, f"entry {leader}/{index}", "c", leader, index, term, digest)


def commit(term: int, index: int) -> CommitSeen:
    return CommitSeen(0, "commit", "c", "flow", term, index)


@pytest.mark.parametrize(
    "entries,valid",
    [
        ([], None),
        ([entry(2, 1, 2, None)], None),
        ([entry(2, 1, 2), entry(2, 1, 2), entry(2, 1, 2, None)], True),
        ([entry(2, 1, 2), entry(3, 1, 3, b"b")], True),
        ([entry(2, 1, 2), entry(3, 1, 2, b"b")], False),
    ],
)
def test_same_index_and_term_have_the_same_content(entries: list[Seen], *, valid: bool | None) -> None:
    invariant = SameContent()
    for one in entries:
        invariant.feed(one)
    assert invariant.verdict().valid is valid


@pytest.mark.parametrize(
    "seen,valid",
    [
        ([entry(2, 5, 2)], None),
        ([entry(2, 5, 2), commit(2, 5), entry(3, 5, 2)], True),
        ([entry(2, 5, 2), commit(2, 4), entry(3, 5, 3)], None),
        ([entry(2, 5, 2), commit(2, 5), entry(3, 5, 3)], False),
        ([commit(2, 5), entry(2, 5, 2), entry(3, 5, 3)], False),
        ([entry(3, 5, 3), entry(2, 5, 2), commit(2, 5)], False),
        ([entry(3, 5, 3), commit(3, 5), entry(2, 5, 2)], True),
        ([entry(3, 5, 3), commit(3, 5), entry(2, 5, 2), commit(2, 5)], False),
        ([entry(2, 5, 1), commit(2, 5), entry(3, 5, 1), commit(3, 9)], True),
    ],
)
def test_what_is_committed_stays(seen: list[Seen], *, valid: bool | None) -> None:
    invariant = CommittedStays()
    for one in seen:
        invariant.feed(one)
    assert invariant.verdict().valid is valid


def test_memory_is_bounded() -> None:
    invariant = CommittedStays()
    for term in range(1, 200):
        for index in range(1, 500):
            invariant.feed(entry(term, index, term))
    assert sum(len(log) for log in invariant._pending["c"].values()) <= 16 * 500
    assert invariant.verdict().valid is None
