"""From an incident to its record: everything read, put on one clock, with the names of who is who."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING

from harness.errors import Problem, SpecError
from harness.incident.clocks.common import islands
from harness.incident.clocks.reference import Seen, timing
from harness.incident.clocks.steps import steps
from harness.incident.clocks.walls import unset
from harness.incident.files import namesakes
from harness.incident.files.captured import Captured, reach, span, spoken_in
from harness.incident.files.columns import PacketColumns
from harness.incident.files.journals import every_line
from harness.incident.files.reels import reels
from harness.incident.inventory.contradictions import is_foreign
from harness.incident.inventory.inventory import people_of
from harness.incident.inventory.shared_addresses import RAFT, Homes, homes
from harness.incident.inventory.shared_journals import told_apart
from harness.incident.record import Heard, Logged, Record
from harness.incident.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from harness.capture.dissector import Ports
    from harness.incident.clocks.steps import Step
    from harness.incident.files.folder import Incident
    from harness.incident.files.reels import Reel

BY_TIME = attrgetter("time")
SECOND = 10**9
FAR = 3600 * SECOND
"""Before and after the captures; what journals tell beyond that is no part of the incident."""


def record_of(incident: Incident) -> Record:
    """Return an incident's evidence on one clock. What can't be read is added to the incident's `unread`.

    Raises `SpecError` where there is no evidence at all, or where it tells of no machine.
    """
    members = spoken_in(incident.captures)
    rolled = reels(incident.captures, span)
    packets, captures = _read(rolled, reach(incident.captures), members.ports, incident.unread)
    set_while_running = steps({name: one.sightings for name, one in captures.items()})
    if set_while_running:
        packets, captures = _read(rolled, reach(incident.captures), members.ports, [], set_while_running)
    lines = unset(namesakes.told_apart(every_line(incident.journals, incident.unread)))
    if not packets and not lines:
        raise _unusable(incident, "no evidence", "captures with frames, or journals")
    incident = _without_a_foreign_topology(incident, packets, {entry.host for _, entry in lines})
    on_one = islands({name: one.sightings for name, one in captures.items()})
    seen = {name: Seen(one.marks, one.stated, one.span) for name, one in captures.items()}
    clocks = timing(on_one, seen, lines)
    packets.put_in_order(clocks.captures)
    at = Homes()
    if incident.topology is None:  # else it says which addresses machines have
        told = [event for one in captures.values() for event in one.events]
        at = homes(members.dialled, told, packets.addresses(), packets.among_themselves())
        packets.rehome(at.ends)
    heard = [
        Heard(clocks.captures[name](event.time), name, at.event(event))
        for name, one in captures.items()
        for event in one.events
    ]
    logged = told_apart([Logged(time, entry) for time, entry in clocks.lines], at.members, at.called)
    stated = [
        said._replace(time=clocks.captures[name](said.time))
        for name, one in captures.items()
        for said in one.stated.found
    ]
    heard.sort(key=BY_TIME)
    logged = sorted(logged, key=BY_TIME)
    dialled = sorted({there[0] for end, there in at.ends.items() if end in at.called and there[1] == RAFT})
    events, entries = [one.event for one in heard], [one.entry for one in logged]
    people = people_of(incident, packets, events, entries, fallbacks=at.names, dialled=dialled)
    if people is None:
        found = "no machine that has a name or serves anybody"
        if any(packets.among_themselves()):
            found += "; an address talks to itself, and nothing that can be read tells members at it apart"
        raise _unusable(incident, found, "journals, longer frames, or a topology (*.yaml)")
    near = _near(logged, packets)
    times = [one[end].time for one in (packets, near) if one for end in (0, -1)]
    return Record(
        topology=people.topology,
        packets=packets,
        heard=heard,
        logged=near,
        machine_of=people.machine_of,
        began=min(times),
        ended=max(times),
        uncertainty=clocks.uncertainty,
        sees=people.sees,
        stated=sorted(stated),
        notes=(
            *_of_several(rolled),
            *_of_steps(set_while_running),
            *_of_far(logged, near),
            *clocks.notes,
            *at.notes,
            *people.notes,
        ),
    )


def _without_a_foreign_topology(incident: Incident, packets: PacketColumns, hosts: Collection[str]) -> Incident:
    if incident.topology is None or not is_foreign(incident.topology, packets, hosts):
        return incident
    why = "it is left out: neither frames nor journals tell of any machine of it"
    incident.unread.append(Unread(f"the topology {incident.topology.name}", why))
    return replace(incident, topology=None)


def _read(
    rolled: Iterable[Reel],
    kept: int,
    ports: Ports,
    unread: list[Unread],
    set_while_running: Mapping[str, Sequence[Step]] = MappingProxyType({}),
) -> tuple[PacketColumns, dict[str, Captured]]:
    packets = PacketColumns()
    return packets, {
        one.name: Captured(one, packets, unread, kept, ports, steps=set_while_running.get(one.name, ()))
        for one in rolled
    }


def _of_steps(set_while_running: Mapping[str, Sequence[Step]]) -> Iterator[str]:
    for name, found in set_while_running.items():
        for step in found:
            yield f"{name}: its clock was set by {step.by / SECOND:+.3f} s at frame {step.frame}, which is taken back"


def _near(logged: Sequence[Logged], packets: PacketColumns) -> list[Logged]:
    """Return the lines from about when frames were captured, and all of hosts that have no such line."""
    if not packets:
        return [*logged]
    since, until = packets[0].time - FAR, packets[-1].time + FAR
    there = {one.entry.host for one in logged if since <= one.time <= until}
    return [one for one in logged if since <= one.time <= until or one.entry.host not in there]


def _of_far(logged: Sequence[Logged], near: Sequence[Logged]) -> Iterator[str]:
    if left_out := len(logged) - len(near):
        yield f"{left_out} lines of journals are left out: they are more than an hour before or after the captures"


def _of_several(rolled: Iterable[Reel]) -> Iterator[str]:
    for one in rolled:
        if len(one.parts) > 1:
            yield f"{one.name}: {len(one.parts)} files are one capture, and its frames are counted through all of them"


def _unusable(incident: Incident, message: str, expected: str) -> SpecError:
    return SpecError([Problem(str(incident.folder), 1, message, expected)])
