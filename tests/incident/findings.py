"""Records and findings for tests, in seconds."""

from __future__ import annotations

from pathlib import Path

from harness.faults.words import parse
from harness.incident.entry import Entry
from harness.incident.evidence import Evidence
from harness.incident.finding import Finding
from harness.incident.record import Logged, Record
from harness.topology.loader import load

SECOND = 10**9
TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"


def found(line: str, began: float, ended: float | None = None, confidence: float = 0.9) -> Finding:
    (step,) = parse(f"at 0s {line}")
    evidence = (Evidence("a.pcap", line, frame=round(began * 10)),)
    return Finding(
        step.fault, round(began * SECOND), None if ended is None else round(ended * SECOND), evidence, confidence
    )


def record(*said: tuple[float, str, str], topology: str = "t036", boot: str = "1", ended: float = 100) -> Record:
    """Return a record in which machines said lines: when, who, what."""
    loaded = load(TOPOLOGIES / f"{topology}.yaml")
    logged = [
        Logged(
            round(at * SECOND), Entry("j.json", number, host, round(at * SECOND), None, boot, "x.service", "x", line)
        )
        for number, (at, host, line) in enumerate(said, 1)
    ]
    names = {machine.name: machine.name for machine in loaded.machines}
    return Record(loaded, [], [], logged, names, 0, round(ended * SECOND))
