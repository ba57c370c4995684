"""What a machine's wall clock would have said, had nobody set it while the machine ran. Pure.

Of a boot, the wall clock and the monotonic clock stay apart by the same amount, since both are slewed alike; where the
difference changes, the wall clock was set. The time that counts is the one before, but for a clock that was wrong when
the machine started and that time synchronisation set right.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.incident.entry import Entry

STEP = 100_000_000
"""Nanoseconds by which the difference has to change to be a step; both clocks are not read at quite the same moment."""

START_UP = 600 * 10**9
"""How long after its start a machine's clock is set right, in nanoseconds."""

NEAR = 10 * 10**9
"""Within that, in nanoseconds, a line about synchronisation is about a step."""

SYNCHRONISED = re.compile(
    r"Initial (?:clock )?synchronization|Contacted time server|Synchronized to time server|System clock was stepped"
    r"|System clock wrong by|step time server|System's initial time set|clock_step|adjtime",
    re.IGNORECASE,
)


def unset(entries: Iterable[Entry]) -> list[tuple[int, Entry]]:
    """Return each entry with the time, in nanoseconds since 1970, that the wall clock would have said."""
    boots: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for one in entries:
        boots[one.host, one.boot].append(one)
    return [pair for boot in boots.values() for pair in _of_boot(boot)]


def _of_boot(entries: Sequence[Entry]) -> list[tuple[int, Entry]]:
    timed = sorted(
        ((one.monotonic, one.time - one.monotonic, one) for one in entries if one.monotonic is not None and one.boot),
        key=lambda row: row[0],
    )
    if not timed:
        return [(one.time, one) for one in entries]
    base = _trusted(timed)
    return [(one.time if one.monotonic is None or not one.boot else base + one.monotonic, one) for one in entries]


def _trusted(timed: Sequence[tuple[int, int, Entry]]) -> int:
    """Return by how much the wall clock is ahead of the monotonic one, as it was before it was wrong."""
    told = [monotonic for monotonic, _, entry in timed if SYNCHRONISED.search(entry.message)]
    first = timed[0][0]
    base = timed[0][1]
    for monotonic, apart, _ in timed:
        if monotonic - first > START_UP and monotonic > START_UP:
            break
        if abs(apart - base) > STEP and any(abs(monotonic - one) < NEAR for one in told):
            base = apart
    return base
