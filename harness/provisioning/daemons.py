"""Programs of the host that run beside the lab: started, watched, stopped, with their last words kept."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from harness.errors import LabError
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

T = TypeVar("T")

STOP_LIMIT = 3 * seconds
CHECK_LIMIT = 10 * seconds
TAIL = 12


class Place(Protocol):
    """Where programs run and probes look from: a network namespace."""

    def popen(self, command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - Popen's own
        """Start a program there, as `subprocess.Popen` does."""

    def run(self, function: Callable[[], T]) -> T:
        """Call a function there and return its result."""


def last_lines(log: Path, count: int = TAIL) -> list[str]:
    """Return the end of a log, or nothing where there is none yet."""
    try:
        return log.read_text(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return []


class Daemon:
    """One program in the foreground of a place. Its outputs go to the log that it may also write itself."""

    def __init__(self, name: str, command: Sequence[str], *, place: Place, log: Path) -> None:
        self.name = name
        self.log = log
        self._command = tuple(command)
        self._place = place
        self._said_before = 0
        self._process: subprocess.Popen[bytes] | None = None

    def test(self, command: Sequence[str]) -> None:
        """Run the program's own check of its configuration. Raises `LabError` with what it says."""
        process = self._place.popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            output, _ = process.communicate(timeout=CHECK_LIMIT.total_seconds())
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0:
            raise self._failure("does not accept its configuration", output.decode(errors="replace").splitlines())

    def start(self) -> None:
        """Start the program; whether it serves is for the caller to find out."""
        with self.log.open("ab") as log:
            self._said_before = log.tell()
            self._process = self._place.popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def said(self) -> list[str]:
        """Return the lines of its log since it was started last."""
        with self.log.open("rb") as log:
            log.seek(self._said_before)
            return log.read().decode(errors="replace").splitlines()

    def check(self) -> None:
        """Raise `LabError` with the last lines of its log where the program has ended on its own."""
        if self._process is not None and self._process.poll() is not None:
            raise self._failure(f"ended on its own with status {self._process.returncode}", last_lines(self.log))

    def send_signal(self, number: int) -> None:
        """Send the program a signal, where it runs."""
        if self._process is not None:
            self._process.send_signal(number)

    def stop(self) -> None:
        """End the program and reap it; stopping twice is harmless. Raises `LabError` where it had died before."""
        try:
            self.check()
        finally:
            self.kill()

    def kill(self) -> None:
        """End the program and reap it, whatever became of it before."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)

    def _failure(self, what: str, lines: Sequence[str]) -> LabError:
        return LabError(f"{self.name} {what}", phase="boot server", console=lines[-TAIL:], evidence=self.log.parent)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT.total_seconds())
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
