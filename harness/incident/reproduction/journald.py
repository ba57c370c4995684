"""Keeps the journals of machines that have no systemd of their own: their services' lines, stamped as they come.

A journal has what happened, and nothing else: what services print, and what whoever supervises them saw, in systemd's
words (`harness.machines.services` writes that down). Each time a machine is switched on is a boot of its own.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from harness.incident.reproduction.systemd import Supervisor
from harness.machines.services import SUPERVISION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Protocol

    class Switched(Protocol):
        """A machine that is on or off."""

        def is_on(self) -> bool:
            """Say whether it is on."""


LOOK = 0.005
"""Seconds between two looks at the logs: how late a line may be stamped."""
MICRO = 1000
INFO = 6


@dataclass
class _Boot:
    identity: str
    began: int
    supervisor: Supervisor = field(default_factory=Supervisor)


@dataclass
class _Machine:
    """One machine's journal, and how far each of its logs was read."""

    name: str
    switched: Switched
    logs: Path
    boot: _Boot | None = None
    read: dict[str, int] = field(default_factory=dict)
    lines: list[dict[str, str]] = field(default_factory=list)

    def look(self) -> None:
        """Notice that it was switched on or off, and take what its logs have more."""
        if self.boot is None and self.switched.is_on():
            self.boot = _Boot(uuid.uuid4().hex, time.monotonic_ns())
            self._say("Journal started", "systemd-journald", "systemd-journald.service")
        for log in sorted(self.logs.glob("*.log")) if self.logs.is_dir() else ():
            for line in self._more(log):
                self._take(log, line)
        if self.boot is not None and not self.switched.is_on():
            self.boot = None

    def since(self, moment: int) -> list[dict[str, str]]:
        """Return its lines from a moment on (nanoseconds since 1970)."""
        return [line for line in list(self.lines) if int(line["__REALTIME_TIMESTAMP"]) * MICRO >= moment]

    def _more(self, log: Path) -> Iterator[str]:
        """Yield the whole lines that a log has since it was read last."""
        at = self.read.get(log.name, 0)
        if log.stat().st_size <= at:
            return
        with log.open("rb") as file:
            file.seek(at)
            whole = file.read().rpartition(b"\n")[0]
        if whole:
            self.read[log.name] = at + len(whole) + 1
            yield from whole.decode(errors="replace").split("\n")

    def _take(self, log: Path, line: str) -> None:
        if self.boot is None or not line:
            return
        if log.name != SUPERVISION:
            self._say(line, log.stem, f"{log.stem}.service")
            return
        for said in self.boot.supervisor.says(line):
            self._say(said.message, "systemd", "init.scope", said.priority, about=said.unit)

    def _say(self, message: str, identifier: str, unit: str, priority: int = INFO, *, about: str = "") -> None:
        assert self.boot is not None  # noqa: S101 - a machine that is off says nothing
        fields = {
            "__REALTIME_TIMESTAMP": str(time.time_ns() // MICRO),
            "__MONOTONIC_TIMESTAMP": str((time.monotonic_ns() - self.boot.began) // MICRO),
            "_BOOT_ID": self.boot.identity,
            "_HOSTNAME": self.name,
            "_SYSTEMD_UNIT": unit,
            "SYSLOG_IDENTIFIER": identifier,
            "PRIORITY": str(priority),
            "MESSAGE": message,
        }
        self.lines.append(fields | ({"UNIT": about} if about else {}))


class Journald:
    """Keeps the journals of machines while a block lasts. `machines` has each with the folder that its logs are in."""

    def __init__(self, machines: Mapping[str, tuple[Switched, Path]]) -> None:
        self._machines = [_Machine(name, switched, logs) for name, (switched, logs) in machines.items()]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="harness-journald", daemon=True)
        self._error: Exception | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Read what there is still, and stop. Raises what went wrong meanwhile."""
        self._stop.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    @property
    def boots(self) -> dict[str, str | None]:
        """The boot id of each machine, None of one that is off."""
        return {one.name: one.boot.identity if one.boot else None for one in self._machines}

    def write(self, folder: Path, *, since: int = 0, shift: Mapping[str, int] | None = None) -> list[Path]:
        """Write ``MACHINE.json`` for each, as ``journalctl -o json --since`` prints it; return where.

        `since` is in nanoseconds since 1970, and `shift` how far a machine's wall clock is ahead, in nanoseconds.
        """
        folder.mkdir(parents=True, exist_ok=True)
        ahead = shift or {}
        return [
            _written(folder / f"{one.name}.json", one.since(since), ahead.get(one.name, 0)) for one in self._machines
        ]

    def _run(self) -> None:
        try:
            while not self._stop.wait(LOOK):
                self._look()
            self._look()
        except Exception as error:  # noqa: BLE001 - told when the block ends
            self._error = error

    def _look(self) -> None:
        for machine in self._machines:
            machine.look()


def _written(path: Path, lines: list[dict[str, str]], shift: int) -> Path:
    micros = shift // MICRO
    with path.open("w", encoding="utf-8") as file:
        for line in lines:
            moved = {"__REALTIME_TIMESTAMP": str(int(line["__REALTIME_TIMESTAMP"]) + micros)}
            file.write(f"{json.dumps(line | moved)}\n")
    return path
