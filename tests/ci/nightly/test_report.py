from __future__ import annotations

from datetime import timedelta

from night import report
from night.outcome import Hits
from night.verdicts import Verdict
from tests import nights


def test_all_that_did_not_pass_is_told_with_its_reason_and_evidence() -> None:
    ran = nights.run(
        nights.outcome(hits=Hits("two leaders", 8, 10)),
        nights.outcome(Verdict.FAILED, scenario="a.py::test", because="no leader"),
        nights.outcome(Verdict.SKIPPED, scenario="b.py::test"),
    )
    assert list(report.ending(ran)) == [
        "  FAILED a.py::test: no leader",
        "    evidence: /evidence/of/it",
        f"  {nights.SCENARIO}: two leaders, 8 of 10 runs",
        f"{nights.CELL}: failed in 3.0 s: 1 failed, 1 passed, 1 skipped",
    ]


def test_a_cell_that_was_skipped_is_one_line() -> None:
    ran = nights.not_run("KVM runs no guest here")
    assert list(report.ending(ran)) == [f"{nights.CELL}: skipped, KVM runs no guest here"]


def test_the_last_line_counts_cells() -> None:
    runs = [nights.run(nights.outcome()), nights.run(nights.outcome(Verdict.UNKNOWN))]
    took = timedelta(seconds=90)
    assert report.summary(runs, Verdict.UNKNOWN, took) == "the night: unknown in 90.0 s: cells 1 unknown, 1 passed"
    assert report.summary([], Verdict.UNKNOWN, took) == "the night: unknown in 90.0 s: cells none"
