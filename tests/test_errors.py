from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from harness.errors import (
    HarnessBug,
    HarnessError,
    HostError,
    LabError,
    Missing,
    Problem,
    ScenarioFailure,
    SpecError,
)
from harness.units import seconds


def test_problems_are_told_in_the_order_of_their_lines() -> None:
    late, early = Problem("b.yaml", 10, "wrong", "right"), Problem("b.yaml", 9, "odd", "even")
    other = Problem("a.yaml", 99, "late", "soon")
    error = SpecError([late, other, early])
    assert error.problems == (other, early, late)
    assert str(error).splitlines() == [
        "a.yaml:99: late, expected soon",
        "b.yaml:9: odd, expected even",
        "b.yaml:10: wrong, expected right",
    ]


def test_everything_that_the_host_lacks_is_told_with_its_remedy() -> None:
    error = HostError(Missing("qemu-system-x86_64", "apt-get install qemu-system-x86"), Missing("root", "use sudo"))
    assert str(error) == "qemu-system-x86_64: apt-get install qemu-system-x86\nroot: use sudo"
    assert [missing.what for missing in error.missing] == ["qemu-system-x86_64", "root"]


def test_a_failure_of_the_lab_says_where_and_shows_the_console_and_the_evidence() -> None:
    error = LabError(
        "no DHCP offer",
        machine="node01",
        phase="pxe",
        console=["PXE-E51", "Boot failed"],
        evidence=Path("evidence/node01"),
    )
    assert str(error).splitlines() == [
        "node01, phase pxe: no DHCP offer",
        "last console lines:",
        "  PXE-E51",
        "  Boot failed",
        "evidence: evidence/node01",
    ]
    assert (error.machine, error.phase, error.evidence) == ("node01", "pxe", Path("evidence/node01"))


@pytest.mark.parametrize(
    "error,text",
    [
        (LabError("boom"), "boom"),
        (LabError("boom", phase="install"), "phase install: boom"),
        (LabError("boom", machine="node01"), "node01: boom"),
    ],
)
def test_what_a_failure_of_the_lab_does_not_know_it_does_not_say(error: LabError, text: str) -> None:
    assert str(error) == text


def test_a_failed_expectation_says_what_was_seen_and_how_long_was_waited() -> None:
    error = ScenarioFailure("a leader", seen={"node01": "follower"}, waited=12 * seconds)
    assert str(error) == "expected a leader; waited 12.0 s; last seen: {'node01': 'follower'}"
    assert str(ScenarioFailure("a leader")) == "expected a leader; last seen: None"


def test_a_failed_expectation_is_a_failed_assertion_to_pytest() -> None:
    assert issubclass(ScenarioFailure, AssertionError)


@pytest.mark.parametrize("kind", [SpecError, HostError, LabError, ScenarioFailure, HarnessBug])
def test_all_errors_have_one_root(kind: type[HarnessError]) -> None:
    assert issubclass(kind, HarnessError)


def test_problems_can_be_sent_between_processes() -> None:
    problem = Problem("f", 1, "wrong", "right")
    assert pickle.loads(pickle.dumps(problem)) == problem  # noqa: S301 - our own pickle
