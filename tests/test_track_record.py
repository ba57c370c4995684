"""The table of known failures names every scenario that there is, and none else."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KNOWN = ROOT / "scenarios/known_bugs"


def test_every_scenario_is_in_the_table_with_its_figures() -> None:
    rows = [line.split("|") for line in (ROOT / "docs/track-record.md").read_text().splitlines() if "::test_" in line]
    told = {row[2].strip(" `"): re.fullmatch(r" \d+ of \d+ ", row[5]) for row in rows}
    there = {
        f"{path.name}::{name}"
        for path in KNOWN.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    assert set(told) == there
    assert all(told.values()), "how often it was found, in how many runs"


def test_each_module_has_a_failure_and_its_control() -> None:
    for path in KNOWN.glob("test_*.py"):
        text = path.read_text()
        assert "record.found(" in text, path.name
        assert "record.clean(" in text, path.name


@pytest.mark.parametrize("runs", ["x", "0", "-k", ""])
def test_runs_are_a_number(runs: str) -> None:
    run = subprocess.run([ROOT / "ci/track-record", runs], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"ci/track-record: '{runs}' is no number of runs from 1 to 9999\n"
