"""Faults of scarcity: processors that are busy, memory that is taken. Both are bounded, and end by themselves."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from harness.errors import LabError
from harness.faults.fault import Injected, Observed, Proof
from harness.faults.machines import OfMachines, each
from harness.machines.protocol import OwnMemory, Processes
from harness.units import MiB, seconds

if TYPE_CHECKING:
    from harness.faults.fault import Rig
    from harness.machines.protocol import Machine

MOST_PROCESSES = 16
BUSY = """\
number=0
while [ "$number" -lt "$1" ]; do
    setsid sh -c 'echo $$; exec >/dev/null; ulimit -t 600; while :; do :; done' harness-busy </dev/null 2>/dev/null &
    number=$((number + 1))
done | head -n "$1"
"""
"""Each says so when it has left the session of whoever starts it, and ends after ten minutes of processor time."""

WITHIN = 20 * seconds
TICKS = 100
"""proc(5) counts processor time in hundredths of a second on Linux (USER_HZ)."""

UTIME = 11
"""Its place in a process's ``stat``, after the name."""

BIT = 0.5
"""At least that part of what was taken must be missing from what is available: the rest may have been given back."""


@dataclass(frozen=True)
class CpuPressure(OfMachines):
    """Keep a machine's processors busy, with as many processes as it has processors where `processes` is 0."""

    word = "cpu-pressure"
    needs = (Processes,)

    processes: int = 0

    def __post_init__(self) -> None:
        """Raise `ValueError` for too many."""
        if not 0 <= self.processes <= MOST_PROCESSES:
            raise ValueError(f"processes is {self.processes}, expected at most {MOST_PROCESSES}")

    def inject(self, rig: Rig) -> Injected:
        """Start them."""
        return each(self.on(rig), lambda machine: _Busy(machine, self.processes or machine.spec.cpus))


@dataclass(frozen=True)
class MemoryPressure(OfMachines):
    """Take a share of the memory that a machine's programs could still have. It is not paged out."""

    word = "memory-pressure"
    needs = (OwnMemory,)
    alone = "memory"

    share: float = field(default=0.8, metadata={"unit": "chance"})

    def __post_init__(self) -> None:
        """Raise `ValueError` where that is no share."""
        if not 0 < self.share <= 1:
            raise ValueError(f"share is {self.share}, expected more than 0% and at most 100%")

    def inject(self, rig: Rig) -> Injected:
        """Take it."""
        return each(self.on(rig), lambda machine: _Scarce(machine, self.share))


class _Busy(Observed):
    def __init__(self, machine: Machine, count: int) -> None:
        self._machine = machine
        started = machine.run(["sh", "-c", BUSY, "sh", str(count)], within=WITHIN)
        self._busy = [int(word) for word in started.text.split()]

    def undo(self) -> None:
        if self._machine.is_on():
            cast("Processes", self._machine).send_signal(self._busy, signal.SIGKILL)

    def look(self) -> Proof:
        used = self._used()
        told = f"{len(self._busy)} processes used {used:.2f} s of {self._machine.spec.name}'s processors"
        return Proof(used > 0, told)

    def _used(self) -> float:
        """Return the processor time that they used, in seconds (proc(5): ``utime`` and ``stime``)."""
        files = [f"/proc/{pid}/stat" for pid in self._busy]
        lines = self._machine.run(["sh", "-c", 'cat "$@" || true', "sh", *files], within=WITHIN).text.splitlines()
        fields = [line.rpartition(")")[2].split() for line in lines]
        return sum(int(one[UTIME]) + int(one[UTIME + 1]) for one in fields) / TICKS


class _Scarce(Injected):
    def __init__(self, machine: Machine, share: float) -> None:
        memory = cast("OwnMemory", machine)
        self._memory = memory
        before = memory.available_memory()
        size = int(before * share)
        with ExitStack() as undo:
            undo.callback(memory.return_memory)
            memory.take_memory(size)
            gone = before - memory.available_memory()
            if gone < size * BIT:
                raise LabError(f"only {gone // MiB} of {size // MiB} MiB are gone", machine=machine.spec.name)
            undo.pop_all()
        self._proof = Proof(True, f"{gone // MiB} of {before // MiB} MiB on {machine.spec.name} were gone")

    def proof(self) -> Proof:
        return self._proof

    def heal(self) -> None:
        self._memory.return_memory()
