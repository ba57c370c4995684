"""What faults of machines have in common: the names of what they are done to, and what was seen when they were."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.faults.fault import Fault, Injected, Proof

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from harness.faults.fault import Rig
    from harness.machines.protocol import Machine


@dataclass(frozen=True)
class OfMachines(Fault):
    """A fault that is done to machines, by their names, their sites' names, or those of sets."""

    machines: tuple[str, ...]

    def targets(self, rig: Rig) -> Iterable[str]:
        """Return the machines' names."""
        return rig.machines_of(*self.machines)

    def on(self, rig: Rig) -> list[Machine]:
        """Return the machines that it is done to."""
        return [rig.machines[name] for name in self.targets(rig)]


class Done(Injected):
    """A fault that is over when it is done; what was seen then is its proof."""

    def __init__(self, seen: str) -> None:
        self._seen = seen

    def proof(self) -> Proof:
        """Return what was seen."""
        return Proof(True, self._seen)

    def heal(self) -> None:
        """Do nothing: it is over."""


class Several(Injected):
    """Faults that are in force together. They bit where each of them did."""

    def __init__(self, parts: Sequence[Injected]) -> None:
        self._parts = tuple(parts)

    def proof(self) -> Proof:
        """Return whether each part bit: False where one did not, else None where nobody can say that of one."""
        proofs = [part.proof() for part in self._parts]
        bits = [proof.bit for proof in proofs]
        bit = False if False in bits else None if None in bits or not bits else True
        return Proof(bit, "; ".join(proof.seen for proof in proofs))

    def heal(self) -> None:
        """Heal all parts, the last one first. Raises what went wrong, together, after the others were healed."""
        errors: list[Exception] = []
        for part in reversed(self._parts):
            try:
                part.heal()
            except Exception as error:  # noqa: BLE001 - raised below, with those of the others
                errors.append(error)
        if errors:
            raise ExceptionGroup(f"{len(errors)} of {len(self._parts)} parts could not be healed", errors)


def each(machines: Iterable[Machine], put: Callable[[Machine], Injected]) -> Several:
    """Put a fault in force on each machine; where one can't, those before it are healed, and its error is raised."""
    with ExitStack() as undo:
        parts: list[Injected] = []
        for machine in machines:
            parts.append(put(machine))
            undo.callback(parts[-1].heal)
        undo.pop_all()
    return Several(parts)


def names(machines: Iterable[Machine]) -> str:
    """Return machines' names as a message lists them."""
    return ", ".join(machine.spec.name for machine in machines)
