"""From an incident to its record: everything read, put on one clock, with the names of who is who."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from harness.errors import Problem, SpecError
from harness.incident.clocks.common import islands
from harness.incident.clocks.reference import Seen, timing
from harness.incident.clocks.walls import unset
from harness.incident.entry import Entry
from harness.incident.files.captured import DAMAGED, Captured, reach, span, spoken_in
from harness.incident.files.columns import PacketColumns
from harness.incident.files.journal import entries
from harness.incident.files.reels import reels
from harness.incident.inventory.inventory import people_of
from harness.incident.inventory.shared_addresses import RAFT, Homes, homes
from harness.incident.inventory.shared_journals import told_apart
from harness.incident.record import Heard, Logged, Record
from harness.incident.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.incident.files.folder import Incident, Source
    from harness.incident.files.reels import Reel

BY_TIME = attrgetter("time")
MOST_BAD_LINES = 20
"""Of a journal, that are told one by one."""


def record_of(incident: Incident) -> Record:
    """Return an incident's evidence on one clock. What can't be read is added to the incident's `unread`.

    Raises `SpecError` where there is no evidence at all, or where it tells of no machine.
    """
    packets = PacketColumns()
    kept = reach(incident.captures)
    members = spoken_in(incident.captures)
    rolled = reels(incident.captures, span)
    captures = {one.name: Captured(one, packets, incident.unread, kept, members.ports) for one in rolled}
    lines = unset(entry for source in incident.journals for entry in _journal(source, incident.unread))
    if not packets and not lines:
        raise _unusable(incident, "no evidence", "captures with frames, or journals")
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
    times = [one[end].time for one in (packets, logged) if one for end in (0, -1)]
    return Record(
        topology=people.topology,
        packets=packets,
        heard=heard,
        logged=logged,
        machine_of=people.machine_of,
        began=min(times),
        ended=max(times),
        uncertainty=clocks.uncertainty,
        sees=people.sees,
        stated=sorted(stated),
        notes=(*_of_several(rolled), *clocks.notes, *at.notes, *people.notes),
    )


def _of_several(rolled: Iterable[Reel]) -> Iterator[str]:
    for one in rolled:
        if len(one.parts) > 1:
            yield f"{one.name}: {len(one.parts)} files are one capture, and its frames are counted through all of them"


def _unusable(incident: Incident, message: str, expected: str) -> SpecError:
    return SpecError([Problem(str(incident.folder), 1, message, expected)])


def _journal(source: Source, unread: list[Unread]) -> Iterator[Entry]:
    """Yield a journal's entries. Where they don't say whose they are, the folder does, or the file's name."""
    host = source.path.parent.name if "/" in source.name else source.path.stem
    bad = 0
    try:
        with source.open() as file:
            for one in entries(file, source.name, host):
                if isinstance(one, Entry):
                    yield one
                    continue
                bad += 1
                if bad <= MOST_BAD_LINES:
                    unread.append(one)
    except DAMAGED as error:
        unread.append(Unread(source.name, f"can't be read on: {error}"))
    if bad > MOST_BAD_LINES:
        unread.append(Unread(source.name, f"{bad - MOST_BAD_LINES} lines more like these"))
