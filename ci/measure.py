"""The measurements behind ``ci/bench``: each prints JSON lines, with the peer measured in the same run."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 15


def emit(name: str, value: float, unit: str, **more: object) -> None:
    """Print one measurement."""
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, **more}), flush=True)  # noqa: T201 - the output


def plugin() -> None:
    """Measure a fresh interpreter that imports pytest, and one that imports the plugin, too; the two take turns."""
    alone: list[float] = []
    both: list[float] = []
    for _ in range(RUNS):
        alone.append(_import_time("import pytest"))
        both.append(_import_time("import pytest, harness.plugin"))
    peer = statistics.median(alone)
    value = statistics.median(both)
    emit("plugin import over pytest alone", 1000 * (value - peer), "ms", peer=round(1000 * peer, 3), runs=RUNS)


def bootstrap(arguments: list[str]) -> int:
    """Run the bootstrap scenario, and report each machine's way from power-on to a healthy cluster."""
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder:
        command = [".venv/bin/pytest", "-q", "scenarios", "-k", "bootstrap", f"--lab-evidence={folder}", *arguments]
        status = subprocess.run(command, check=False, stdout=sys.stderr).returncode
        for log in sorted(Path(folder).glob("latest/*/phases.json")):
            for machine, phases in json.loads(log.read_text())["machines"].items():
                if phases:
                    took = phases[-1]["at"] - phases[0]["at"]
                    emit(f"{machine} from power-on to {phases[-1]['phase']}", took, "s", passed=status == 0)
    return status


def main(arguments: list[str]) -> int:
    """Run the measurement that is named first."""
    match arguments:
        case ["plugin"]:
            plugin()
            return 0
        case ["bootstrap", *rest]:
            return bootstrap(rest)
    print("usage: ci/bench plugin | ci/bench bootstrap [pytest arguments]", file=sys.stderr)  # noqa: T201 - the usage
    return 2


def _import_time(statement: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
