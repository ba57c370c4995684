from __future__ import annotations

from night import retry
from night.outcome import CELL
from night.verdicts import Verdict
from tests import nights


def test_only_scenarios_that_failed_are_run_again() -> None:
    outcomes = [
        nights.outcome(),
        nights.outcome(Verdict.FAILED, scenario="a.py::test_a"),
        nights.outcome(Verdict.UNKNOWN, scenario="a.py::test_b"),
        nights.outcome(Verdict.FLAKY, scenario="a.py::test_c"),
        nights.outcome(Verdict.FAILED, scenario=CELL),
    ]
    assert retry.again(outcomes) == ["a.py::test_a"]


def test_what_passes_the_second_time_is_flaky_and_as_red() -> None:
    first = [nights.outcome(Verdict.FAILED, because="no leader", phases={"boot": 7})]
    (merged,) = retry.merge(first, [nights.outcome()], attempt=1)
    assert (merged.verdict, merged.because) == (Verdict.FLAKY, "failed, then passed in attempt 2: no leader")
    assert merged.verdict.red
    assert merged.phases == first[0].phases


def test_what_fails_again_or_is_not_there_again_has_failed() -> None:
    first = [nights.outcome(Verdict.FAILED)]
    for second in (Verdict.FAILED, Verdict.UNKNOWN, Verdict.SKIPPED):
        assert retry.merge(first, [nights.outcome(second)], attempt=1) == first
    assert retry.merge(first, [], attempt=1) == first


def test_what_passed_at_first_is_not_made_worse() -> None:
    first = [nights.outcome()]
    assert retry.merge(first, [nights.outcome(Verdict.FAILED)], attempt=1) == first
