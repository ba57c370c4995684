"""Machines that have one name, as those that nobody has named (``localhost``): told apart by their boots. Pure.

A machine is in one boot at a time. Boots of one name that go on at the same time are several machines'; a wall clock
that was set back looks alike, but then a file has the one boot's lines behind the other's.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.incident.entry import Entry

AT_ONCE = 10**9
"""Nanoseconds: what overlaps by less may be clocks that differ."""


@dataclass
class _Boot:
    """Where the lines of one boot are: its file, the first and the last line, and their times."""

    file: str
    lines: tuple[int, int]
    times: tuple[int, int]

    def takes(self, entry: Entry) -> None:
        if entry.file == self.file:
            self.lines = min(self.lines[0], entry.line), max(self.lines[1], entry.line)
        self.times = min(self.times[0], entry.time), max(self.times[1], entry.time)

    def overlaps(self, other: _Boot) -> bool:
        if self.file == other.file:
            return self.lines[0] < other.lines[1] and other.lines[0] < self.lines[1]
        return min(self.times[1], other.times[1]) - max(self.times[0], other.times[0]) > AT_ONCE


def told_apart(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries in which each machine has a name of its own: those that share one but the first get a number."""
    every = list(entries)
    boots: defaultdict[str, dict[str, _Boot]] = defaultdict(dict)
    for entry in every:
        if entry.boot:
            new = _Boot(entry.file, (entry.line, entry.line), (entry.time, entry.time))
            boots[entry.host].setdefault(entry.boot, new).takes(entry)
    names = {(host, boot): name for host, own in boots.items() for boot, name in _names(host, own).items()}
    return [
        entry if (name := names.get((entry.host, entry.boot), entry.host)) == entry.host else replace(entry, host=name)
        for entry in every
    ]


def _names(host: str, boots: Mapping[str, _Boot]) -> dict[str, str]:
    """Return the name of the machine of each boot."""
    machines: list[list[_Boot]] = []
    names: dict[str, str] = {}
    for boot, one in boots.items():
        place = next((n for n, own in enumerate(machines) if not any(map(one.overlaps, own))), len(machines))
        if place == len(machines):
            machines.append([])
        machines[place].append(one)
        label, dot, domain = host.partition(".")
        names[boot] = f"{label}-{place + 1}{dot}{domain}" if place else host
    return names
