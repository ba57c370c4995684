"""The journals of machines that keep their own: fetched from them when a run is over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.machines.protocol import Machine

NANO = 10**9
FETCHED_WITHIN = 60 * seconds
EARLIER = 5
"""Seconds before the run from which on lines are taken: a machine's clock may be behind."""


class FetchedJournals:
    """Asks machines that are on for what their journals say."""

    def __init__(self, machines: Iterable[Machine]) -> None:
        self._machines = tuple(machines)

    def write(self, folder: Path, *, since: int = 0) -> list[Path]:
        """Write ``MACHINE.json`` for each machine that answers; return where. `since` is in nanoseconds since 1970.

        A machine that does not answer has none: what it said is not known, then.
        """
        folder.mkdir(parents=True, exist_ok=True)
        running = [machine for machine in self._machines if machine.is_on()]
        with ThreadPoolExecutor(max(len(running), 1), thread_name_prefix="harness-journals") as pool:
            texts = pool.map(lambda machine: _fetched(machine, since // NANO - EARLIER), running)
        written = []
        for machine, text in zip(running, texts, strict=True):
            if text:
                path = folder / f"{machine.spec.name}.json"
                path.write_bytes(text)
                written.append(path)
        return written


def _fetched(machine: Machine, since: int) -> bytes:
    """Return a journal from a second on, nothing where the machine does not answer."""
    command = ["journalctl", "--no-pager", "--output=json", f"--since=@{max(since, 0)}"]
    try:
        done = machine.run(command, within=FETCHED_WITHIN)
    except LabError:
        return b""
    return done.stdout if done.status == 0 and done.stdout.startswith(b"{") else b""
