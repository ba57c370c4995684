"""The suite's own teeth: a stack that acknowledges before a majority has the write is found by a scenario of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCENARIOS = ROOT / "scenarios"
SHAPE = "a_parted_cluster_keeps_its_promises and site-b-alone"

pytestmark = pytest.mark.kernel


def run(pytester: pytest.Pytester, kind: str) -> pytest.RunResult:
    """Run a shape of the sweep, as it is, on another stack."""
    topology = (SCENARIOS / "topologies/nine-voters.yaml").read_text()
    (pytester.mkdir("topologies") / "nine-voters.yaml").write_text(topology.replace("kind: reference", f"kind: {kind}"))
    shutil.copy(SCENARIOS / "test_split_brain.py", pytester.path)
    return pytester.runpytest_subprocess("--lab-machines=namespace", "-k", SHAPE, "-p", "no:cacheprovider")


@pytest.fixture
def hasty(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> str:
    """Install the stack as a third party would: a distribution with an entry point."""
    installed = pytester.mkdir("installed")
    shutil.copy(ROOT / "tests/hasty.py", installed)
    facts = installed / "hasty-1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: hasty\nVersion: 1\n")
    (facts / "entry_points.txt").write_text("[harness.stacks]\nhasty = hasty:HastyStack\n")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{installed}")
    return "hasty"


def test_a_stack_that_acknowledges_before_a_majority_has_the_write_is_found(
    pytester: pytest.Pytester, hasty: str
) -> None:
    result = run(pytester, hasty)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ScenarioFailure: expected *does not hold: *", "*process *: write *, ok"])
