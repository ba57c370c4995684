"""T036 from a checkpoint: how long that takes, what it takes on the disk, and its cold bootstrap in the same run."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypedDict

from measure.report import Figure, Peer, emit

MACHINES = 3
ROUNDS = 7
MB = 1_000_000


class Noted(TypedDict):
    """What the scenario notes: seconds, and bytes."""

    cold: float
    disk: int
    restored: list[float]
    first: float
    branch: list[float]
    second: float


SCENARIO = '''
"""Restores a cluster some times, and notes how long that took."""
import json, time
from pathlib import Path

import pytest

from harness import checkpoints
from harness.ladder import Rung
from harness.machines.checkpoint_store import size_on_disk

pytestmark = pytest.mark.lab("t036", start="cluster")


def clock(action, *arguments):
    began = time.monotonic()
    action(*arguments)
    return time.monotonic() - began


def test_figures(lab):
    store, key = lab.workbench.checkpoints, lab.key(Rung.CLUSTER)
    noted = {{}}
    phases = [lab.phases.of(name) for name in lab.machines]
    noted["cold"] = max(one[-1].at.total_seconds() for one in phases)
    noted["disk"] = size_on_disk(store.find(key)) - size_on_disk(store.find(lab.key(Rung.INSTALLED)))
    noted["restored"] = [clock(lab.start, Rung.CLUSTER) for _ in range({rounds})]
    noted["first"] = clock(lab.checkpoint, "first")
    noted["branch"] = [clock(lab.restore, "first") for _ in range(3)]
    noted["second"] = clock(lab.checkpoint, "second")
    Path({output!r}).write_text(json.dumps(noted))
'''


def measure(arguments: list[str]) -> int:
    """Make the checkpoint anew, restore it some times, and report. Arguments go to pytest; returns its exit status."""
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder:
        place = Path(folder)
        (place / "topologies").symlink_to(Path("scenarios/topologies").absolute())
        output = place / "noted.json"
        (place / "test_checkpoints.py").write_text(SCENARIO.format(rounds=ROUNDS, output=str(output)))
        command = [
            *(".venv/bin/pytest", "-q", "-c", "pyproject.toml", "-p", "no:cacheprovider", folder),
            *(f"--lab-evidence={folder}/evidence", "--lab-checkpoints=rebuild", *arguments),
        ]
        status = subprocess.run(command, check=False, stdout=sys.stderr).returncode
        if output.exists():
            _report(json.loads(output.read_text()))
    return status


def _report(noted: Noted) -> None:
    restored = noted["restored"]
    cold, notes = Peer("cold bootstrap", noted["cold"], times=100), {"runs": len(restored), "worst": max(restored)}
    value = statistics.median(restored)
    name = "T036 restored, every member healthy, a write accepted"
    emit(Figure(name, value, "s", [cold], at_most=2, smaller_is_better=True, notes=notes))
    disk = noted["disk"] / MACHINES / MB
    emit(
        Figure(
            "T036's checkpoint on disk beyond the installed disk, a machine",
            disk,
            "MB",
            at_most=250,
            smaller_is_better=True,
        )
    )
    for what, value in (("of a clone", noted["first"]), ("again", noted["second"])):
        emit(Figure(f"checkpoint inside a scenario, {what}", value, "s", at_most=4, smaller_is_better=True))
    value = statistics.median(noted["branch"])
    emit(Figure("checkpoint inside a scenario, put back", value, "s", smaller_is_better=True))
