"""One capture, read through once: its packets, what was said in it, and what its clock can be set by."""

from __future__ import annotations

import lzma
import zlib
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from harness.capture.dissector import Dissector
from harness.capture.files.reader import open_reader
from harness.capture.frames import CaptureError
from harness.capture.notes import LINK
from harness.incident.clocks.marks import Marks
from harness.incident.clocks.sightings import Sightings
from harness.incident.clocks.stated import StatedTimes
from harness.incident.files.mirrored import once, single
from harness.incident.files.packets import REACH, Packets
from harness.incident.files.spoken_ports import LOOKED_AT, spoken, together
from harness.incident.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.capture.dissector import Ports
    from harness.capture.events import Event
    from harness.capture.frames import Frame
    from harness.incident.clocks.steps import Step
    from harness.incident.files.columns import PacketColumns
    from harness.incident.files.folder import Source
    from harness.incident.files.reels import Reel
    from harness.incident.files.spoken_ports import Spoken

FIRST = 2000
"""Frames by which it is told how much a capture keeps of each."""
HEADERS = 66
"""Octets before a datagram's payload, with a tag and IPv6; of less than that nothing is kept for its identity."""

DAMAGED = (OSError, EOFError, lzma.LZMAError, zlib.error)


class Captured:
    """What a capture has, all on its own clock; its packets are added to those of the others."""

    def __init__(
        self,
        reel: Reel,
        packets: PacketColumns,
        unread: list[Unread],
        reach: int = REACH,
        ports: Ports | None = None,
        *,
        steps: Sequence[Step] = (),
    ) -> None:
        self.name = reel.name
        self.events: list[Event] = []
        self.sightings = Sightings()
        self.marks = Marks()
        self.stated = StatedTimes()
        make = Packets(reel.name, reach)
        dissector = Dissector(ports)
        wanted = dissector.wanted()
        times: list[int] = []
        for frame in _as_before(_rolled(reel, unread), steps):
            packet = make.of(frame)
            times[1:] = [packet.time]
            packets.append(packet)
            self.sightings.see(packet)
            self.marks.packet(packet)
            self.stated.frame(packet, frame.data)
            if wanted(frame.data, 0, len(frame.data)):
                self._heard(dissector.frame(frame))
        self._heard(dissector.finish())
        self.span = (min(times), max(times)) if times else None

    def _heard(self, events: Iterable[Event]) -> None:
        for event in events:
            self.events.append(event)
            self.marks.event(event)


def _rolled(reel: Reel, unread: list[Unread]) -> Iterator[Frame]:
    """Yield the frames of a capture, counted through all of its files, without those that a mirror shows again."""
    before = number = 0
    for part in reel.parts:
        for frame in once(frames(part, unread), single(islice(frames(part, []), FIRST))):
            number = before + frame.number
            yield frame._replace(number=number) if before else frame
        before = number


def _as_before(frames: Iterable[Frame], steps: Sequence[Step]) -> Iterator[Frame]:
    """Yield frames with the times that a clock would have said that was not set at these steps."""
    ahead, left = 0, list(steps)
    for frame in frames:
        while left and frame.number >= left[0].frame:
            ahead += left.pop(0).by
        yield frame._replace(time=frame.time - ahead) if ahead else frame


def span(source: Source) -> tuple[int, int] | None:
    """Return the times of a capture's first and last frame, None without frames."""
    times = deque[int](maxlen=1)
    every = (frame.time for frame in frames(source, []))
    for first in every:
        times.append(first)
        times.extend(every)
        return first, times[0]
    return None


def spoken_in(sources: Sequence[Source]) -> Spoken:
    """Return the ports at which members talk in captures, by how each of them begins."""
    return together(spoken(islice(frames(one, []), LOOKED_AT)) for one in sources)


def reach(sources: Sequence[Source]) -> int:
    """Return how many octets of a payload all captures keep, whatever their snap lengths; at most `REACH`."""
    return min((_reach(one) for one in sources), default=REACH)


def _reach(source: Source) -> int:
    cut = [len(one.data) for one in islice(frames(source, []), FIRST) if one.length > len(one.data)]
    return min(max(min(cut) - HEADERS, 0), REACH) if cut else REACH


def frames(source: Source, unread: list[Unread]) -> Iterator[Frame]:
    """Yield a capture's frames up to where it is damaged, but for notes of a harness, which no field has."""
    try:
        with source.open() as file:
            reader = open_reader(file, source.name)
            yield from (frame for frame in reader if frame.link != LINK)
            told = (note.removeprefix(f"{source.name}: ") for note in (*reader.notes, reader.truncated) if note)
            unread += [Unread(source.name, note) for note in told]
    except CaptureError as error:
        unread += [Unread(source.name, f"{one.message}, expected {one.expected}") for one in error.problems]
    except DAMAGED as error:
        unread.append(Unread(source.name, f"can't be read on: {error}"))
