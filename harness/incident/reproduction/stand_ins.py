"""What runs on machines in place of software that the harness does not know: programs that talk to each other.

Each sends every other machine a datagram ten times a second, and answers nothing. That is enough for faults of the
network, of machines and of services to bite, and to be seen; what the software itself did, it does not show.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from harness.machines.services import Service, Services

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.faults.schedule import Schedule
    from harness.machines.namespace import NamespaceMachine
    from harness.topology.model import Topology

ANY = "stand-in"
PORT = 7
"""Where echo is spoken (RFC 862): a service that says nothing of itself."""

TALKS = """
import select, socket, sys, time
port, others = int(sys.argv[1]), sys.argv[2:]
mine = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
mine.bind(("", port))
print("talking to", *others, flush=True)
while True:
    for address in others:
        try:
            mine.sendto(b"here I am", (address, port))
        except OSError:
            pass
    again = time.monotonic() + 0.1
    while (left := again - time.monotonic()) > 0:
        if select.select([mine], [], [], left)[0]:
            mine.recv(99)
"""


def install(machines: Mapping[str, NamespaceMachine], topology: Topology, schedule: Schedule, logs: Path) -> None:
    """Have machines run stand-ins from when they are switched on: one for each service that a schedule breaks."""
    broken = (getattr(step.fault, field, "") for step in schedule for field in ("process", "service"))
    names = sorted({name for name in broken if name}) or [ANY]
    for name, machine in machines.items():
        others = [
            str(address)
            for other in topology.machines
            if other.name != name
            for nic in other.nics[:1]
            for address in nic.addresses.values()
            if address is not None
        ]
        services = [
            Service(service, (sys.executable, "-u", "-c", TALKS, str(PORT + number), *others), settled="talking to")
            for number, service in enumerate(names)
        ]
        machine.install(Services(services, logs / name))
