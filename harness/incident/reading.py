"""From an incident to its record: everything read, put on one clock, with the names of who is who."""

from __future__ import annotations

import lzma
from operator import attrgetter
from typing import TYPE_CHECKING

from harness.capture.dissector import Dissector
from harness.capture.frames import CaptureError
from harness.capture.naming import Names
from harness.capture.notes import LINK
from harness.capture.reader import open_reader
from harness.errors import Problem, SpecError
from harness.incident.entry import Entry
from harness.incident.journal import entries
from harness.incident.packets import Packets
from harness.incident.record import Heard, Logged, Record
from harness.incident.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.capture.frames import Frame
    from harness.incident.folder import Incident, Source
    from harness.incident.packet import Packet

BY_TIME = attrgetter("time")


def record_of(incident: Incident) -> Record:
    """Return an incident's evidence on one clock. What can't be read is added to the incident's `unread`.

    Raises `SpecError` where there is no evidence at all.
    """
    packets: list[Packet] = []
    heard: list[Heard] = []
    for source in incident.captures:
        _capture(source, packets, heard, incident.unread)
    logged = [Logged(one.time, one) for source in incident.journals for one in _journal(source, incident.unread)]
    if incident.topology is None:
        raise SpecError([Problem(str(incident.folder), 1, "no topology", "a topology (*.yaml)")])
    for timed in (packets, heard, logged):
        timed.sort(key=BY_TIME)
    times = [one[end].time for one in (packets, logged) if one for end in (0, -1)]
    if not times:
        raise SpecError([Problem(str(incident.folder), 1, "no evidence", "captures with frames, or journals")])
    return Record(
        incident.topology, packets, heard, logged, dict(Names.of(incident.topology).known), min(times), max(times)
    )


def _capture(source: Source, packets: list[Packet], heard: list[Heard], unread: list[Unread]) -> None:
    dissector = Dissector()
    wanted = dissector.wanted()
    maker = Packets(source.name)
    for frame in _frames(source, unread):
        packets.append(maker.of(frame))
        if wanted(frame.data, 0, len(frame.data)):
            heard += [Heard(one.time, source.name, one) for one in dissector.frame(frame)]
    heard += [Heard(one.time, source.name, one) for one in dissector.finish()]


def _frames(source: Source, unread: list[Unread]) -> Iterator[Frame]:
    """Yield a capture's frames up to where it is damaged, but for notes of a harness, which no field has."""
    try:
        with source.open() as file:
            reader = open_reader(file, source.name)
            yield from (frame for frame in reader if frame.link != LINK)
            unread += [Unread(source.name, note) for note in (*reader.notes, reader.truncated) if note]
    except CaptureError as error:
        unread.append(Unread(source.name, str(error)))
    except (OSError, EOFError, lzma.LZMAError) as error:
        unread.append(Unread(source.name, f"can't be read on: {error}"))


def _journal(source: Source, unread: list[Unread]) -> Iterator[Entry]:
    host = source.path.parent.name if "/" in source.name else source.path.stem
    try:
        with source.open() as file:
            for one in entries(file, source.name, host):
                if isinstance(one, Entry):
                    yield one
                else:
                    unread.append(one)
    except (OSError, EOFError, lzma.LZMAError) as error:
        unread.append(Unread(source.name, f"can't be read on: {error}"))
