"""What a machine can do: the power button, and beyond it small protocols that a machine may have or not.

A machine that can be paused is a `Pause`; whoever needs that asks with `isinstance`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import timedelta
    from pathlib import Path

    from harness.machines.commands import Completed
    from harness.topology.model import MachineSpec


@dataclass(frozen=True)
class Activity:
    """What a disk has done: requests that have ended, how long they took in all, and how many have not ended."""

    requests: int
    took: timedelta
    waiting: int


@dataclass(frozen=True)
class Reading:
    """How far a clock is ahead of the host's, and how exactly that is known, both ways."""

    ahead: timedelta
    within: timedelta


@runtime_checkable
class Machine(Protocol):
    """Something with a power button."""

    spec: MachineSpec

    def on(self) -> None:
        """Press the power button of a machine that is off. Does nothing where it is on."""

    def off(self, *, within: timedelta) -> None:
        """Ask the operating system to power off, and wait until it has. Raises `NotSeen` where it does not."""

    def is_on(self) -> bool:
        """Say whether the machine has power."""

    def run(self, command: Sequence[str], *, within: timedelta) -> Completed:
        """Run a command on the machine and return what it printed and its exit status."""


@runtime_checkable
class PowerCut(Protocol):
    """A machine whose power can be cut: no goodbye, what it had not written is lost."""

    def cut(self) -> None:
        """Cut the power at once."""


@runtime_checkable
class Reset(Protocol):
    """A machine with a reset button."""

    def reset(self) -> None:
        """Restart at once, as the reset button does."""


@runtime_checkable
class Pause(Protocol):
    """A machine that can stand still with all its memory: a stall, which is not a stop."""

    def pause(self) -> None:
        """Stop every processor."""

    def resume(self) -> None:
        """Let them go on."""

    def stands_still(self) -> bool | None:
        """Say whether nothing on the machine runs, as seen now; None where there is nothing on it that could run."""


@runtime_checkable
class Kill(Protocol):
    """A machine whose processes can be killed by name, without their machine."""

    def kill(self, process: str) -> int:
        """Send SIGKILL to every process of that name; return how many there were."""


@runtime_checkable
class Processes(Protocol):
    """A machine whose processes can be found, sent signals, and looked at."""

    def find_processes(self, name: str) -> Sequence[int]:
        """Return the processes of a service of that name, or else of every program of that name."""

    def send_signal(self, processes: Collection[int], number: int) -> None:
        """Send a signal to processes; those that have ended are left out."""

    def process_states(self, processes: Collection[int]) -> Mapping[int, str]:
        """Return the state of each process that is there, as proc(5) writes it: ``S`` sleeps, ``T`` is stopped."""


@runtime_checkable
class ServiceControl(Protocol):
    """A machine with services that can be stopped and started one by one."""

    def stop_service(self, name: str) -> None:
        """Stop a service, and keep it stopped. Raises `LabError` where there is none of that name."""

    def start_service(self, name: str) -> None:
        """Start a service. Raises as `stop_service`."""


@runtime_checkable
class Throttle(Protocol):
    """A machine whose disk can be made slow, from outside of it."""

    def throttle_disk(self, *, requests: int = 0, octets: int = 0) -> None:
        """Let so many requests, and so many bytes, through to the disk each second; 0 is no limit."""

    def disk_activity(self) -> Activity:
        """Return what the disk has done since power-on."""


@runtime_checkable
class DataDisk(Protocol):
    """A machine whose data lie on a file system of their own, which can be filled."""

    def fill_disk(self) -> None:
        """Leave no room on it."""

    def free_disk(self) -> None:
        """Give back the room that `fill_disk` took. Twice is harmless."""

    def try_write(self) -> str:
        """Write a little to it and sync; return what the system has against that, nothing where it was taken."""


@runtime_checkable
class ReadOnlyDisk(DataDisk, Protocol):
    """One whose file system can be made read-only, also for files that are open."""

    def set_read_only(self, *, on: bool) -> None:
        """Make it read-only, or writable again, which may restart the machine.

        Raises `LabError` where it stays as it was.
        """


@runtime_checkable
class Clock(Protocol):
    """A machine with a clock of its own."""

    def read_clock(self) -> Reading:
        """Return how far the clock is ahead of the host's."""

    def shift_clock(self, by: timedelta) -> None:
        """Move the clock forwards, or backwards where that is negative; nothing on the machine sets it right."""

    def pace_clock(self, ppm: int) -> None:
        """Have the clock gain so many microseconds each second; 0 is its own pace."""

    def trust_clock(self) -> None:
        """Let what sets the machine's clock right do so again."""


@runtime_checkable
class OwnMemory(Protocol):
    """A machine with a memory of its own."""

    def available_memory(self) -> int:
        """Return how many bytes programs could still have."""

    def take_memory(self, size: int) -> None:
        """Hold so many bytes of it, which can't be paged out."""

    def return_memory(self) -> None:
        """Give back what `take_memory` took. Twice is harmless."""


@runtime_checkable
class Carrier(Protocol):
    """A machine whose cables can be pulled out so that its system sees it: the cards' carrier goes."""

    def set_carrier(self, card: str, *, on: bool) -> None:
        """Give the named card a carrier, or take it away. Raises `LabError` where the machine has no such card."""


@runtime_checkable
class Checkpointable(Protocol):
    """A machine that can be saved as it is, with all its memory, and put back any number of times."""

    def save(self, folder: Path) -> None:
        """Save it into a new folder: one that is on has to be paused. Raises `LabError`, `OSError`."""

    def restore(self, folder: Path) -> None:
        """Put a saved machine in its place; one that was on comes up paused. Raises `LabError`."""
