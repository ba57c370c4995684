"""A cluster over three sites, and how long it takes to part it in every shape."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure.report import Figure, emit

FORMED = """
import pytest

pytestmark = pytest.mark.lab("nine-voters", machines="any", start="cluster")

def test_it(lab):
    assert len(lab.cluster.members()) == 9
"""
CLOCK = """
import json, time
from pathlib import Path
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef):
    started = time.monotonic()
    made = yield
    if fixturedef.argname == "lab":
        Path(__file__).with_name("told.json").write_text(json.dumps(time.monotonic() - started))
    return made
"""
SWEEP = "scenarios/test_split_brain.py"
FORMED_WITHIN, SWEPT_WITHIN = 5, 360


def measure() -> int:
    """Report both figures; returns the worse of pytest's exit statuses."""
    return max(_formed(), _sweep())


def _formed() -> int:
    """From asking for the lab to every health endpoint answering 200, on nine machines at three sites."""
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as name:
        folder = Path(name)
        (folder / "topologies").symlink_to(Path("scenarios/topologies").absolute())
        (folder / "conftest.py").write_text(CLOCK)
        (folder / "test_formed.py").write_text(FORMED)
        status = _pytest(str(folder / "test_formed.py"), f"--rootdir={folder}", f"--lab-evidence={folder}/evidence")
        if status == 0:
            took = json.loads((folder / "told.json").read_text())
            figure = Figure(
                "nine voters at three sites, up and healthy", took, "s", at_most=FORMED_WITHIN, smaller_is_better=True
            )
            emit(figure)
    return status


def _sweep() -> int:
    """Every shape of a partition, from the start of pytest to its end."""
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder:
        report = Path(folder) / "report.xml"
        started = time.monotonic()
        status = _pytest(SWEEP, f"--lab-evidence={folder}", f"--junitxml={report}")
        took = time.monotonic() - started
        shapes = report.read_text().count("<testcase ") if report.exists() else 0
    notes = {"scenarios": shapes, "passed": status == 0}
    emit(Figure("split-brain sweep", took, "s", at_most=SWEPT_WITHIN, smaller_is_better=True, notes=notes))
    return status


def _pytest(*arguments: str) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "--lab-machines=namespace", *arguments]
    return subprocess.run(command, check=False, stdout=sys.stderr).returncode
