"""Faults of disks: stalled, slow, full, read-only."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from harness.errors import LabError
from harness.faults.fault import Injected, Observed, Proof
from harness.faults.machines import OfMachines, each
from harness.machines.protocol import DataDisk, ReadOnlyDisk, Throttle
from harness.units import seconds

if TYPE_CHECKING:
    from harness.faults.fault import Rig
    from harness.machines.protocol import Machine

NO_ROOM = "No space left on device"
NO_WRITES = "Read-only file system"
STALL = 1
"""Byte a second: what has been let through is paid for by more than an hour of silence."""


@dataclass(frozen=True)
class DiskStall(OfMachines):
    """Have a disk take requests and complete none: writes hang in flight. Healing lets them complete."""

    word = "disk-stall"
    needs = (Throttle,)
    alone = "disk"

    def inject(self, rig: Rig) -> Injected:
        """Stall it."""
        return each(self.on(rig), _Stalled)


@dataclass(frozen=True)
class DiskSlow(OfMachines):
    """Let a disk complete only a few requests a second."""

    word = "disk-slow"
    needs = (Throttle,)
    alone = "disk"

    requests: int = 20

    def __post_init__(self) -> None:
        """Raise `ValueError` where that is no number of requests."""
        if self.requests < 1:
            raise ValueError(f"requests is {self.requests}, expected at least 1 a second")

    def inject(self, rig: Rig) -> Injected:
        """Slow it down."""
        return each(self.on(rig), lambda machine: _Slowed(machine, self.requests))


@dataclass(frozen=True)
class DiskFull(OfMachines):
    """Leave no room where a machine's data are. Healing gives it back."""

    word = "disk-full"
    needs = (DataDisk,)
    alone = "data"

    def inject(self, rig: Rig) -> Injected:
        """Fill it, and see that nothing more is taken."""
        return each(self.on(rig), _Filled)


@dataclass(frozen=True)
class DiskReadOnly(OfMachines):
    """Have a machine's data become read-only, as after an error of the disk, also for files that are open.

    Healing restarts the machine, since no system writes to such a disk again before that.
    """

    word = "disk-read-only"
    needs = (ReadOnlyDisk,)
    alone = "data"

    def inject(self, rig: Rig) -> Injected:
        """Make it read-only, and see that nothing more is taken."""
        return each(self.on(rig), _ReadOnly)


class _Throttled(Observed):
    """A disk whose requests are held back. Its proof is what its emulator counts."""

    def __init__(self, machine: Machine, *, requests: int = 0, octets: int = 0) -> None:
        self._machine, self._disk = machine, cast("Throttle", machine)
        self._before = self._disk.disk_activity()
        self._disk.throttle_disk(requests=requests, octets=octets)

    def undo(self) -> None:
        if self._machine.is_on():
            self._disk.throttle_disk()


class _Stalled(_Throttled):
    def __init__(self, machine: Machine) -> None:
        super().__init__(machine, octets=STALL)

    def look(self) -> Proof:
        waiting = self._disk.disk_activity().waiting
        return Proof(waiting > 0, f"{waiting} requests to {self._machine.spec.name}'s disk have not ended")


class _Slowed(_Throttled):
    def __init__(self, machine: Machine, requests: int) -> None:
        super().__init__(machine, requests=requests)
        self._turn = 1 * seconds / requests

    def look(self) -> Proof:
        """Return whether requests waited longer, by a turn or more in all, than they took on average before."""
        now, before = self._disk.disk_activity(), self._before
        ended = now.requests - before.requests
        usual = before.took / before.requests if before.requests else timedelta(0)
        waited = now.took - before.took - ended * usual
        told = f"{ended} requests to {self._machine.spec.name}'s disk waited {waited.total_seconds():.2f} s in all"
        return Proof(waited >= self._turn, told)


class _Refusing(Injected):
    """A disk that takes no writes, tried when that came into force."""

    def __init__(self, machine: Machine, reason: str) -> None:
        self._disk = cast("DataDisk", machine)
        self._healed = False
        with ExitStack() as undo:
            undo.callback(self.end)
            self.begin()
            said = self._disk.try_write()
            if reason not in said:
                raise LabError(f"its disk still takes writes: {said or 'one was taken'}", machine=machine.spec.name)
            undo.pop_all()
        self._proof = Proof(True, f"a write was refused on {machine.spec.name}: {reason}")

    def begin(self) -> None:
        raise NotImplementedError

    def end(self) -> None:
        raise NotImplementedError

    def proof(self) -> Proof:
        return self._proof

    def heal(self) -> None:
        if not self._healed:
            self.end()
            self._healed = True


class _Filled(_Refusing):
    def __init__(self, machine: Machine) -> None:
        super().__init__(machine, NO_ROOM)

    def begin(self) -> None:
        self._disk.fill_disk()

    def end(self) -> None:
        self._disk.free_disk()


class _ReadOnly(_Refusing):
    def __init__(self, machine: Machine) -> None:
        super().__init__(machine, NO_WRITES)

    def begin(self) -> None:
        cast("ReadOnlyDisk", self._disk).set_read_only(on=True)

    def end(self) -> None:
        cast("ReadOnlyDisk", self._disk).set_read_only(on=False)
