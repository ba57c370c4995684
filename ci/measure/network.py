"""The switch beside its peers: vde, the kernel's own bridge, and Mininet. Paths take turns, medians are reported."""

from __future__ import annotations

import os
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from measure import crowd, flows, paths
from measure.report import Figure, Peer, emit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FLOW_ROUNDS = 5
PING_ROUNDS = 3
CROWD_ROUNDS = 3
MANY, VERY_MANY = 100, 1_000
IDLE_SPAN = 5.0


def measure(part: str = "") -> int:
    """Measure what has `part` in its name; returns the exit status."""
    figures: dict[str, Callable[[], None]] = {
        "tcp": tcp,
        "udp": udp,
        "round trip": round_trip,
        "machines": machines,
        "idle": idle,
    }
    chosen = [figure for name, figure in figures.items() if part in name]
    for figure in chosen:
        figure()
    return 0 if chosen else 2


def tcp() -> None:
    """Measure bulk TCP on one connection."""
    ours, vde, bridge = _medians(flows.tcp_gbits)
    peers = [Peer("vde_switch", vde, times=10), Peer("veth + bridge", bridge, times=0.6)]
    emit(Figure("bulk TCP between two namespace machines", ours, "Gbit/s", peers, notes=_notes(FLOW_ROUNDS)))


def udp() -> None:
    """Measure the smallest frames."""
    ours, vde, bridge = _medians(flows.udp_frames)
    peers = [Peer("vde_switch", vde, times=1), Peer("veth + bridge", bridge)]
    name = "64-byte UDP frames between two namespace machines"
    emit(Figure(name, ours, "1/s", peers, notes=_notes(FLOW_ROUNDS)))


def round_trip() -> None:
    """Measure an idle line."""
    ours, vde, bridge = _medians(flows.round_trip_ms, rounds=PING_ROUNDS)
    peers = [Peer("vde_switch", vde), Peer("veth + bridge", bridge)]
    emit(Figure("idle round trip", ours, "ms", peers, 0.25, smaller_is_better=True, notes=_notes(PING_ROUNDS)))


def machines() -> None:
    """Measure how long many machines over three sites take up and down."""
    ours, theirs = [], []
    for _ in range(CROWD_ROUNDS):
        with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder:
            ours.append(crowd.machines(Path(folder), MANY))
        theirs.append(crowd.mininet(MANY))
    for what in ("up", "down"):
        value, peer = (statistics.median(getattr(one, what) for one in measured) for measured in (ours, theirs))
        peers = [Peer("Mininet, one Linux bridge", peer, times=3)]
        name = f"{MANY} namespace machines over three sites {what}"
        emit(Figure(name, value, "s", peers, at_most=1, smaller_is_better=True, notes=_notes(CROWD_ROUNDS)))
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder:
        very_many = crowd.machines(Path(folder), VERY_MANY)
    name = f"{VERY_MANY} namespace machines over three sites"
    emit(Figure(f"{name} up", very_many.up, "s", at_most=12, notes=_notes(1)))
    emit(Figure(f"{name} down", very_many.down, "s", notes=_notes(1)))


def idle() -> None:
    """Measure a switch with machines that are silent."""
    with (
        tempfile.TemporaryDirectory(prefix="harness-bench-") as folder,
        crowd.idle_switch(Path(folder), MANY) as process,
    ):
        share = crowd.processor_share(process, IDLE_SPAN)
    emit(Figure(f"idle switch with {MANY} machines", share, "% of a core", at_most=1, notes=_notes(1)))


def _notes(rounds: int) -> dict[str, object]:
    """Return what helps to judge a figure: rounds, and the load of the last minute, our own included."""
    return {"rounds": rounds, "load": os.getloadavg()[0]}


def _medians(flow: Callable[[paths.Line], float], rounds: int = FLOW_ROUNDS) -> Sequence[float]:
    """Return the medians for the switch, vde and the bridge, which take turns."""
    measured: Mapping[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder, ExitStack() as undo:
        lines = [undo.enter_context(path(Path(folder))) for path in (paths.switch, paths.vde, paths.bridge)]
        measured = {line.name: [] for line in lines}
        for _ in range(rounds):
            for line in lines:
                measured[line.name].append(flow(line))
    return [statistics.median(values) for values in measured.values()]
