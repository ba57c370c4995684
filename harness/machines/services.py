"""Services of a machine without an init system: what systemd would run and restart there."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.machines import proc
from harness.sandbox.waiting import NotSeen, gone, wait_until
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta
    from pathlib import Path

    from harness.machines.namespace import NamespaceMachine

STOPS_WITHIN = 5 * seconds
LOOK = 5 * milliseconds

PAUSE = ("sleep", "1")
SUPERVISION = "supervision.log"
"""Beside the logs: a line for each service that was started, ended (with its status), is stopping, or was stopped."""

UNTIL_IT_ENDS_WELL = f"""\
told=$1; shift
until echo "started $0" >>"$told"; "$@"; do echo "ended $0 $?" >>"$told"; {" ".join(PAUSE)}; done
echo "ended $0 0" >>"$told"
"""
"""``Restart=on-failure`` with ``RestartSec=1``, as the installed units have it (systemd.service(5))."""


@dataclass(frozen=True)
class Service:
    """A program in the foreground, by the name of its unit.

    `settled` is a line of its log (a regular expression) before which no other machine should start: whoever comes next
    then need not wait for an answer that this one can't give yet. One that runs `once` is done when it ends well.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    settled: str | None = None
    once: bool = False


class Services:
    """The services of one machine: started together, restarted when they fail, each with a log of its own.

    Raises `ValueError` where two have the same name.
    """

    def __init__(self, services: Sequence[Service], logs: Path) -> None:
        self._services = {service.name: service for service in services}
        if len(self._services) < len(services):
            raise ValueError(f"two services of {', '.join(one.name for one in services)} have the same name")
        self._logs = logs
        self._started_at: dict[str, int] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The services' names, in the order in which they start."""
        return tuple(self._services)

    def start(self, machine: NamespaceMachine, *names: str) -> None:
        """Start services on a machine that is on, all where none is named; whether they serve is for others to ask.

        Raises `LabError` for a name that is none of theirs, and as the machine does.
        """
        self._logs.mkdir(parents=True, exist_ok=True)
        for name in names or self.names:
            service = self._named(name, machine)
            with (self._logs / f"{name}.log").open("ab") as log:
                self._started_at[name] = log.tell()
                self._running[name] = machine.start(
                    self._supervised(service),
                    env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **service.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

    def processes(self, name: str, machine: NamespaceMachine) -> list[int]:
        """Return the processes of a service, none while it waits to be started again. Raises `LabError` as `start`."""
        return [pid for pid in self._session(name, machine) if not self.supervises(pid)]

    def supervises(self, process: int) -> bool:
        """Say whether a process only starts a service: it is no part of it.

        That is the shell, the pause between two starts, and what the shell has forked and is no program yet.
        """
        session = proc.session_of(process)
        for name, supervisor in self._running.items():
            if supervisor.pid == session:
                command = proc.command_of(process)
                shell = command in ((), self._supervised(self._services[name]))
                return shell or (command == PAUSE and proc.parent_of(process) == session)
        return False

    def stop(self, name: str, machine: NamespaceMachine) -> None:
        """End a service and what starts it again: SIGTERM, and SIGKILL after a while, as systemd does it.

        Raises `LabError` as `start`. Does nothing where the service does not run.
        """
        self._named(name, machine)
        if name in self._running:
            self._tell(f"stopping {name}")
            self._running[name].kill()
            self._running[name].wait(STOPS_WITHIN.total_seconds())
        try:
            self._end(name, machine, signal.SIGTERM, signal.SIGCONT)
        except NotSeen:
            self._end(name, machine, signal.SIGKILL)
        if name in self._running:
            self._tell(f"stopped {name}")

    def settle(self, *, within: timedelta) -> None:
        """Wait until those services have settled that say how that shows, or until the time is over."""

        def look() -> bool:
            return all(re.search(line, self._said(name)) for name, line in lines.items())

        started = [self._services[name] for name in self._started_at]
        lines = {service.name: service.settled for service in started if service.settled}
        with contextlib.suppress(NotSeen):
            wait_until("the services to settle", look, within=within, interval=5 * milliseconds)

    def done(self) -> bool:
        """Say whether all that were started and run once have ended well."""
        return all(self._running[name].poll() == 0 for name in self._running if self._services[name].once)

    def ended(self) -> list[str]:
        """Return, in words, the services that ended and should not have: how often, how, and what they said last."""
        log = self._logs / SUPERVISION
        ends: dict[str, list[str]] = {}
        for line in log.read_text().splitlines() if log.exists() else ():
            what, name, *status = line.split()
            if what == "ended":
                ends.setdefault(name, []).extend(status)
        return [
            f"{name} ended {len(statuses)} times, the last time with status {statuses[-1]}: {self._last_line(name)}"
            for name, statuses in ends.items()
            if statuses[-1] != "0" or not self._services[name].once
        ]

    def _supervised(self, service: Service) -> tuple[str, ...]:
        """Return the command that runs a service, and runs it again when it fails."""
        told = str(self._logs / SUPERVISION)
        return ("/bin/sh", "-c", UNTIL_IT_ENDS_WELL, service.name, told, *service.command)

    def _session(self, name: str, machine: NamespaceMachine) -> list[int]:
        """Return all processes that a service's start has led to."""
        self._named(name, machine)
        supervisor = self._running.get(name)
        return [pid for pid in machine.processes() if supervisor and proc.session_of(pid) == supervisor.pid]

    def _end(self, name: str, machine: NamespaceMachine, *signals: signal.Signals) -> None:
        """Signal each process of a service, those that it forks meanwhile, too, until there is none."""
        told: set[int] = set()

        def left() -> set[int]:
            there = set(self._session(name, machine))
            if fresh := there - told:
                for number in signals:
                    machine.send_signal(fresh, number)
                told.update(fresh)
            return there

        gone(f"{name}'s processes", left, within=STOPS_WITHIN, interval=LOOK)

    def _named(self, name: str, machine: NamespaceMachine) -> Service:
        if name not in self._services:
            known = ", ".join(self._services) or "none"
            raise LabError(f"has no service {name!r}, only {known}", machine=machine.name)
        return self._services[name]

    def _tell(self, line: str) -> None:
        with (self._logs / SUPERVISION).open("a") as log:
            log.write(f"{line}\n")

    def _last_line(self, name: str) -> str:
        said = [line for line in self._said(name).splitlines() if line.strip()]
        return said[-1] if said else "it said nothing"

    def _said(self, name: str) -> str:
        """Return what a service has said since it was started last."""
        return (self._logs / f"{name}.log").read_bytes()[self._started_at[name] :].decode(errors="replace")
