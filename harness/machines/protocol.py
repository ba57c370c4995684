"""What a machine can do: the power button, and beyond it small protocols that a machine may have or not.

A machine that can be paused is a `Pause`; whoever needs that asks with `isinstance`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta
    from pathlib import Path

    from harness.machines.ssh import Completed
    from harness.topology.model import MachineSpec


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


@runtime_checkable
class Kill(Protocol):
    """A machine whose processes can be killed by name, without their machine."""

    def kill(self, process: str) -> int:
        """Send SIGKILL to every process of that name; return how many there were."""


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
