"""What a scenario breaks things with: ``with faults.isolate("a"):``."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.errors import Inconclusive, LabError
from harness.faults import words
from harness.faults.in_force import InForce
from harness.faults.links import Cut, Impair, Pull
from harness.faults.partitions import Isolate, Split
from harness.faults.power import Pause, PowerCut
from harness.faults.runner import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from harness.faults.fault import Fault, Injected, Proof, Rig
    from harness.faults.schedule import Schedule

    Note = Callable[[str, Fault, "Proof | None"], None]
    _Block = AbstractContextManager[Injected]


class Faults:
    """Faults of one lab. Each is a context manager: in force within the block, healed after it, proven to have bitten.

    A block whose fault did not bite ends with `Inconclusive`: what was seen in it says nothing. Every kind of fault of
    `harness.faults.catalogue` is injected by `inject`; those that scenarios want most have a name of their own here.
    """

    def __init__(self, rig: Rig, note: Note | None = None) -> None:
        self._rig = rig
        self._in_force = InForce(rig)
        self._note = note or (lambda _what, _fault, _proof: None)

    @contextmanager
    def inject(self, fault: Fault | str) -> Iterator[Injected]:
        """Keep a fault in force while a block lasts: a value, or its words as in a schedule.

        Raises `SpecError` for words that say none, `LabError` where it can't be injected here, and `Inconclusive` after
        a block in which it did not bite.
        """
        if isinstance(fault, str):
            fault = words.parse_fault(fault)
        if problems := fault.problems(self._rig):
            raise LabError("\n".join([f"{words.describe(fault)} can't be injected here:", *problems]))
        injected = self._in_force.inject(fault)
        self._note("injected", fault, None)
        proof = None
        try:
            yield injected
            proof = injected.last_proof()
        finally:
            self._in_force.heal(fault, injected)
            self._note("healed", fault, proof)
        if proof.bit is not True:
            raise Inconclusive(f"the fault {words.describe(fault)!r} bites", [str(proof)])

    def run(self, schedule: Schedule | str) -> Run:
        """Return a run of a schedule, a value or its text: a context manager that runs beside its block.

        Raises `SpecError` for a text that is none.
        """
        parsed = words.parse(schedule) if isinstance(schedule, str) else schedule
        return Run(self._rig, parsed, self._note, self._in_force)

    def isolate(self, *who: str) -> _Block:
        """Cut machines or sites off from all others."""
        return self.inject(Isolate(who))

    def split(self, one: tuple[str, ...], other: tuple[str, ...]) -> _Block:
        """Cut two groups off from each other."""
        return self.inject(Split(one, other))

    def cut(self, *links: str) -> _Block:
        """Cut links, machines' cards, switches' cables, or sites' lines, where nobody sees it."""
        return self.inject(Cut(links))

    def pull(self, *links: str) -> _Block:
        """Pull cables out: their machines see it."""
        return self.inject(Pull(links))

    def impair(self, *links: str, **conditions: object) -> _Block:
        """Put links in worse conditions: ``faults.impair("a--b", delay=50 * milliseconds)``."""
        return self.inject(Impair(links, **conditions))  # type: ignore[arg-type]  # it checks them itself

    def power_cut(self, *machines: str) -> _Block:
        """Cut machines' power; it comes back after the block."""
        return self.inject(PowerCut(machines))

    def pause(self, *machines: str) -> _Block:
        """Pause machines."""
        return self.inject(Pause(machines))
