"""Faults of whole machines: power cut, reset, pause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from harness.faults.fault import Fault, Injected, Proof
from harness.machines.protocol import Pause as CanPause
from harness.machines.protocol import PowerCut as CanBeCut
from harness.machines.protocol import Reset as CanBeReset

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.faults.fault import Rig
    from harness.machines.protocol import Machine


@dataclass(frozen=True)
class _OfMachines(Fault):
    """A fault that is done to whole machines, by their names, their sites' names, or those of sets."""

    machines: tuple[str, ...]

    def targets(self, rig: Rig) -> Iterable[str]:
        """Return the machines' names."""
        return rig.machines_of(*self.machines)

    def on(self, rig: Rig) -> list[Machine]:
        """Return the machines that it is done to."""
        return [rig.machines[name] for name in self.targets(rig)]


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
        return Proof(True, f"{', '.join(machine.spec.name for machine in self._were_on)} lost power")


class _Paused(Injected):
    def __init__(self, machines: Sequence[Machine]) -> None:
        self._machines = machines
        for machine in machines:
            cast("CanPause", machine).pause()

    def proof(self) -> Proof:
        return Proof(True, f"{', '.join(machine.spec.name for machine in self._machines)} stood still")

    def heal(self) -> None:
        for machine in self._machines:
            cast("CanPause", machine).resume()


class _Done(Injected):
    """A fault that is over when it is done."""

    def __init__(self, seen: str) -> None:
        self._seen = seen

    def proof(self) -> Proof:
        return Proof(True, self._seen)

    def heal(self) -> None:
        """Do nothing: it went by itself."""


@dataclass(frozen=True)
class PowerCut(_OfMachines):
    """Cut the power: no goodbye. Healing presses the power button."""

    word = "power-cut"
    needs = (CanBeCut,)

    def inject(self, rig: Rig) -> Injected:
        """Cut it."""
        return _PoweredOff(self.on(rig))


@dataclass(frozen=True)
class Reset(_OfMachines):
    """Press the reset button."""

    word = "reset"
    needs = (CanBeReset,)

    def inject(self, rig: Rig) -> Injected:
        """Press it."""
        machines = self.on(rig)
        for machine in machines:
            cast("CanBeReset", machine).reset()
        return _Done(f"{', '.join(machine.spec.name for machine in machines)} started anew")


@dataclass(frozen=True)
class Pause(_OfMachines):
    """Stop every processor of machines: a stall, which is not a stop. Healing lets them go on."""

    word = "pause"
    needs = (CanPause,)

    def inject(self, rig: Rig) -> Injected:
        """Stop them."""
        return _Paused(self.on(rig))
