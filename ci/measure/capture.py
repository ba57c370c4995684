"""Captures: how fast a question to a large one is answered, and whether live decoding keeps up with a network."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from harness.capture.dissector import Dissector
from harness.capture.files.reader import frames, open_reader
from measure import flows, frame_mix, paths
from measure.report import Figure, Peer, emit_kinds

if TYPE_CHECKING:
    import resource
    from collections.abc import Callable, Iterator, Sequence

FRAMES = 1_000_000
SAMPLE = 50_000
"""Frames that scapy reads; it would take minutes and gigabytes for all."""

LIVE_RATE = 20_000
LOOKS_EVERY = 0.02
ROUNDS = 3
MiB = 1 << 20
DECODE = [sys.executable, "-c", "import sys; from harness.cli import main; sys.exit(main())", "decode", "--json"]
READ = "import sys, scapy.layers.all; from scapy.utils import rdpcap; rdpcap(sys.argv[1])"
SCAPY = [sys.executable, "-c", READ]
QUESTIONS = {"dhcp": "dhcp", "raft": "http", "http": "http"}
"""Protocols, and what tshark is asked for in their place; it has no decoder for etcd's Raft."""


def measure(part: str = "") -> int:
    """Print the figures of the kinds whose name has that part; returns as `measure.report.emit_kinds`."""
    return emit_kinds(KINDS, part)


def questions(size: int = FRAMES, sample: int = SAMPLE) -> Iterator[Figure]:
    """Measure whole commands: time, and the most memory that they took."""
    with _folder() as folder:
        large, small = folder / "large.pcapng", folder / "small.pcapng"
        mix = frame_mix.write(large, size)
        frame_mix.write(small, sample)
        scapy, scapys_memory = _run([*SCAPY, str(small)])
        notes: dict[str, object] = {"frames": size, "mix": mix}
        peers = [Peer(f"scapy's rdpcap, {sample} frames, scaled", scapy * size / sample, times=20)]
        for protocol, theirs in QUESTIONS.items():
            took, memory = _run([*DECODE, "--protocol", protocol, str(large)])
            tshark, _ = _run(["tshark", "-n", "-r", str(large), "-Y", theirs, "-T", "fields", "-e", "frame.number"])
            beside = [*peers, Peer(f"tshark -Y {theirs}", tshark)]
            what = f"{protocol} of a capture of {size} frames"
            yield Figure(what, took, "s", beside, at_most=10, smaller_is_better=True, notes=_notes(notes))
            scapys = Peer(f"scapy's rdpcap, of {sample} frames", scapys_memory)
            yield Figure(f"{what}, memory", memory, "MiB", [scapys], at_most=300, smaller_is_better=True)
        took, memory = _run([*DECODE, str(large)])
        beside = [replace(peers[0], times=None)]
        yield Figure(f"everything of {size} frames", took, "s", beside, smaller_is_better=True, notes=_notes(notes))


def live() -> Iterator[Figure]:
    """Measure the round trip in a busy network, with and without somebody who decodes its capture; how far behind."""
    alone, decoded = [], []
    with _folder() as folder, paths.switch(folder) as line, flows.paced(line, LIVE_RATE):
        for _ in range(ROUNDS):
            alone.append(flows.round_trip_ms(line))
            with _decoding(folder / "switch.pcapng") as seen:
                decoded.append(flows.round_trip_ms(line))
    rate = f"{LIVE_RATE} frames/s"
    peers = [Peer("nobody decodes", statistics.median(alone))]
    name, notes = f"round trip beside {rate} that are decoded as they come", _notes({"rounds": ROUNDS})
    trip = statistics.median(decoded)
    yield Figure(name, trip, "ms", peers, at_most=0.25, smaller_is_better=True, notes=notes)
    notes = _notes({"frames": seen.frames})
    yield Figure(f"decoding of {rate} as they come, farthest behind", seen.behind, "s", at_most=1, notes=notes)
    with _folder() as folder:
        frame_mix.write(folder / "mix.pcapng", SAMPLE)
        every, dissector, started = list(frames(folder / "mix.pcapng")), Dissector(), time.process_time()
        for frame in every:
            dissector.frame(frame)
        speed = len(every) / (time.process_time() - started)
    goal = [Peer("the goal", LIVE_RATE, times=1)]
    yield Figure("decoding of everything as it comes, on one core", speed, "frames/s", goal, notes=_notes({}))


KINDS: dict[str, Callable[[], Iterator[Figure]]] = {"questions": questions, "live": live}


class Seen:
    """What was decoded as it came: how many frames, and how far behind at most, in seconds."""

    def __init__(self) -> None:
        self.frames = 0
        self.behind = 0.0


@contextmanager
def _decoding(path: Path) -> Iterator[Seen]:
    """Decode a capture that grows, in a thread, until the block ends, be it far behind by then."""
    seen, stopped = Seen(), threading.Event()

    def run() -> None:
        with path.open("rb", buffering=0) as file:
            reader, dissector = open_reader(file, str(path)), Dissector()
            began = time.time_ns()
            while not stopped.wait(LOOKS_EVERY):
                for frame in takewhile(lambda _: not stopped.is_set(), reader):
                    if frame.time < began:
                        continue
                    dissector.frame(frame)
                    seen.frames += 1
                    if not seen.frames % 1000:
                        seen.behind = max(seen.behind, (time.time_ns() - frame.time) / 1e9)

    thread = threading.Thread(target=run, name="measure-decoding")
    thread.start()
    try:
        yield seen
    finally:
        stopped.set()
        thread.join()


def _run(command: Sequence[str]) -> tuple[float, float]:
    """Run a command, and return the seconds that it took and the most memory that it had, in MiB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    took = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return took, _mebibytes(used)


def _mebibytes(used: resource.struct_rusage) -> float:
    return used.ru_maxrss * 1024 / MiB


def _notes(more: dict[str, object]) -> dict[str, object]:
    return {**more, "load": os.getloadavg()[0]}


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder:
        yield Path(folder)
