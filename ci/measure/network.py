"""The switch beside its peers: vde, the kernel's own bridge, and Mininet. Paths take turns, medians are reported."""

from __future__ import annotations

import os
import statistics
import tempfile
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from measure import crowd, flows, paths, punctuality
from measure.report import Figure, Peer, emit_kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from measure.paths import Line

ROUNDS = 5
FEWER_ROUNDS = 3
MANY, VERY_MANY = 100, 1_000
IDLE_SPAN = 5.0
DELAYS = (5, 20, 100)


def measure(part: str = "") -> int:
    """Print the figures of the kinds whose name has that part; returns as `measure.report.emit_kinds`."""
    return emit_kinds(KINDS, part)


def tcp() -> Iterator[Figure]:
    """Measure bulk TCP on one connection."""
    ours, vde, bridge = _medians(flows.tcp_gbits, ROUNDS)
    peers = [Peer("vde_switch", vde, times=10), Peer("veth + bridge", bridge, times=0.6)]
    yield Figure("bulk TCP between two namespace machines", ours, "Gbit/s", peers, notes=_notes(ROUNDS))


def udp() -> Iterator[Figure]:
    """Measure the smallest frames."""
    ours, vde, bridge = _medians(flows.udp_frames, ROUNDS)
    peers = [Peer("vde_switch", vde, times=1), Peer("veth + bridge", bridge)]
    yield Figure("64-byte UDP frames between two namespace machines", ours, "1/s", peers, notes=_notes(ROUNDS))


def round_trip() -> Iterator[Figure]:
    """Measure an idle line."""
    ours, vde, bridge = _medians(flows.round_trip_ms, FEWER_ROUNDS)
    peers = [Peer("vde_switch", vde), Peer("veth + bridge", bridge)]
    notes = _notes(FEWER_ROUNDS)
    yield Figure("idle round trip", ours, "ms", peers, at_most=0.25, smaller_is_better=True, notes=notes)


def machines() -> Iterator[Figure]:
    """Measure how long many machines over three sites take up and down."""
    ours, theirs = [], []
    for _ in range(FEWER_ROUNDS):
        with _folder() as folder:
            ours.append(crowd.machines(folder, MANY))
        theirs.append(crowd.mininet(MANY))
    notes = _notes(FEWER_ROUNDS)
    for what in ("up", "down"):
        value, peer = (statistics.median(getattr(one, what) for one in measured) for measured in (ours, theirs))
        peers = [Peer("Mininet, one Linux bridge", peer, times=3)]
        name = f"{MANY} namespace machines over three sites {what}"
        yield Figure(name, value, "s", peers, at_most=1, smaller_is_better=True, notes=notes)
    with _folder() as folder:
        very_many = crowd.machines(folder, VERY_MANY)
    name = f"{VERY_MANY} namespace machines over three sites"
    yield Figure(f"{name} up", very_many.up, "s", at_most=12, notes=_notes(1))
    yield Figure(f"{name} down", very_many.down, "s", notes=_notes(1))


def idle() -> Iterator[Figure]:
    """Measure a switch with machines that are silent."""
    with _folder() as folder, crowd.idle_switch(folder, MANY) as process:
        share = crowd.processor_share(process, IDLE_SPAN)
    yield Figure(f"idle switch with {MANY} machines", share, "% of a core", at_most=1, notes=_notes(1))


def delay() -> Iterator[Figure]:
    """Measure how late delayed frames are; where the host let nobody run, no program of a user's could be punctual."""
    with _folder() as folder, punctuality.line(folder) as delayed:
        for name, host in (("an idle host", nullcontext), ("a busy host", punctuality.busy)):
            with host():
                for wanted in DELAYS:
                    late = punctuality.lateness(delayed, wanted)
                    of = f"delay of {wanted} ms on {name}, lateness"
                    notes = {"frames": punctuality.FRAMES, "load": os.getloadavg()[0]}
                    yield Figure(f"{of}, median", late.median, "ms", at_most=0.2, notes=notes)
                    notes = {**notes, "with the host's stalls": round(late.percentile_99, 3)}
                    yield Figure(f"{of}, 99th percentile", late.without_stalls, "ms", at_most=1, notes=notes)


KINDS: dict[str, Callable[[], Iterator[Figure]]] = {
    "tcp": tcp,
    "udp": udp,
    "round-trip": round_trip,
    "machines": machines,
    "idle": idle,
    "delay": delay,
}


def _notes(rounds: int) -> dict[str, object]:
    """Return what helps to judge a figure: rounds, and the load of the last minute, our own included."""
    return {"rounds": rounds, "load": os.getloadavg()[0]}


def _medians(flow: Callable[[Line], float], rounds: int) -> list[float]:
    """Return the medians for the switch, vde and the bridge, which take turns."""
    with _folder() as folder, ExitStack() as undo:
        lines = [undo.enter_context(path(folder)) for path in (paths.switch, paths.vde, paths.bridge)]
        measured = [[flow(line) for line in lines] for _ in range(rounds)]
    return [statistics.median(values) for values in zip(*measured, strict=True)]


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder:
        yield Path(folder)
