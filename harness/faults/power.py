"""Faults of whole machines: power cut, reset, pause."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from harness.faults.fault import Injected, Observed, Proof
from harness.faults.machines import Done, OfMachines, names
from harness.machines.protocol import Pause as CanPause
from harness.machines.protocol import PowerCut as CanBeCut
from harness.machines.protocol import Reset as CanBeReset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.faults.fault import Rig
    from harness.machines.protocol import Machine


class _PoweredOff(Injected):
    def __init__(self, machines: Sequence[Machine]) -> None:
        self._machines = machines
        self._were_on = [machine for machine in machines if machine.is_on()]
        for machine in self._were_on:
            cast("CanBeCut", machine).cut()
        self._proof = self._look()

    def proof(self) -> Proof:
        return self._proof

    def heal(self) -> None:
        for machine in self._were_on:
            machine.on()

    def _look(self) -> Proof:
        still = [machine.spec.name for machine in self._machines if machine.is_on()]
        if still or not self._were_on:
            return Proof(False, f"{', '.join(still)} is still on" if still else "they had no power before")
        return Proof(True, f"{names(self._were_on)} lost power")


class _Paused(Observed):
    """Machines that stand still: a stall is not a stop."""

    def __init__(self, machines: Sequence[Machine]) -> None:
        self._machines = machines
        with contextlib.ExitStack() as undo:
            for machine in machines:
                cast("CanPause", machine).pause()
                undo.callback(cast("CanPause", machine).resume)
            undo.pop_all()

    def look(self) -> Proof:
        still = {machine.spec.name: cast("CanPause", machine).stands_still() for machine in self._machines}
        if moving := [name for name, stands in still.items() if stands is False]:
            return Proof(False, f"{', '.join(moving)} did not stand still")
        if idle := [name for name, stands in still.items() if stands is None]:
            return Proof(None, f"nothing on {', '.join(idle)} could have run")
        return Proof(True, f"{', '.join(still)} stood still")

    def undo(self) -> None:
        for machine in self._machines:
            if machine.is_on():
                cast("CanPause", machine).resume()


@dataclass(frozen=True)
class PowerCut(OfMachines):
    """Cut the power: no goodbye. Healing presses the power button."""

    word = "power-cut"
    needs = (CanBeCut,)

    def inject(self, rig: Rig) -> Injected:
        """Cut it."""
        return _PoweredOff(self.on(rig))


@dataclass(frozen=True)
class Reset(OfMachines):
    """Press the reset button."""

    word = "reset"
    needs = (CanBeReset,)

    def inject(self, rig: Rig) -> Injected:
        """Press it."""
        machines = self.on(rig)
        for machine in machines:
            cast("CanBeReset", machine).reset()
        return Done(f"{names(machines)} started anew")


@dataclass(frozen=True)
class Pause(OfMachines):
    """Stop every processor of machines: a stall, which is not a stop. Healing lets them go on."""

    word = "pause"
    needs = (CanPause,)

    def inject(self, rig: Rig) -> Injected:
        """Stop them."""
        return _Paused(self.on(rig))
