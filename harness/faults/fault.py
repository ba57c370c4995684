"""What a fault is: a value that can be injected into a lab, healed again, and prove that it bit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from harness.errors import HarnessError, LabError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.machines.protocol import Machine
    from harness.network.hearing import Hearing, Match
    from harness.network.protocol import Cut
    from harness.network.selection import LinkSet
    from harness.topology.model import Topology


@dataclass(frozen=True)
class Proof:
    """Whether a fault bit: True, False, or None where nobody can say; and what was counted or seen."""

    bit: bool | None
    seen: str

    def __str__(self) -> str:
        word = {True: "it bit", False: "it did not bite", None: "nobody can say whether it bit"}[self.bit]
        return f"{word}: {self.seen}"


class Rig(Protocol):
    """What faults are injected into: a lab, as far as they need it."""

    @property
    def topology(self) -> Topology:
        """What was built."""

    @property
    def machines(self) -> Mapping[str, Machine]:
        """The machines, by name."""

    def links(self, *names: str) -> LinkSet:
        """Return the links of machines, cards, switches, sites, lines and sets of them."""

    def machines_of(self, *names: str) -> tuple[str, ...]:
        """Return the machines that machines, sites and sets of them mean."""

    def deafen(self, who: Hearing, *, only: Match | None = None) -> Cut:
        """Keep some ends from hearing others."""


class Injected(ABC):
    """A fault that is in force."""

    @abstractmethod
    def proof(self) -> Proof:
        """Return whether it bit by now; also after it was healed."""

    @abstractmethod
    def heal(self) -> None:
        """Take it away. Twice is harmless."""

    def last_proof(self) -> Proof:
        """Return the proof as it is healed: nobody can say what a machine that is not reached any more can't show."""
        try:
            return self.proof()
        except (HarnessError, OSError) as error:
            return Proof(None, str(error))


class Observed(Injected):
    """A fault that shows only while it is in force: what is seen last, as it is healed, stays its proof."""

    _healed: Proof | None = None

    @abstractmethod
    def look(self) -> Proof:
        """Return whether it bites."""

    @abstractmethod
    def undo(self) -> None:
        """Take it away; called once."""

    def proof(self) -> Proof:
        """Return what is seen now, or what was seen as it was healed."""
        return self._healed or self.look()

    def heal(self) -> None:
        """Look for the last time, and take it away."""
        if self._healed is None:
            self._healed = self.last_proof()
            self.undo()


class Fault(ABC):
    """A fault, as a frozen dataclass whose fields say what it is done to and how.

    `word` is its name in a schedule, `needs` what each machine that it is done to must be able to. `alone` is what of
    such a machine only one fault can hold at a time (``disk``), because healing it would heal the other one, too.
    """

    word: ClassVar[str]
    needs: ClassVar[tuple[type, ...]] = ()
    alone: ClassVar[str] = ""

    @abstractmethod
    def inject(self, rig: Rig) -> Injected:
        """Put it in force. Raises `LabError` where that can't be done; nothing is in force, then."""

    def targets(self, rig: Rig) -> Iterable[str]:
        """Return the machines that it is done to, as far as that is machines. Raises `LabError` for unknown names."""
        del rig
        return ()

    def holds(self, rig: Rig) -> frozenset[str]:
        """Return, in words, what it holds alone while it is in force."""
        return frozenset(f"{name}'s {self.alone}" for name in self.targets(rig)) if self.alone else frozenset()

    def problems(self, rig: Rig) -> list[str]:
        """Return why it can't be injected here, before anything is done."""
        try:
            machines = [rig.machines[name] for name in self.targets(rig)]
        except LabError as error:
            return [str(error)]
        return [
            f"{machine.spec.name} can't do that: it is no {power.__name__}"
            for machine in machines
            for power in self.needs
            if not isinstance(machine, power)
        ]
