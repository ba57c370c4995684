"""What importing the pytest plugin costs over pytest alone."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from measure.report import Figure, Peer, emit

RUNS = 15


def measure() -> int:
    """Measure a fresh interpreter that imports pytest, and one that imports the plugin, too; the two take turns."""
    alone: list[float] = []
    both: list[float] = []
    for _ in range(RUNS):
        alone.append(_import_time("import pytest"))
        both.append(_import_time("import pytest, harness.plugin"))
    pytest = Peer("pytest alone", 1000 * statistics.median(alone))
    value = 1000 * statistics.median(both) - pytest.value
    emit(Figure("plugin import over pytest alone", value, "ms", [pytest], notes={"runs": RUNS}))
    return 0


def _import_time(statement: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - started
