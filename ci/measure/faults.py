"""How long a fault of the network takes to be in force from when it is asked for, on every kind of network.

The figure is the median of the fault that takes longest.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness import workbench
from harness.errors import HostError
from harness.faults.words import fault_of
from harness.namespace_lab import NamespaceLab
from harness.network import kinds
from harness.topology.loader import load
from measure.report import Figure, emit

if TYPE_CHECKING:
    from harness.faults.fault import Fault
    from harness.topology.model import Topology

TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"
ROUNDS = 10
SOON = 50
"""Milliseconds."""

ANYWHERE = (
    "pull node01",
    "cut node01",
    "cut node01 way=up",
    "impair node01 delay=50ms loss=1%",
    "flap node01",
    "swizzle node01,node02,node03",
    "isolate node01",
    "split node01 node02,node03",
    "deafen node01 node02",
    "bridge node01 node02 node03",
    "ring node01,node02,node03",
    "drop node01 tcp port=2380",
)
BETWEEN_SITES = ("wan-loss a", "wan-degraded a--b", "isolate a", "split a b,c", "ring a,b,c", "cut a--b")
PLACES = {
    kinds.SWITCH: ("three-sites", (*ANYWHERE, *BETWEEN_SITES)),
    kinds.BRIDGE: ("t036", ANYWHERE),
    kinds.MULTICAST: ("t036", ANYWHERE),
}


def measure() -> int:
    """Measure every kind that runs here; fail where a fault is late."""
    with tempfile.TemporaryDirectory() as folder:
        settings = workbench.Settings(evidence=Path(folder))
        bench = workbench.prepare(settings, lambda _: None, virtual=False)
        right = [_measured(kind, bench) for kind in PLACES]
    return 0 if all(right) else 1


def _measured(kind: str, bench: workbench.Workbench) -> bool:
    """Print the slowest fault of a kind of network; say so where this host can't run that kind."""
    name, faults = PLACES[kind]
    topology = load(TOPOLOGIES / f"{name}.yaml")
    bench = replace(bench, settings=replace(bench.settings, network=kind))
    try:
        rounds = _took(topology, faults, bench)
    except HostError as error:
        emit(Figure(f"fault in force on {kind}", 0, "ms", notes={"not measured": str(error).splitlines()[0]}))
        return True
    took = {words: statistics.median(times) for words, times in rounds.items()}
    slowest = max(took, key=lambda words: took[words])
    left_out = [words for words in faults if words not in took]
    notes: dict[str, object] = {
        "slowest": slowest,
        "faults": len(took),
        "rounds": ROUNDS,
        "machines": len(topology.machines),
    }
    notes |= {"not here": left_out} if left_out else {}
    figure = Figure(f"fault in force on {kind}", took[slowest], "ms", at_most=SOON, smaller_is_better=True, notes=notes)
    emit(figure)
    return figure.met() is True


def _took(topology: Topology, faults: tuple[str, ...], bench: workbench.Workbench) -> dict[str, list[float]]:
    """Return how long each fault took each time, in milliseconds."""
    took: dict[str, list[float]] = {}
    with NamespaceLab(topology, bench, bench.evidence_for(topology.name)) as lab:
        lab.switch_on()
        for words in faults:
            fault = fault_of(words.split())
            with contextlib.suppress(HostError):  # what this host's kernel can't do
                took[words] = [_once(fault, lab) for _ in range(ROUNDS)]
    return took


def _once(fault: Fault, lab: NamespaceLab) -> float:
    """Return how long a fault took to be in force, in milliseconds; it is healed again."""
    started = time.perf_counter()
    injected = fault.inject(lab)
    spent = time.perf_counter() - started
    injected.heal()
    return spent * 1000
