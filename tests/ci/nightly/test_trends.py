from __future__ import annotations

from collections.abc import Sequence

from night import trends
from night.outcome import CellRun, Hits
from night.trends import Flaky, Seen
from night.verdicts import Verdict
from tests import nights

FAILED, PASSED, UNKNOWN, SKIPPED = Verdict.FAILED, Verdict.PASSED, Verdict.UNKNOWN, Verdict.SKIPPED


def history(*verdicts: Verdict, commit: str = "") -> list[CellRun]:
    """A night for each verdict, each on a commit of its own unless one is named."""
    return [
        nights.run(nights.outcome(verdict), night=night, commit=commit or f"c{night}")
        for night, verdict in enumerate(verdicts)
    ]


def last(runs: Sequence[CellRun]) -> Seen:
    (seen,) = trends.seen_last(runs)
    return seen


def test_a_failure_after_nights_that_passed_is_new() -> None:
    seen = last(history(FAILED, PASSED, PASSED, FAILED))
    assert seen.new
    assert (seen.before, seen.passed_before) == (3, 2)


def test_a_failure_that_was_there_before_is_not_new() -> None:
    assert not last(history(PASSED, FAILED, FAILED)).new
    assert not last(history(PASSED, UNKNOWN, FAILED)).new


def test_a_failure_of_what_never_ran_before_is_new() -> None:
    assert last(history(FAILED)).new
    assert last(history(SKIPPED, FAILED)).new


def test_what_was_skipped_meanwhile_tells_nothing() -> None:
    assert last(history(PASSED, SKIPPED, FAILED)).passed_before == 1


def test_what_failed_and_did_not_run_since_is_not_forgotten() -> None:
    other = nights.outcome(scenario="other.py::test")
    runs = [nights.run(nights.outcome(FAILED), other, night=0), nights.run(other, night=1)]
    failed, passed = trends.seen_last(runs)
    assert (failed.stale, failed.new, failed.outcome.verdict) == (True, False, FAILED)
    assert (passed.stale, passed.outcome) == (False, other)
    healed = [*runs, nights.run(nights.outcome(), other, night=2), nights.run(other, night=3)]
    assert [seen.outcome for seen in trends.seen_last(healed)] == [other]


def test_what_passes_is_no_new_failure() -> None:
    assert not last(history(FAILED, PASSED)).new


def test_runs_may_come_in_any_order() -> None:
    assert last(history(PASSED, PASSED, FAILED)[::-1]).passed_before == 2


def test_both_verdicts_on_one_commit_are_flaky() -> None:
    assert trends.flaky(history(PASSED, FAILED, PASSED)) == []
    found = trends.flaky(history(PASSED, FAILED, PASSED, commit="abc"))
    assert found == [Flaky(nights.CELL, nights.SCENARIO, "abc", passed=2, failed=1)]


def test_what_passed_in_a_retry_only_is_flaky_also_in_quarantine() -> None:
    (found,) = trends.flaky(history(Verdict.FLAKY))
    assert (found.passed, found.failed) == (1, 1)


def test_what_is_no_commit_says_nothing_about_flakiness() -> None:
    assert trends.flaky(history(PASSED, FAILED, commit="abc-dirty")) == []


def test_of_a_phase_the_slowest_scenario_counts() -> None:
    fast, slow = nights.outcome(phases={"boot": 2}), nights.outcome(scenario="b", phases={"boot": 3, "x": 1})
    runs = [nights.run(fast, slow), nights.run(fast, night=1)]
    assert [(one.phase, one.seconds) for one in trends.durations(runs)] == [("boot", (3.0, 2.0)), ("x", (1.0,))]


def test_a_phase_is_slower_only_beside_several_nights_and_by_a_margin() -> None:
    assert trends.Series("boot", (2, 2, 2, 4)).slower
    assert not trends.Series("boot", (2, 2, 4)).slower
    assert not trends.Series("boot", (0.1, 0.1, 0.1, 0.9)).slower
    assert not trends.Series("boot", (10, 10, 10, 12)).slower


def test_hit_rates_are_those_of_each_scenario() -> None:
    runs = [nights.run(nights.outcome(hits=Hits("two leaders", n, 10)), night=n) for n in (8, 9)]
    (rates,) = trends.rates(runs)
    assert [hits.rate for hits in rates.hits] == [0.8, 0.9]


def test_a_signature_is_rarer_only_beside_several_nights_and_by_a_margin() -> None:
    def rates(*hits: int) -> trends.Rates:
        return trends.Rates("a.py::test", tuple(Hits("two leaders", one, 10) for one in hits))

    assert rates(9, 10, 9, 4).rarer
    assert not rates(9, 10, 9, 8).rarer
    assert not rates(9, 10, 4).rarer
    assert not rates(4, 4, 4, 9).rarer


def test_what_was_not_begun_counts_only_where_nothing_ever_was() -> None:
    ran, skipped = nights.run(night=0), nights.not_run("no KVM", night=1)
    never = nights.not_run("no flake", cell="another")
    assert trends.begun([nights.run(nights.outcome()), skipped, never])[1:] == [never]
    assert trends.begun([skipped]) == [skipped]
    assert trends.begun([ran]) == [ran]


def test_cells_come_in_the_order_of_the_matrix_and_what_was_one_once_after_them() -> None:
    runs = [nights.run(cell=cell) for cell in ("gone", "b", "a")]
    assert list(trends.by_cell(runs, ["a", "b", "never-run"])) == ["a", "b", "gone"]
