"""Stages for tests: what machines said, each in a unit's journal, and decoded events."""

from __future__ import annotations

from collections.abc import Iterable

from harness.capture.events import Event
from harness.incident.entry import Entry
from harness.incident.packet import Packet
from harness.incident.record import Heard, Logged, Record
from harness.incident.signatures.signature import Stage
from tests.incident.records import SECOND, T036

Line = tuple[float, str, str]


def stage(
    *said: Line,
    since: float = 0,
    heard: Iterable[Event] = (),
    packets: Iterable[Packet] = (),
    unit: str = "etcd.service",
    boots: dict[str, list[float]] | None = None,
) -> Stage:
    """Return a stage in which machines said lines: when (in seconds), who, what. `boots` is when a machine booted."""
    logged = []
    for number, (when, host, line) in enumerate(sorted(said), 1):
        boot = str(sum(when >= at for at in (boots or {}).get(host, [])))
        entry = Entry(f"{host}.json", number, host, round(when * SECOND), None, boot, unit, "etcd", line, 6)
        logged.append(Logged(entry.time, entry))
    names = {machine.name: machine.name for machine in T036.machines}
    names |= {str(nic.address): machine.name for machine in T036.machines for nic in machine.nics}
    events = [Heard(one.time, "a.pcap", one) for one in heard]
    captured = sorted(packets, key=lambda one: one.time)
    times = [*(one.time for one in logged), *(one.time for one in events), *(one.time for one in captured)]
    record = Record(T036, captured, events, logged, names, min(times, default=0), max(times, default=0))
    return Stage(record, round(since * SECOND))
