"""One direction of a link: what it loses, delays, doubles and spoils. Pure: the clock is the caller's.

A frame is first lost or not, then doubled, then each copy is spoiled or not, waits for the line (`rate`), and travels
(`delay`, `jitter`, `reorder`). The random choices of a direction come from its own generator, so that what happens on
one link does not depend on the traffic of another.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from typing import TYPE_CHECKING

from harness.network import tags
from harness.network.impairment import Impairment

if TYPE_CHECKING:
    from datetime import timedelta

QUEUE = 1_000
"""Frames that wait for a line of limited rate at most; those beyond are dropped (as netem's default limit)."""

IN_FLIGHT = 50_000
"""Frames that are on their way at most where no rate is set: 100 ms of the fastest that a switch of ours forwards."""

BYTE = 8


class Conditions:
    """The state of one direction of a link."""

    def __init__(self, seed: str) -> None:
        self.impairment = Impairment()
        self.is_cut = False
        self.counts: Counter[str] = Counter()
        """What happened to frames here: ``cut``, ``loss``, ``duplicate``, ``corrupt``, ``queue``, ``reorder``,
        ``delay``."""
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._replace(Impairment())

    def replace(self, impairment: Impairment) -> None:
        """Replace the impairment. Frames that are on their way arrive as they would have."""
        self._replace(impairment)

    @property
    def idle(self) -> bool:
        """Whether frames pass as if this were not here."""
        return not self.is_cut and self._clear

    @property
    def whole(self) -> bool:
        """Whether frames need not be segmented before they are offered: they all pass, or none."""
        return self.is_cut or self._clear

    def offer(self, frame: bytes, now: float) -> list[tuple[float, bytes]]:
        """Put a frame on the line; return what arrives, each with its time (seconds of the caller's clock)."""
        if self.is_cut:
            self.counts["cut"] += 1
            return []
        if self._clear:
            return [(now, frame)]
        if self._happens("loss", self.impairment.loss):
            return []
        copies = 2 if self._happens("duplicate", self.impairment.duplicate) else 1
        arriving = (self._travel(frame, now) for _ in range(copies))
        return [one for one in arriving if one is not None]

    def _replace(self, impairment: Impairment) -> None:
        self.impairment = impairment
        self._clear = impairment.is_nothing()
        self._delay = _seconds(impairment.delay)
        self._jitter = _seconds(impairment.jitter)
        self._line_free = 0.0
        self._last = 0.0
        self._leaving: deque[float] = deque()

    def _travel(self, frame: bytes, now: float) -> tuple[float, bytes] | None:
        if self._happens("corrupt", self.impairment.corrupt):
            frame = self._spoiled(frame)
        leaves = self._leaves(frame, now)
        if leaves is None:
            self.counts["queue"] += 1
            return None
        delay = self._delay + (self._random.uniform(-self._jitter, self._jitter) if self._jitter else 0.0)
        if delay > 0 and self._happens("reorder", self.impairment.reorder):
            return leaves, frame
        arrives = self._last = max(leaves + max(0.0, delay), self._last)
        if arrives > now:
            self.counts["delay"] += 1
        self._leaving.append(leaves if self.impairment.rate else arrives)
        return arrives, frame

    def _leaves(self, frame: bytes, now: float) -> float | None:
        """Return when the line has carried the frame off, or None where the queue before it is full."""
        rate = self.impairment.rate
        while self._leaving and self._leaving[0] <= now:
            self._leaving.popleft()
        if len(self._leaving) >= (QUEUE if rate else IN_FLIGHT):
            return None
        if not rate:
            return now
        self._line_free = max(now, self._line_free) + len(frame) * BYTE / rate
        return self._line_free

    def _happens(self, what: str, chance: float | None) -> bool:
        if not chance or self._random.random() >= chance:
            return False
        self.counts[what] += 1
        return True

    def _spoiled(self, frame: bytes) -> bytes:
        """Return the frame with one bit flipped behind its header: a card drops what fails the header's own check."""
        bits = (len(frame) - tags.HEADER) * BYTE
        if bits <= 0:
            return frame
        bit = tags.HEADER * BYTE + self._random.randrange(bits)
        spoiled = bytearray(frame)
        spoiled[bit // BYTE] ^= 1 << bit % BYTE
        return bytes(spoiled)


def _seconds(duration: timedelta | None) -> float:
    return duration.total_seconds() if duration else 0.0
