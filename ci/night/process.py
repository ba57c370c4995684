"""A process with its children that is ended in time: asked first, then killed, and never left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.sandbox import linux
from harness.units import format_duration, minutes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta
    from pathlib import Path

ASKED = 1 * minutes
"""How long a process that was interrupted may take to write down what it knows, before it is killed."""


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit status, negative where a signal ended it, and whether it had to be stopped."""

    status: int
    stopped: bool = False

    def __str__(self) -> str:
        if self.status < 0:
            return f"killed by {_signal(-self.status)}"
        killed = self.status - 128  # what stands between us and the process reports as shells do
        return (
            f"killed by {_signal(killed)}"
            if killed in {one.value for one in signal.Signals}
            else f"exit status {self.status}"
        )


def run(
    command: Sequence[str], *, folder: Path, log: Path, limit: timedelta | None = None, grace: timedelta = ASKED
) -> Ended:
    """Run a command with its output in a log, for so long at most, and return how it ended.

    It is interrupted at the limit, and killed where it is still there after `grace`, as it is when we are interrupted
    or killed ourselves.
    """
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: linux.die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - this process has no threads
        )
        try:
            return Ended(child.wait(None if limit is None else limit.total_seconds()))
        except subprocess.TimeoutExpired:
            output.write(f"\nci/nightly: interrupted after {format_duration(limit)}\n".encode() if limit else b"")
            output.flush()
            return Ended(_stop(child, grace), stopped=True)
        except BaseException:
            _stop(child, grace)
            raise


def _stop(child: subprocess.Popen[bytes], grace: timedelta) -> int:
    for number, wait in ((signal.SIGINT, grace), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return child.wait(None if wait is None else wait.total_seconds())
    return child.wait()


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
