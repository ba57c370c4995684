"""T036 from a checkpoint: how long that takes, what it takes on the disk and of memory, beside a cold bootstrap."""

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
ROUNDS = 10
FEW = 3
CLONES = 4
MB = 1_000_000
KIB = 1024


class Noted(TypedDict):
    """What the scenarios note: seconds, and bytes; of memory, KiB by the kernel's names (proc(5), smaps_rollup).

    `processor` and `blocks` are what all emulators took by the end of each restore: seconds of a processor, and blocks
    of code that they have translated. Other work on the host moves these much less than `restored`.
    """

    cold: float
    cold_memory: dict[str, int]
    disk: int
    restored: list[float]
    processor: list[float]
    blocks: list[int]
    memory: dict[str, int]
    first: float
    branch: list[float]
    second: float
    teardown: list[float]


CONFTEST = '''
"""Notes how long labs take to go, and what the scenarios note."""
import json, time
from pathlib import Path

import pytest

NOTED = {{"teardown": []}}


@pytest.fixture(scope="session")
def noted():
    return NOTED


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    began = time.monotonic()
    yield
    NOTED["teardown"].append(time.monotonic() - began)
    Path({output!r}).write_text(json.dumps(NOTED))
'''

COMMON = """
import os, re, time
from pathlib import Path

import pytest

from harness.ladder import Rung
from harness.machines.checkpoint_store import size_on_disk
from harness.machines.monitor import Monitor


def clock(action, *arguments):
    began = time.monotonic()
    action(*arguments)
    return time.monotonic() - began


def memory(lab):
    total = {}
    for machine in lab.machines:
        process = lab.workbench.hypervisor.process_of(machine)
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]:
            name, size = line.split()[:2]
            total[name.rstrip(":")] = total.get(name.rstrip(":"), 0) + int(size)
    return total


def processor(lab):
    total = 0
    for machine in lab.machines:
        process = lab.workbench.hypervisor.process_of(machine)
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def blocks(lab):
    total = 0
    for name in lab.machines:
        monitor = Monitor(lab.workbench.hypervisor.connection.lookupByName(name), name)
        told = monitor("human-monitor-command", command_line="info jit")
        total += int(re.search(r"TB count +(\\d+)", told)[1]) if "TB count" in told else 0
    return total
"""

COLD = (
    COMMON
    + """
pytestmark = pytest.mark.lab("t036", start="off")


def test_cold(lab, noted):
    noted["cold"] = clock(lab.bootstrap)
    noted["cold_memory"] = memory(lab)
"""
)

RESTORED = (
    COMMON
    + f"""
pytestmark = pytest.mark.lab("t036", start="cluster")


def test_restored(lab, noted):
    store, key = lab.workbench.checkpoints, lab.key(Rung.CLUSTER)
    noted["disk"] = size_on_disk(store.find(key)) - size_on_disk(store.find(lab.key(Rung.INSTALLED)))
    noted.update(restored=[], processor=[], blocks=[])
    for _ in range({ROUNDS}):
        noted["restored"].append(clock(lab.start, Rung.CLUSTER))
        noted["processor"].append(processor(lab))
        noted["blocks"].append(blocks(lab))
    noted["memory"] = memory(lab)
    noted["first"] = clock(lab.checkpoint, "first")
    noted["branch"] = [clock(lab.restore, "first") for _ in range(3)]
    noted["second"] = clock(lab.checkpoint, "second")
"""
)


def measure(arguments: list[str]) -> int:
    """Bootstrap it cold, make the checkpoint anew, restore it some times, and report.

    Arguments go to pytest; returns its exit status.
    """
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder:
        place = Path(folder)
        (place / "topologies").symlink_to(Path("scenarios/topologies").absolute())
        output = place / "noted.json"
        (place / "conftest.py").write_text(CONFTEST.format(output=str(output)))
        (place / "test_1_cold.py").write_text(COLD)
        (place / "test_2_restored.py").write_text(RESTORED)
        command = [
            *(".venv/bin/pytest", "-q", "-c", "pyproject.toml", "-p", "no:cacheprovider", folder),
            *(f"--lab-evidence={folder}/evidence", "--lab-checkpoints=rebuild", *arguments),
        ]
        status = subprocess.run(command, check=False, stdout=sys.stderr).returncode
        if status == 0:
            _report(json.loads(output.read_text()))
    return status


def _report(noted: Noted) -> None:
    restored = noted["restored"]
    cold = Peer("cold bootstrap", noted["cold"], times=100)
    notes = {"runs": len(restored), "worst": max(restored), "emulators": _taken(noted)}
    value = statistics.median(restored)
    name = "T036 restored, every member healthy, a write accepted"
    emit(Figure(name, value, "s", [cold], at_most=2, smaller_is_better=True, notes=notes))
    first, last = (statistics.median(some) for some in (restored[:FEW], restored[-FEW:]))
    name = f"the last {FEW} of {ROUNDS} such starts"
    emit(Figure(name, last, "s", [Peer(f"the first {FEW}", first, times=0.8)], smaller_is_better=True))
    _report_memory(noted)
    emit(Figure("tear-down of the lab", max(noted["teardown"]), "s", at_most=1, smaller_is_better=True))
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


def _taken(noted: Noted) -> dict[str, float]:
    """Return what all emulators together took, in the middle: seconds of a processor, translated blocks of code."""
    return {"processor": statistics.median(noted["processor"]), "blocks": statistics.median(noted["blocks"])}


def _report_memory(noted: Noted) -> None:
    """Report the memory of clones, from one lab: what is anonymous is each clone's own, everything else is shared."""
    own, all_of_it = noted["memory"]["Anonymous"], noted["memory"]["Pss"]
    clones = (CLONES * own + all_of_it - own) * KIB / MB
    cold = Peer(f"{CLONES} booted cold", CLONES * noted["cold_memory"]["Pss"] * KIB / MB, times=1 / 0.6)
    notes = {"computed from one lab of each": True}
    emit(Figure(f"memory of {CLONES} clones of T036", clones, "MB", [cold], smaller_is_better=True, notes=notes))
