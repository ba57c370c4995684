"""A small matrix, and nights that never were, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from night import matrix_file
from night import outcome as outcomes
from night.matrix import Matrix
from night.outcome import CellRun, Conditions, Hits, Outcome
from night.verdicts import Verdict

CELL = "tcg-switch-uefi-namespace-reference"
SCENARIO = "scenarios/test_tiny.py::test_it"

AXES = """\
[axes.accelerator]
kvm = "--lab-accel=kvm"
tcg = "--lab-accel=tcg"
[axes.network]
switch = "--lab-network=switch"
[axes.firmware]
uefi = "--lab-firmware=uefi"
[axes.machines]
virtual = "--lab-machines=vm"
namespace = "--lab-machines=namespace"
[axes.stack]
reference = ["--lab-stack=reference"]
"""
MATRIX = f"""\
{AXES}
[[exclusions]]
cells = "kvm-*-namespace-*"
reason = "there is nothing to accelerate"

[[needs]]
cells = "kvm-*"
host = "kvm"
reason = "KVM runs no guest here"

[[scenarios]]
files = "scenarios/test_*.py"
cells = "*"

[[bounds]]
phase = "scenario"
within = "30 s"
"""


def written(folder: Path, text: str = MATRIX) -> Path:
    """Write a matrix into a folder that has a file of scenarios, and return where it is."""
    scenarios = folder / "scenarios"
    scenarios.mkdir(exist_ok=True)
    (scenarios / "test_tiny.py").touch()
    path = folder / "nightly.toml"
    path.write_text(text)
    return path


def matrix(folder: Path, text: str = MATRIX) -> Matrix:
    """Return the matrix that a text describes."""
    return matrix_file.read(written(folder, text), folder)


def outcome(
    verdict: Verdict = Verdict.PASSED,
    *,
    scenario: str = SCENARIO,
    because: str = "",
    phases: Mapping[str, float] | None = None,
    patience: float = 1,
    hits: Hits | None = None,
) -> Outcome:
    """Return how a scenario ended; phases in seconds."""
    took = {phase: timedelta(seconds=seconds) for phase, seconds in (phases or {}).items()}
    properties = {"patience": str(float(patience)), "evidence": "/evidence/of/it", "seed": "7"}
    return Outcome(scenario, verdict, because, timedelta(seconds=1), took, properties, hits)


def not_run(because: str, verdict: Verdict = Verdict.SKIPPED, *, cell: str = CELL, night: int = 0) -> CellRun:
    """Return what there is of a cell that was not begun."""
    outcome = Outcome(outcomes.CELL, verdict, because)
    return CellRun(cell, Conditions("abc", "host2"), 1_700_000_000 + 86_400 * night, timedelta(), (outcome,))


def run(*ended: Outcome, cell: str = CELL, night: int = 0, commit: str = "abc") -> CellRun:
    """Return a run of a cell; nights count from 0, a day apart."""
    took = timedelta(seconds=sum(one.took.total_seconds() for one in ended))
    return CellRun(cell, Conditions(commit, "host1"), 1_700_000_000 + 86_400 * night, took, ended)
