"""Faults of single processes and services: killed, stopped for a while, restarted."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from harness.errors import LabError
from harness.faults.fault import Observed, Proof
from harness.faults.machines import Done, OfMachines, each
from harness.machines.protocol import Machine, Processes, ServiceControl
from harness.sandbox.waiting import NotSeen, wait_until
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from harness.faults.fault import Injected, Rig

SEEN_WITHIN = 10 * seconds
LOOK = 5 * milliseconds
STOPPED = "T"
ENDED = "ZX"
"""What is left of a process until somebody asks for its status does not run (proc(5))."""


@dataclass(frozen=True)
class Kill(OfMachines):
    """Kill the processes of a service, or of a program (SIGKILL). What supervises them may start them again."""

    word = "kill"
    needs = (Processes,)

    process: str

    def inject(self, rig: Rig) -> Injected:
        """Kill them, and see that those that were there are gone."""
        return each(self.on(rig), self._kill)

    def _kill(self, machine: Machine) -> Injected:
        there = _running(machine, self.process)
        processes = cast("Processes", machine)
        processes.send_signal(there, signal.SIGKILL)
        _see(machine, f"{self.process} to be gone", lambda: not _alive(processes, there))
        return Done(f"{self.process} on {machine.spec.name} is gone: {_listed(there)}")


@dataclass(frozen=True)
class PauseProcess(OfMachines):
    """Stop the processes of a service or of a program (SIGSTOP): a stall, which is not a stop. Healing goes on."""

    word = "pause-process"
    needs = (Processes,)

    process: str

    def inject(self, rig: Rig) -> Injected:
        """Stop them."""
        return each(self.on(rig), lambda machine: _Stalled(machine, self.process))


@dataclass(frozen=True)
class Restart(OfMachines):
    """Have a service end and start again, in good order."""

    word = "restart"
    needs = (Processes, ServiceControl)

    service: str

    def inject(self, rig: Rig) -> Injected:
        """Restart it, and see that what runs then is not what ran before."""
        return each(self.on(rig), self._restart)

    def _restart(self, machine: Machine) -> Injected:
        before = _running(machine, self.service)
        control = cast("ServiceControl", machine)
        control.stop_service(self.service)
        control.start_service(self.service)
        find = cast("Processes", machine).find_processes
        _see(machine, f"{self.service} to run again", lambda: set(find(self.service)) - set(before))
        return Done(f"{self.service} on {machine.spec.name} was {_listed(before)}, and is others now")


@dataclass(frozen=True)
class Stop(OfMachines):
    """Stop a service, which nothing starts again before this is healed."""

    word = "stop"
    needs = (Processes, ServiceControl)

    service: str

    def inject(self, rig: Rig) -> Injected:
        """Stop it."""
        return each(self.on(rig), lambda machine: _Stopped(machine, self.service))


class _Stalled(Observed):
    def __init__(self, machine: Machine, process: str) -> None:
        self._machine, self._process = machine, process
        self._processes = cast("Processes", machine)
        self._there = _running(machine, process)
        self._processes.send_signal(self._there, signal.SIGSTOP)
        try:
            _see(machine, f"{process} to be stopped", lambda: self._states() <= {STOPPED})
        except LabError:
            self.undo()
            raise

    def look(self) -> Proof:
        stalled = self._states() == {STOPPED}
        what = f"{self._process} on {self._machine.spec.name} ({_listed(self._there)})"
        return Proof(stalled, f"{what} {'stood still' if stalled else 'does not stand still any more'}")

    def undo(self) -> None:
        if self._machine.is_on():
            self._processes.send_signal(self._there, signal.SIGCONT)

    def _states(self) -> set[str]:
        return set(self._processes.process_states(self._there).values())


class _Stopped(Observed):
    def __init__(self, machine: Machine, service: str) -> None:
        self._machine, self._service = machine, service
        self._there = _running(machine, service)
        cast("ServiceControl", machine).stop_service(service)

    def look(self) -> Proof:
        left = cast("Processes", self._machine).find_processes(self._service)
        told = f"runs: {_listed(left)}" if left else f"did not run any more: {_listed(self._there)}"
        return Proof(not left, f"{self._service} on {self._machine.spec.name} {told}")

    def undo(self) -> None:
        if self._machine.is_on():
            cast("ServiceControl", self._machine).start_service(self._service)


def _running(machine: Machine, name: str) -> tuple[int, ...]:
    """Return the processes of that name. Raises `LabError` where there are none."""
    found = tuple(cast("Processes", machine).find_processes(name))
    if not found:
        raise LabError(f"runs no service or program {name!r}", machine=machine.spec.name)
    return found


def _alive(processes: Processes, there: Collection[int]) -> list[int]:
    return [pid for pid, state in processes.process_states(there).items() if state not in ENDED]


def _see(machine: Machine, what: str, look: Callable[[], object]) -> None:
    try:
        wait_until(what, look, within=SEEN_WITHIN, interval=LOOK)
    except NotSeen as late:
        raise LabError(str(late), machine=machine.spec.name) from late


def _listed(processes: Collection[int]) -> str:
    return f"process {', '.join(map(str, processes))}"
