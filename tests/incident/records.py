"""Records of incidents that tests write by hand: three machines, lines of their journals, frames that they sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path

from harness.capture.events import Event
from harness.incident.entry import Entry
from harness.incident.packet import Packet
from harness.incident.record import Heard, Logged, Record
from harness.topology.loader import load
from harness.topology.model import Topology

SECOND = 10**9
EPOCH = 1_795_280_000 * SECOND + 1000
"""When hand-written incidents begin: not at a whole second, of which journald's lines are one time in a million."""
TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"
T036 = load(TOPOLOGIES / "t036.yaml")
BOOT, LATER_BOOT = "a" * 32, "b" * 32


def at(seconds: float) -> int:
    """Return a moment, in seconds after the incident's beginning."""
    return EPOCH + round(seconds * SECOND)


class Journal:
    """A machine's journal, written line by line. Its monotonic clock says `up` where the incident begins."""

    def __init__(self, host: str, *, boot: str = BOOT, up: float = 100.0, started: float = 0.0) -> None:
        self.host, self.boot, self._up, self._started = host, boot, up, started
        self.lines: list[Logged] = []

    def says(
        self,
        seconds: float,
        message: str,
        *,
        by: str = "systemd",
        unit: str = "",
        ahead: float = 0.0,
        message_id: str = "",
        delay: float = 0.0,
    ) -> Journal:
        """Add a line at a moment, of a wall clock that is ahead of what is true by some seconds, taken with a delay."""
        monotonic = round((self._up + seconds - self._started) * SECOND)
        number = len(self.lines) + 1
        entry = Entry(
            f"{self.host}-{self.boot[:1]}.json",
            number,
            self.host,
            at(seconds + ahead),
            monotonic,
            self.boot,
            unit,
            by,
            message,
            6,
            message_id,
            round(delay * SECOND),
        )
        self.lines.append(Logged(at(seconds), entry))
        return self

    def reboots(self, seconds: float, boot: str = LATER_BOOT) -> Journal:
        """Return the machine's next boot, whose kernel starts at a moment."""
        return Journal(self.host, boot=boot, up=0.0, started=seconds)


_numbers = count(1)


def frames(
    topology: Topology,
    machine: str,
    moments: Iterable[float],
    *,
    to: str = "node01",
    src: str = "",
    carries: str = "tcp",
    payload: int = 100,
    flags: int = 0x18,
    ports: tuple[int, int] = (40000, 2380),
) -> list[Packet]:
    """Return frames that a machine sent to another one, captured where all of them pass."""
    own, other = topology.machine(machine).nics[0], topology.machine(to).nics[0]
    return [
        Packet(
            at(moment),
            "switch.pcap",
            "any",
            next(_numbers),
            own.mac,
            other.mac,
            (),
            src or str(own.address),
            str(other.address),
            carries,
            *ports,
            flags,
            0,
            0,
            payload,
            next(_numbers),
        )
        for moment in moments
    ]


def every(step: float, began: float, ended: float) -> list[float]:
    """Return moments of a span, a step apart."""
    return [began + place * step for place in range(round((ended - began) / step))]


def record(
    *journals: Journal,
    packets: Sequence[Packet] = (),
    heard: Sequence[tuple[float, Event]] = (),
    topology: Topology = T036,
    lasts: float = 120.0,
) -> Record:
    """Return a record of them, on a clock that is true."""
    names = {machine.name: machine.name for machine in topology.machines}
    for machine in topology.machines:
        for nic in machine.nics:
            names[nic.mac] = machine.name
            names |= {str(address): machine.name for address in nic.addresses.values() if address}
    return Record(
        topology,
        sorted(packets),
        [Heard(at(moment), "switch.pcap", event) for moment, event in heard],
        sorted((line for journal in journals for line in journal.lines), key=lambda line: line.time),
        names,
        at(0),
        at(lasts),
    )
