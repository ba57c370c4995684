from __future__ import annotations

import pytest

from harness.faults.words import describe
from harness.incident.network.faults import find
from tests.incident.talk import BEGAN, MILLISECOND, Fate, Talk, both, cut, topology

THREE = topology("node01", "node02", "node03")
ALONE = both(("node01", "node02"), ("node01", "node03"))
HALF_A_SECOND = 500 * MILLISECOND

SHAPES = [
    ("isolate node01", cut(4000, 8000, *ALONE)),
    ("split node01 node02", cut(4000, 8000, *both(("node01", "node02")))),
    ("deafen node01 node02", cut(4000, 8000, ("node02", "node01"))),
    ("deafen node01 node02,node03", cut(4000, 8000, ("node02", "node01"), ("node03", "node01"))),
]


@pytest.mark.parametrize("points", [("node01", "node02", "node03"), ("node01", "node02"), ("node02", "node01")])
@pytest.mark.parametrize("words, fate", SHAPES, ids=[words for words, _ in SHAPES])
def test_who_was_not_heard_by_whom_is_found(words: str, fate: Fate, points: tuple[str, ...]) -> None:
    (one,) = find(Talk(THREE, points, fate).record())
    assert describe(one.fault) == words
    assert abs(one.began - BEGAN - 4000 * MILLISECOND) < HALF_A_SECOND
    assert one.ended is not None
    assert abs(one.ended - BEGAN - 8000 * MILLISECOND) < HALF_A_SECOND
    assert one.confidence >= 0.5


@pytest.mark.parametrize("points", [("node01",), ("node01", "node02")])
def test_a_clean_run_has_no_fault(points: tuple[str, ...]) -> None:
    assert find(Talk(THREE, points).record()) == []
