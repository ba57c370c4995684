"""Faults of clocks: a jump, a drift."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, cast

from harness.errors import LabError
from harness.faults.fault import Injected, Proof
from harness.faults.machines import OfMachines, each
from harness.machines.protocol import Clock

if TYPE_CHECKING:
    from harness.faults.fault import Rig
    from harness.machines.protocol import Machine

MOST_PPM = 100_000


@dataclass(frozen=True)
class ClockJump(OfMachines):
    """Set a clock forwards or back at once. Nothing sets it right before this is healed, which moves it back."""

    word = "clock-jump"
    needs = (Clock,)

    by: timedelta
    way: Literal["forward", "back"] = "forward"

    def inject(self, rig: Rig) -> Injected:
        """Set it, and measure how far it went."""
        by = self.by if self.way == "forward" else -self.by
        return each(self.on(rig), lambda machine: _Jumped(machine, by))


@dataclass(frozen=True)
class ClockDrift(OfMachines):
    """Have a clock run too fast or, with ``way=back``, too slow. Healing takes back what it has gained by then."""

    word = "clock-drift"
    needs = (Clock,)
    alone = "clock's pace"

    ppm: int = 50_000
    way: Literal["forward", "back"] = "forward"

    def __post_init__(self) -> None:
        """Raise `ValueError` for what no kernel takes."""
        if not 0 < self.ppm <= MOST_PPM or self.ppm % 100:
            raise ValueError(f"ppm is {self.ppm}, expected 100 to {MOST_PPM} in steps of 100")

    def inject(self, rig: Rig) -> Injected:
        """Change its rate."""
        ppm = self.ppm if self.way == "forward" else -self.ppm
        return each(self.on(rig), lambda machine: _Drifting(machine, ppm))


class _Jumped(Injected):
    def __init__(self, machine: Machine, by: timedelta) -> None:
        self._clock, self._by = cast("Clock", machine), by
        self._healed = False
        before = self._clock.read_clock()
        self._clock.shift_clock(by)
        after = self._clock.read_clock()
        went, exactly = after.ahead - before.ahead, before.within + after.within
        told = f"{machine.spec.name}'s clock went by {_shown(went)}, known to {exactly.total_seconds():.3f} s"
        if abs(went - by) > exactly + _SHIFTING:
            self.heal()
            raise LabError(f"{told}, which is not {_shown(by)}", machine=machine.spec.name)
        self._proof = Proof(True if abs(by) > exactly else None, told)

    def proof(self) -> Proof:
        return self._proof

    def heal(self) -> None:
        if not self._healed:
            self._clock.shift_clock(-self._by)
            self._clock.trust_clock()
            self._healed = True


class _Drifting(Injected):
    def __init__(self, machine: Machine, ppm: int) -> None:
        self._name, self._clock, self._ppm = machine.spec.name, cast("Clock", machine), ppm
        self._healed = False
        self._known: Proof | None = None
        self._before = self._clock.read_clock()
        self._clock.pace_clock(ppm)
        self._since = time.monotonic()

    def proof(self) -> Proof:
        """Return what is known; a gain that was seen once stays proven, however inexact a later look is."""
        if self._known is None or (self._known.bit is not True and not self._healed):
            self._known = self._look()[0]
        return self._known

    def heal(self) -> None:
        if not self._healed:
            self.last_proof()
            _, gained = self._look()
            self._clock.pace_clock(0)
            self._clock.shift_clock(-gained)
            self._clock.trust_clock()
            self._healed = True

    def _look(self) -> tuple[Proof, timedelta]:
        """Return whether the clock has gained what it should, as far as that can be known yet; and what it gained."""
        now = self._clock.read_clock()
        gained, exactly = now.ahead - self._before.ahead, now.within + self._before.within
        wanted = timedelta(seconds=(time.monotonic() - self._since) * self._ppm / 1_000_000)
        told = f"{self._name}'s clock gained {_shown(gained)}, expected {_shown(wanted)}, known to {_shown(exactly)}"
        toward = gained if self._ppm > 0 else -gained
        if toward > exactly:
            return Proof(True, told), gained
        return Proof(False if toward + exactly < HALF * abs(wanted) else None, told), gained


HALF = 0.5
"""A clock that has surely gained less than that of what it should goes at another pace."""

_SHIFTING = timedelta(seconds=1)
"""How long setting a clock may take on a slow machine: it is set to what it should be when that begins."""


def _shown(duration: timedelta) -> str:
    return f"{duration.total_seconds():+.3f} s"
