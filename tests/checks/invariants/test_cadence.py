from __future__ import annotations

import pytest

from harness.checks.invariants.cadence import HeartbeatCadence
from harness.checks.invariants.seen import HeartbeatSeen
from harness.units import milliseconds


def judged(*gaps: int, patience: float = 1.0) -> bool | None:
    invariant = HeartbeatCadence(50 * milliseconds, patience=patience)
    time = 0
    for gap in (0, *gaps):
        time += gap * 10**6
        invariant.feed(HeartbeatSeen(time, "frame 1", "c", "flow", 2, 1, 3))
    return invariant.verdict().valid


@pytest.mark.parametrize(
    "gaps,patience,valid",
    [
        ([50] * 30, 1, True),
        ([50] * 19, 1, None),
        ([50] * 30 + [9000], 1, True),
        ([100] * 30, 1, False),
        ([100] * 30, 2, True),
        ([5] * 30, 8, False),
        ([70] * 30, 1, False),
    ],
)
def test_the_usual_gap_is_the_configured_one(gaps: list[int], patience: float, *, valid: bool | None) -> None:
    assert judged(*gaps, patience=patience) is valid
