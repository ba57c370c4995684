"""Ports that are dropped and only clients use: nothing gets through there, and what machines tell each other does.

Clients are no machines of the topology, so that no shape is made up of them. Who is heard nowhere has gone himself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.faults.partitions import Drop
from harness.incident.finding import Finding
from harness.incident.network import windows
from harness.incident.network.cuts import INFERRED, evidence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from harness.incident.network.silences import Silence
    from harness.incident.network.soundings import Soundings
    from harness.incident.network.windows import Window
    from harness.incident.record import Record

PORTS = ("tcp", "udp")


def dropped(record: Record, found: Soundings, every: Sequence[Silence]) -> Iterator[Finding]:
    """Yield the ports of machines by which some clients, who were heard elsewhere, reached nobody for a time."""
    machines = {machine.name for machine in record.topology.machines}
    of_clients = [one for one in every if len({*one.pair} & machines) == 1]
    of_machines = [one for one in every if {*one.pair} <= machines]
    for window in windows.windows(of_clients, {}):
        cut_off = {end for one in of_machines if _meets(one, window) for end in one.pair}
        for machine in sorted({end for one in window.silences for end in one.pair} & machines - cut_off):
            told = [one for one in window.silences if machine in one.pair]
            services = _tried(told, found)
            protocol, _, port = next(iter(services), "").partition(":")
            if len(services) == 1 and protocol in PORTS and _goes_on(machine, told, services, found, window):
                fault = Drop((machine,), protocol, int(port))
                yield Finding(fault, window.began, window.ended, evidence(record, told), INFERRED)


def _meets(one: Silence, window: Window) -> bool:
    since, until = window.inside
    return one.first_lost.time <= until and since <= one.last_lost.time


def _tried(told: Collection[Silence], found: Soundings) -> set[str]:
    """Return what was tried in vain while some were silent."""
    return {
        way.service
        for silence in told
        for kind in (found.lost, found.unheard)
        for way, each in kind.items()
        if {*way.pair} == {*silence.pair} and any(silence.first_lost <= one <= silence.last_lost for one in each)
    }


def _goes_on(
    machine: str, told: Sequence[Silence], services: Collection[str], found: Soundings, window: Window
) -> bool:
    """Return whether a machine and its clients are heard otherwise meanwhile, and nobody on the port."""
    since, until = window.inside
    clients = {end for one in told for end in one.pair} - {machine}
    there = [way for way in found.through if machine in way.pair]
    elsewhere = [way for way in found.through if {*way.pair} & clients and machine not in way.pair]
    return (
        found.got_through(there, since, until)
        and found.got_through(elsewhere, since, until)
        and not found.got_through([way for way in there if way.service in services], since, until)
    )
