"""T036 from power-on to a healthy cluster."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from measure.report import Figure, emit


def measure(arguments: list[str]) -> int:
    """Run the bootstrap scenario, and report each machine's way. Arguments go to pytest; returns its exit status."""
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder:
        command = [".venv/bin/pytest", "-q", "scenarios", "-k", "bootstrap", f"--lab-evidence={folder}", *arguments]
        status = subprocess.run(command, check=False, stdout=sys.stderr).returncode
        for log in sorted(Path(folder).glob("latest/*/phases.json")):
            for machine, phases in json.loads(log.read_text())["machines"].items():
                if phases:
                    took = phases[-1]["at"] - phases[0]["at"]
                    name = f"{machine} from power-on to {phases[-1]['phase']}"
                    emit(Figure(name, took, "s", notes={"passed": status == 0}))
    return status
