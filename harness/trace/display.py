"""Shows where each machine is: a live line per machine on a terminal, a line per phase anywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.live import Live

    from harness.trace.phases import PhaseLog, Reached


class Display(Protocol):
    """Something that shows a phase log as it grows."""

    def start(self, log: PhaseLog) -> None:
        """Begin to show the log."""

    def stop(self) -> None:
        """Leave the screen as it is and end."""


class Silent:
    """Shows nothing."""

    def start(self, log: PhaseLog) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """End."""


class Lines:
    """Writes a line for each phase: for logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._forget: Callable[[], None] = lambda: None

    def start(self, log: PhaseLog) -> None:
        """Write a line for each phase from now on."""
        self._forget = log.on_phase(self._write)

    def stop(self) -> None:
        """Write no more."""
        self._forget()

    def _write(self, reached: Reached) -> None:
        self._stream.write(f"{reached}\n")
        self._stream.flush()


class LiveTable:
    """Keeps a line for each machine on a terminal: what it reached last, and how long ago it started on the next."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live: Live | None = None

    def start(self, log: PhaseLog) -> None:
        """Draw the lines and keep them up to date."""
        from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
        from rich.live import Live  # noqa: PLC0415 - as above

        self._live = Live(get_renderable=lambda: _render(log), console=Console(file=self._stream), refresh_per_second=4)
        self._live.start()

    def stop(self) -> None:
        """Leave the last lines on the screen."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def choose(stream: TextIO) -> Display:
    """Return the display that suits a stream."""
    return LiveTable(stream) if stream.isatty() else Lines(stream)


def _render(log: PhaseLog) -> str:
    width = max(len(machine) for machine in log.machines)
    return "\n".join(f"{machine:<{width}}  {_state(log, machine)}" for machine in log.machines)


def _state(log: PhaseLog, machine: str) -> str:
    reached = log.of(machine)
    return str(reached[-1]).partition(": ")[2] if reached else "off"
