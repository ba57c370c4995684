"""Clocks of machines as their TCP timestamps have them (RFC 7323): whether they stood still, and how fast they went.

A timestamp is the sender's monotonic clock. It goes on while a machine is cut off, and stands still with a machine that
stands still; it goes too fast or too slow where the clock drifts. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from harness.capture.describe import NANO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.incident.packet import Packet

TICK = NANO // 1000
"""Of Linux since 4.13, and of the BSDs (tcp(7))."""
WRAPS = 1 << 32
MOST_GAIN = 600 * NANO
"""A gain beyond that between two segments is another connection's, or another boot's."""
LATE = NANO // 10
"""By how much one segment may be later than another on its way to the capture."""
STEP = NANO // 5
"""A connection is looked at that often: more would tell no more."""
CELL = NANO
SYN, RST = 0x02, 0x04


@dataclass(frozen=True)
class Beat:
    """Two successive segments of a connection: by how much the sender's clock gained on the capture's in between."""

    before: Packet
    after: Packet
    gained: int


NONE: tuple[Packet | None, list[Beat]] = (None, [])


@dataclass
class Pulse:
    """A machine's clock against the record's: beat by beat, and the gain since its first segment, second by second."""

    beats: list[Beat] = field(default_factory=list)
    gains: list[tuple[int, int]] = field(default_factory=list)


def pulse(packets: Iterable[Packet]) -> Pulse:
    """Return the clock of the machine that sent these packets, which are in order of time."""
    runs: list[list[Beat]] = []
    open_: dict[object, tuple[Packet, list[Beat]]] = {}
    for packet in packets:
        if not packet.stamp or packet.flags & RST:
            continue
        flow = packet[1:3] + packet[7:9] + packet[10:12]
        before, run = open_.get(flow, NONE)
        if before is None or packet.flags & SYN:
            open_[flow] = (packet, [])
        elif packet.time - before.time >= STEP:
            gained = _gained(before, packet)
            if not -(packet.time - before.time) - LATE <= gained <= MOST_GAIN:
                run = []  # another connection between the same ports
            else:
                if not run:
                    runs.append(run)
                run.append(Beat(before, packet, gained))
            open_[flow] = (packet, run)
    return Pulse([beat for run in runs for beat in run], _stitched(runs))


def relative(pulses: Mapping[str, Pulse]) -> dict[str, list[tuple[int, int]]]:
    """Return each machine's gains against the median of all: where all gain at once, it is the capture's clock."""
    if len(pulses) < 3:  # noqa: PLR2004 - of two, nobody can say which is wrong
        return {machine: one.gains for machine, one in pulses.items()}
    cells: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for machine, one in pulses.items():
        for time, gain in one.gains:
            cells[time // CELL][machine] = gain
    usual = {cell: round(median(gains.values())) for cell, gains in cells.items() if len(gains) == len(pulses)}
    return {
        machine: [(time, gain - usual[time // CELL]) for time, gain in one.gains if time // CELL in usual]
        for machine, one in pulses.items()
    }


def _gained(before: Packet, after: Packet) -> int:
    ticks = (after.stamp - before.stamp) % WRAPS
    if ticks >= WRAPS // 2:
        ticks -= WRAPS
    return ticks * TICK - (after.time - before.time)


def _stitched(runs: Sequence[Sequence[Beat]]) -> list[tuple[int, int]]:
    """Return the gain second by second along as few connections as can be, one taken up where another ends."""
    gains: list[tuple[int, int]] = []
    total, until = 0, 0
    for run in sorted(runs, key=lambda run: (run[0].before.time, -run[-1].after.time)):
        if run[-1].after.time <= until:
            continue
        fresh = [beat for beat in run if beat.before.time >= until]
        for beat in fresh:
            total += beat.gained
            if not gains or beat.after.time // CELL > gains[-1][0] // CELL:
                gains.append((beat.after.time, total))
        until = max(until, run[-1].after.time)
    return gains
