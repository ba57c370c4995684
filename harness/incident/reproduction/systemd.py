"""What systemd (252, ``src/core``) says of services that start and end, from what really became of them. Pure."""

from __future__ import annotations

import signal
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTICE, WARNING, INFO = 5, 4, 6
SIGNALLED = 128
"""A shell's status of what a signal has ended: this, and the signal's number."""


class Said(NamedTuple):
    """A line of systemd's about a unit."""

    unit: str
    message: str
    priority: int = INFO


class Supervisor:
    """Turns lines of ``supervision.log`` (`harness.machines.services`) into what systemd says then."""

    def __init__(self) -> None:
        self._restarts: Counter[str] = Counter()
        self._failed: set[str] = set()

    def says(self, line: str) -> Iterator[Said]:
        """Yield what systemd says of a line; nothing of one that means nothing."""
        match line.split():
            case ["started", name]:
                yield from self._started(name)
            case ["ended", name, status] if status.isdecimal():
                yield from self._ended(name, int(status))
            case ["stopping", name]:
                yield Said(f"{name}.service", f"Stopping {name}.service...")
            case ["stopped", name]:
                yield Said(f"{name}.service", f"{name}.service: Deactivated successfully.")
                yield Said(f"{name}.service", f"Stopped {name}.service.")

    def _started(self, name: str) -> Iterator[Said]:
        unit = f"{name}.service"
        if name in self._failed:
            self._failed.discard(name)
            self._restarts[name] += 1
            counter = self._restarts[name]
            yield Said(unit, f"{unit}: Scheduled restart job, restart counter is at {counter}.")
        yield Said(unit, f"Started {unit}.")

    def _ended(self, name: str, status: int) -> Iterator[Said]:
        unit = f"{name}.service"
        if status == 0:
            yield Said(unit, f"{unit}: Deactivated successfully.")
            return
        self._failed.add(name)
        if status > SIGNALLED:
            number = status - SIGNALLED
            yield Said(unit, f"{unit}: Main process exited, code=killed, status={number}/{_signal(number)}", NOTICE)
            yield Said(unit, f"{unit}: Failed with result 'signal'.", WARNING)
            return
        yield Said(unit, f"{unit}: Main process exited, code=exited, status={status}/FAILURE", NOTICE)
        yield Said(unit, f"{unit}: Failed with result 'exit-code'.", WARNING)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        return "n/a"
