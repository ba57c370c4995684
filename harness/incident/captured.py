"""One capture, read through once: its packets, what was said in it, and what its clock can be set by."""

from __future__ import annotations

import lzma
import zlib
from typing import TYPE_CHECKING

from harness.capture.dissector import Dissector
from harness.capture.frames import CaptureError
from harness.capture.notes import LINK
from harness.capture.reader import open_reader
from harness.incident.marks import Marks
from harness.incident.packets import REACH, Packets
from harness.incident.sightings import Sightings
from harness.incident.stated import StatedTimes
from harness.incident.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.capture.events import Event
    from harness.capture.frames import Frame
    from harness.incident.columns import PacketColumns
    from harness.incident.folder import Source

DAMAGED = (OSError, EOFError, lzma.LZMAError, zlib.error)


class Captured:
    """What a capture has, all on its own clock; its packets are added to those of the others."""

    def __init__(self, source: Source, packets: PacketColumns, unread: list[Unread], reach: int = REACH) -> None:
        self.name = source.name
        self.events: list[Event] = []
        self.sightings = Sightings()
        self.marks = Marks()
        self.stated = StatedTimes()
        make = Packets(source.name, reach)
        dissector = Dissector()
        wanted = dissector.wanted()
        for frame in frames(source, unread):
            packet = make.of(frame)
            packets.append(packet)
            self.sightings.see(packet)
            self.marks.packet(packet)
            self.stated.frame(packet, frame.data)
            if wanted(frame.data, 0, len(frame.data)):
                self._heard(dissector.frame(frame))
        self._heard(dissector.finish())

    def _heard(self, events: Iterable[Event]) -> None:
        for event in events:
            self.events.append(event)
            self.marks.event(event)


def frames(source: Source, unread: list[Unread]) -> Iterator[Frame]:
    """Yield a capture's frames up to where it is damaged, but for notes of a harness, which no field has."""
    try:
        with source.open() as file:
            reader = open_reader(file, source.name)
            yield from (frame for frame in reader if frame.link != LINK)
            unread += [Unread(source.name, note) for note in (*reader.notes, reader.truncated) if note]
    except CaptureError as error:
        unread += [Unread(source.name, f"{one.message}, expected {one.expected}") for one in error.problems]
    except DAMAGED as error:
        unread.append(Unread(source.name, f"can't be read on: {error}"))
