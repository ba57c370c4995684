"""Whether a leader's heartbeats come as often as they are configured to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from harness.checks.invariants.recent import Recent
from harness.checks.invariants.seen import HeartbeatSeen
from harness.checks.verdict import Verdict

if TYPE_CHECKING:
    from datetime import timedelta

    from harness.checks.invariants.seen import Seen

ENOUGH = 20
"""Fewer gaps than this say nothing about a cadence."""
TOLERANCE = 0.2
"""How far the usual gap may be from the configured one, as a part of it, on a host that keeps up."""
LONGEST = 10_000
"""Gaps are counted by the millisecond, up to this one."""


class HeartbeatCadence:
    """The usual gap (the median) between a leader's heartbeats to one follower is the configured one.

    Single gaps say nothing: a fault makes long ones on purpose. `patience` is how many times slower than a healthy host
    this one is (at least 1): it stretches the longest gap that is allowed, but not the shortest.
    """

    name: ClassVar[str] = "heartbeat cadence"

    def __init__(self, heartbeat: timedelta, *, patience: float = 1.0) -> None:
        self._configured = heartbeat.total_seconds() * 1000
        self._patience = patience
        self._last: Recent[tuple[str, str, int, int, int], HeartbeatSeen] = Recent()
        self._gaps: Counter[int] = Counter()

    def feed(self, seen: Seen) -> None:
        """Take what was seen."""
        if not isinstance(seen, HeartbeatSeen):
            return
        key = (seen.cluster, seen.flow, seen.term, seen.member, seen.receiver)
        before = self._last.get(key)
        self._last.set(key, seen)
        if before is not None:
            self._gaps[min(LONGEST, round((seen.time - before.time) / 1e6))] += 1

    def verdict(self) -> Verdict:
        """Return what is known so far: unknown before there are enough gaps."""
        count = self._gaps.total()
        if count < ENOUGH:
            return Verdict(None, f"{count} gaps between heartbeats say too little", name=self.name)
        usual = self._median()
        least, most = self._configured * (1 - TOLERANCE) - 1, self._configured * (1 + TOLERANCE) * self._patience + 1
        said = f"the usual gap of {count} is {usual} ms, {self._configured:.0f} ms are configured"
        if least <= usual <= most:
            return Verdict(True, said, name=self.name)
        return Verdict(False, f"{said}, and {least:.0f} to {most:.0f} ms allowed", (usual,), self.name)

    def _median(self) -> int:
        below, half = 0, self._gaps.total() / 2
        for gap in sorted(self._gaps):
            below += self._gaps[gap]
            if below >= half:
                return gap
        return LONGEST
