from __future__ import annotations

import pytest

from night.verdicts import Verdict, exit_status, together


def test_the_gravest_verdict_is_that_of_all() -> None:
    assert together([Verdict.PASSED, Verdict.SKIPPED]) is Verdict.PASSED
    assert together([Verdict.PASSED, Verdict.UNKNOWN]) is Verdict.UNKNOWN
    assert together([Verdict.FLAKY, Verdict.UNKNOWN]) is Verdict.FLAKY
    assert together([Verdict.QUARANTINED, Verdict.PASSED]) is Verdict.QUARANTINED


def test_of_nothing_nobody_knows() -> None:
    assert together([]) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "verdict,status",
    [
        (Verdict.PASSED, 0),
        (Verdict.QUARANTINED, 0),
        (Verdict.FAILED, 1),
        (Verdict.FLAKY, 1),
        (Verdict.UNKNOWN, 3),
        (Verdict.SKIPPED, 3),
    ],
)
def test_exit_statuses(verdict: Verdict, status: int) -> None:
    assert exit_status(verdict) == status
